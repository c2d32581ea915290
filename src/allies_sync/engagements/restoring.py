"""Rebuilding a workspace from an archive package alone, on the platforms of another configuration.

The template makes it anew, under the usual plan; then what people had changed is put back over it, and what they had
added beside it. Each step is one that a second run of the same command finishes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin

from allies_sync.engagements.carry import Outcome, Progress, carry_out
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.editing import load_engagement
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.givingback import give_back, place_in, renamings
from allies_sync.engagements.prepare import Handing, Preparation, plan_engagement
from allies_sync.engagements.stored import Description, describe_space, parse_engagement
from allies_sync.memoires.manifest import KeptResource
from allies_sync.memoires.packages import Package
from allies_sync.memoires.paths import BadPackage
from allies_sync.model.base import is_url
from allies_sync.model.engagement import Engagement
from allies_sync.model.resources import Document, Page, Resource
from allies_sync.model.tomlfile import dump_toml
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.holdings import Pages
from allies_sync.platforms.interface import Act, Address, Change, Content, Done, Seen, Space, Target
from allies_sync.reconcile.decide import Action, Reason
from allies_sync.reconcile.lease import hold
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.state import ENGAGEMENT_FILE, STATE_FILE, Place, Remembered, State
from allies_sync.reconcile.wording import role_name
from allies_sync.text.messages import _, ngettext
from allies_sync.workspace.handed import Handed
from allies_sync.workspace.problems import describe
from allies_sync.workspace.templates import Templates


@dataclass(frozen=True, slots=True)
class Restoring:
    """A plan that rebuilds. ``differences``: what will not be as it was, told beforehand."""

    preparation: Preparation
    package: Package
    engagement: Engagement
    differences: tuple[str, ...] = ()


@dataclass
class Restored:
    """What rebuilding came to. ``differences``: all that is not as it was; ``left``: what is in the package only, and
    should be in the workspace."""

    outcome: Outcome
    differences: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    put_back: int = 0
    deposited: int = 0


def use_packaged_template(desk: Desk, package: Package, place: Path) -> bool:
    """Makes the package's own template the one that counts, unless this machine has the very same. Returns whether
    it did; ``place`` is an empty folder. Raises BadPackage."""
    stamp = package.manifest.template
    if stamp.name in desk.templates.names() and desk.templates.get(stamp.name).hash == stamp.hash:
        return False
    layers: dict[str, dict[str, bytes]] = {}
    for file in stamp.files:
        parts = PurePosixPath(file.path).parts
        if len(parts) < 3 or parts[0] != "template" or not parts[1].isdigit():
            raise _no_template()
        layers.setdefault(parts[1], {})["/".join(parts[2:])] = package.read(file)
    for number in sorted(layers, key=int):
        name = stamp.name if number == "0" else f"base-{number}"
        if number != "0":
            import tomllib

            try:
                told = tomllib.loads(layers[number].get("template.toml", b"").decode()).get("name")
            except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise _no_template() from error
            name = told if isinstance(told, str) and told.replace("-", "").isalnum() else name
        for path, data in layers[number].items():
            target = place.joinpath(name, *path.split("/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    desk.templates = Templates([place, *desk.config.template_folders], desk.plugins.template_folders())
    problems = desk.templates.get(stamp.name).problems
    if problems:
        raise BadPackage(
            _("Le modèle qui est dans ce paquet n'est pas valable : {why}").format(
                why=describe(problems[0]).replace(f"{place}/", "")
            ),
            _("Rien n'a été modifié. Installez ce modèle sur ce poste, puis relancez la commande."),
        )
    return True


def _no_template() -> BadPackage:
    return BadPackage(
        _("Le modèle que ce paquet suit n'y est pas entier, et n'est pas sur ce poste."),
        _("Rien n'a été modifié. Installez ce modèle, puis relancez la commande."),
    )


def prepare_restore(desk: Desk, package: Package) -> Restoring:
    """Plans rebuilding, or what is left of it to do. Raises UserError where another engagement has that name."""
    manifest = package.manifest
    slug = manifest.slug
    text = package.read(manifest.engagement).decode("utf-8", "replace")
    engagement = parse_engagement(text, "engagement.toml").model_copy(update={"slug": slug})
    before = describe_space(desk.store, slug)
    if before.engagement is not None and before.engagement != engagement:
        raise UserError(
            _("« {slug} » existe déjà ici, avec d'autres données.").format(slug=slug),
            _("Rien n'a été modifié. Un paquet se restaure là où cet accompagnement n'est pas : voyez --to."),
        )
    if before.engagement is None and before.revision is None:
        before = replace(before, state=_remembering(desk, package, State(slug=slug)))
    preparation = plan_engagement(desk, before, engagement, {}, handing=_handing(package, engagement, before))
    return Restoring(preparation, package, engagement, tuple(_foreseen(desk, package, preparation)))


def _handing(package: Package, engagement: Engagement, before: Description) -> Handing:
    """The contents of documents that were handed over once, and what was published."""
    kept = {it.id: it.content for it in package.manifest.resources if it.content}
    documents = {
        piece.resource_id: Handed(package.read(content))
        for piece in engagement.documents
        if (content := kept.get(piece.resource_id))
    }
    files = {
        it.path: package.read(it.content)
        for it in package.manifest.extras
        if it.path.endswith(".md") and "/" not in it.path
    }
    return Handing(documents, {name: data for name, data in files.items() if before.extras.get(name) != data})


def _remembering(desk: Desk, package: Package, state: State) -> State:
    """What somebody had deleted stays deleted: it is remembered, and not there."""
    gone = {
        it.id: Remembered(
            kind=it.kind,
            role=it.role,
            platform=desk.bound(it.role).name,
            title=it.title[:200],
            source=it.source,
            fingerprint=it.written,
            remote_id=_nowhere(package, it),
            address=Place(path=_nowhere(package, it).partition("/")[2] or it.name),
        )
        for it in package.manifest.resources
        if it.gone and it.kind in ("document", "page") and it.role in ("files", "wiki")
    }
    return state.model_copy(update={"resources": gone})


def _nowhere(package: Package, kept: KeptResource) -> str:
    return f"{package.manifest.slug}/{kept.name or kept.id.partition(':')[2]}"


def restore(
    desk: Desk,
    restoring: Restoring,
    *,
    agreed: bool = False,
    progress: Progress = lambda finished: None,
    patience: float = 10.0,
) -> Restored:
    """Rebuilds. Raises PlatformError when nothing could be started."""
    slug = restoring.preparation.slug
    _take_place(desk, restoring, patience)
    before, engagement = load_engagement(desk, slug)
    handing = _handing(restoring.package, engagement, before)
    preparation = plan_engagement(desk, before, engagement, {}, handing=handing)
    outcome = carry_out(desk, preparation, agreed=False, progress=progress, patience=patience)
    restored = Restored(outcome, list(restoring.differences))
    if outcome.complete:
        with hold(desk.store, slug, patience=patience):
            _put_back(desk, restoring.package, slug, restored)
            before, engagement = load_engagement(desk, slug)
            space = plan_engagement(desk, before, engagement, {}).own.plan.space
            given = give_back(desk.bound("files").platform, space, restoring.package)
            restored.deposited = given.made
            restored.differences += [it for it in given.differences if it not in restored.differences]
            restored.left += given.left
    return restored


def _take_place(desk: Desk, restoring: Restoring, patience: float) -> None:
    """The engagement's data and what was deleted in it come first: from then on, a second run goes on from here."""
    slug = restoring.preparation.slug
    with hold(desk.store, slug, patience=patience) as held:
        before = describe_space(desk.store, slug)
        if before.revision is None:
            state = _remembering(desk, restoring.package, State(slug=slug))
            held.save({ENGAGEMENT_FILE: dump_toml(restoring.engagement).encode(), STATE_FILE: state.dump()}, None)


# --- what people had changed, and added --------------------------------------------------------------------------


def _put_back(desk: Desk, package: Package, slug: str, restored: Restored) -> None:
    """What people had written goes over what the template made, where nobody has written since."""
    before, engagement = load_engagement(desk, slug)
    plan = plan_engagement(desk, before, engagement, {}).own.plan
    items = {item.key: item for item in plan.items}
    handed = {piece.resource_id for piece in engagement.documents}
    for kept in package.manifest.resources:
        item = items.get(kept.id)
        if not kept.edited or kept.content is None or kept.id in handed or item is None or item.resource is None:
            continue
        base = item.decision.base
        if not isinstance(item.seen, Seen) or base is None or item.seen.fingerprint != base.fingerprint:
            continue  # put back by an earlier run, or somebody is at it already
        try:
            if _put_one(desk, package, plan.space, item, item.resource, item.seen, kept):
                restored.put_back += 1
        except PlatformError as error:
            restored.left.append(
                _(
                    "« {title} » n'a pas retrouvé ce qui y avait été écrit : {why} C'est dans le paquet : {place}"
                ).format(title=kept.title, why=error.message, place=place_in(kept.content))
            )


def _put_one(
    desk: Desk, package: Package, space: Space, item: Item, resource: Resource, seen: Seen, kept: KeptResource
) -> bool:
    bound = desk.bindings[item.role]
    content = kept.content
    if content is None:
        return False
    target = Target(item.key, item.kind, resource, item.decision.base.known() if item.decision.base else None)
    if isinstance(resource, Document):
        whole = replace(resource, body=(), data=package.read(content))
        return _write(desk, space, item, whole, seen)
    if not isinstance(resource, Page):
        return False
    data = package.read(content)
    if kept.platform == bound.name and isinstance(bound.platform, Pages):
        bound.platform.put_back(
            space, target, seen, Content(data, content.media_type, data.decode("utf-8", "replace"))
        )
        return True
    return _write(desk, space, item, replace(resource, body=(_as_markdown(package, kept, space),)), seen)


def _as_markdown(package: Package, kept: KeptResource, space: Space) -> str:
    """A page of another kind of platform: what people saw of it, else its source as plain words. Its links to other
    things of the workspace lead to where these are now."""
    from allies_sync.text.escaping import escape_paragraphs
    from allies_sync.text.from_html import markdown_of

    if kept.page is not None:
        html = package.read(kept.page).decode("utf-8", "replace")
        inside = html.partition("<body>")[2].partition("</body>")[0] or html
        # no page can know this name, so none can point to a thing of the workspace by itself
        place = f"https://{secrets.token_hex(8)}.invalid/"
        text = markdown_of(inside, link=_moved(package, kept, space, place))
        return text.replace(f"]({place}", "](ref:")
    source = package.read(kept.content).decode("utf-8", "replace") if kept.content else ""
    return str(escape_paragraphs(source))


def _moved(package: Package, page: KeptResource, space: Space, place: str) -> Callable[[str], str | None]:
    """Where a link of a page leads now: to a thing of the workspace (below ``place``, by its id), or elsewhere as
    before."""
    things = {it.url: it.id for it in package.manifest.resources if it.url}

    def link(target: str) -> str | None:
        try:
            whole = urljoin(page.url, target)
        except ValueError:
            return None
        key = things.get(whole) or things.get(whole.partition("#")[0])
        if key is not None and key in space.addresses:
            return f"{place}{key}"
        return target if is_url(target) or target.startswith("mailto:") else None

    return link


def _write(desk: Desk, space: Space, item: Item, resource: Resource, seen: Seen) -> bool:
    change = Change(
        key=item.key,
        kind=item.kind,
        act=Act.UPDATE,
        resource=resource,
        seen=seen,
        known=item.decision.base.known() if item.decision.base else None,
        access=seen.access or resource.access,
        content=True,
        rights=False,
    )
    outcomes = list(desk.bindings[item.role].platform.apply(space, [change]))
    for outcome in outcomes:
        error = getattr(outcome, "error", None)
        if isinstance(error, PlatformError):
            raise error
    return any(isinstance(outcome, Done) for outcome in outcomes)


# --- what will differ --------------------------------------------------------------------------------------------


def _foreseen(desk: Desk, package: Package, preparation: Preparation) -> Iterator[str]:
    """Everything that will not be as it was, as far as it is known beforehand."""
    manifest = package.manifest
    resources = {it.id: it for it in preparation.workspace.resources}
    for role, name in manifest.platforms.items():
        now = desk.bound(role).name if role in ("files", "wiki") else name
        if now != name:
            text = _("{role} : de « {old} » à « {new} », les adresses changent.")
            yield text.format(role=role_name(role), old=name, new=now)
    for kept in manifest.resources:
        if kept.gone or kept.scope != "engagement":
            continue
        if kept.id not in resources:
            yield _("« {title} » n'est plus dans le modèle : gardé dans le paquet seulement.").format(
                title=kept.title
            )
        elif kept.kind == "page" and kept.edited and kept.platform != desk.bound(kept.role).name:
            how = _("reprise à partir de ce que l'on y voyait") if kept.page else _("reprise comme texte brut")
            text = _("page « {title} », écrite à la main sur une autre plateforme : {how}.")
            yield text.format(title=kept.title, how=how)
        elif kept.kind in ("form", "list", "entry") and kept.edited:
            text = _("« {title} » avait été changé à la main : refait selon le modèle.")
            yield text.format(title=kept.title)
        if kept.former is not None:
            text = _("« {title} » : les droits particuliers d'avant l'archivage ne sont pas repris.")
            yield text.format(title=kept.title)
    answers = sum(it.answers for it in manifest.answers)
    if answers:
        text = ngettext(
            "{count} réponse aux questionnaires reste dans le paquet (dossier answers).",
            "{count} réponses aux questionnaires restent dans le paquet (dossier answers).",
            answers,
        )
        yield text.format(count=answers)
    yield from renamings(desk.bound("files").platform, package)
    yield from _links(manifest.resources, {item.key: item for item in preparation.items})


def _links(resources: Sequence[KeptResource], items: Mapping[str, Item]) -> Iterator[str]:
    for kept in resources:
        if kept.kind != "share" or kept.gone or not kept.url:
            continue
        item = items.get(kept.id)
        if item is not None and item.action is Action.CREATE:
            text = _("le lien public « {title} » ({url}) n'est pas déplacé : il en est fait un nouveau.")
        elif item is None or item.decision.reason is Reason.UNSUPPORTED:
            text = _("le lien public « {title} » ({url}) n'est pas repris : cette plateforme n'en fait pas.")
        else:
            continue
        yield text.format(title=kept.title, url=kept.url)


def address_of(restored: Restored) -> Address | None:
    """Where the rebuilt workspace begins, for people."""
    url = restored.outcome.links.get("home")
    return Address(url, url) if url else None
