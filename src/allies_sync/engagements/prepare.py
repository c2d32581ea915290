"""Planning what a command would do to one engagement. Only reads; takes no lease."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.ending import with_ended
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.stored import (
    Description,
    check_slug,
    describe_space,
    invalid,
    today,
    write_engagement,
)
from allies_sync.engagements.thresholds import with_threshold
from allies_sync.model.documents import PieceRole
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State
from allies_sync.model.problems import InvalidData
from allies_sync.model.resources import Scope
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import COLLECTIVE, Address, Space
from allies_sync.reconcile.decide import Action, Choice
from allies_sync.reconcile.looking import Desired
from allies_sync.reconcile.plan import Item, Plan, make_plan
from allies_sync.reconcile.state import TemplateStamp
from allies_sync.text.messages import _, format_date, using_language
from allies_sync.workspace.handed import Handed
from allies_sync.workspace.rendering import Workspace, render_workspace
from allies_sync.workspace.templates import UnknownTemplate

PUBLISHED = frozenset({"bilan.md", "reformulation.md"})
"""Files beside an engagement's data that its pages show."""


@dataclass(frozen=True, slots=True)
class Part:
    """The plan of one space: the engagement's own, or the collective's."""

    desired: Desired
    plan: Plan
    revision: str | None
    abandoned: bool = False

    @property
    def idle(self) -> bool:
        """Whether there is nothing to write, not even to remember, nor a dead run's lease to clear away."""
        return not self.plan.writes and not self.abandoned and self.plan.learned() == self.plan.state


@dataclass(frozen=True, slots=True)
class Handing:
    """What a run brings along that no template can make: contents of documents by their id (see
    :class:`~allies_sync.workspace.handed.Handed`), and files to keep beside the engagement's data, by name.

    These files are stored before anything is written: a run that dies leaves them newer than the workspace.
    """

    documents: Mapping[str, Handed] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """The collective's part as it is now: where its things are, and what they are called there; "": not there yet."""

    part: Part
    addresses: Mapping[str, Address]
    remote_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Preparation:
    """Everything that a command would do, before anything is done.

    ``before`` is the engagement as stored, ``engagement`` as it would be; ``description`` the new
    ``engagement.toml`` when it changes. ``parts``: first the collective's (if the template has any), then its own.
    """

    slug: str
    engagement: Engagement
    before: Engagement | None
    description: bytes | None
    workspace: Workspace
    parts: tuple[Part, ...]
    place: Address
    choices: Mapping[str, Choice]
    recovering: bool = False
    handing: Handing = field(default_factory=Handing)
    #: of :attr:`Handing.files`, those that differ from what is kept
    files: Mapping[str, bytes] = field(default_factory=dict)
    #: what the platforms' own rules will make of what is to be created, by id, where somebody asked
    caveats: Mapping[str, str] = field(default_factory=dict)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for part in self.parts for item in part.plan.items)

    @property
    def own(self) -> Part:
        """The engagement's own part."""
        return self.parts[-1]

    @property
    def drafts(self) -> frozenset[str]:
        """The documents that people are meant to write in: that they did is nothing to tell."""
        return frozenset(piece.resource_id for piece in self.engagement.pieces(PieceRole.DRAFT))

    @property
    def idle(self) -> bool:
        """Whether carrying it out would write nothing at all."""
        return self.description is None and not self.files and all(part.idle for part in self.parts)

    @property
    def todo(self) -> bool:
        """Whether something is to be done (exit code 3 of ``plan``)."""
        return any(part.plan.todo for part in self.parts)


def prepare(
    desk: Desk,
    slug: str,
    *,
    engagement: Engagement | None = None,
    choices: Mapping[str, Choice] | None = None,
    recovering: bool = False,
    handing: Handing | None = None,
) -> Preparation:
    """Plans one engagement, with its stored data or with new ones.

    Raises UserError (no such engagement, broken data, an unknown resource in ``choices``) and PlatformError.
    """
    before = describe_space(desk.store, check_slug(slug))
    if engagement is None:
        if before.engagement is None:
            raise unknown_engagement(desk, slug, before)
        engagement = before.engagement
    return plan_engagement(desk, before, engagement, choices or {}, recovering=recovering, handing=handing)


def unknown_engagement(desk: Desk, slug: str, before: Description) -> UserError:
    """There is no such engagement, by its description: names the nearest one."""
    from difflib import get_close_matches

    slugs = sorted(desk.store.engagements())
    if before.never_filled and (slug in slugs or before.abandoned):
        return UserError(
            _(
                "L'ouverture de « {slug} » a été interrompue dès le début, ou commence en ce moment ailleurs :"
                " ses données ne sont pas enregistrées."
            ).format(slug=slug),
            _(
                "Relancez la même commande new-engagement : elle reprendra."
                " Pour y renoncer : allies-sync remove {slug}"
            ).format(slug=slug),
        )
    if slug in slugs:
        place = desk.store.locate(slug)
        return UserError(
            _("Le fichier engagement.toml de « {slug} » a disparu : on ne sait plus ce qu'est cet espace.").format(
                slug=slug
            ),
            _(
                "Rien n'a été modifié dans {place}. Restaurez ce fichier depuis la corbeille ou une sauvegarde, ou "
                "redonnez ses données : allies-sync new-engagement --from FICHIER --slug {slug}"
            ).format(place=place.path, slug=slug),
        )
    near = get_close_matches(slug, slugs, n=1, cutoff=0.5)
    advice = _("« allies-sync status » liste les accompagnements.")
    if near:
        advice = _("Vouliez-vous dire « {near} » ?").format(near=near[0]) + " " + advice
    return UserError(_("Aucun accompagnement ne s'appelle « {slug} ».").format(slug=slug), advice)


def plan_engagement(
    desk: Desk,
    before: Description,
    engagement: Engagement,
    choices: Mapping[str, Choice],
    *,
    recovering: bool = False,
    handing: Handing | None = None,
    settled: Settled | None = None,
) -> Preparation:
    """The plan for given data over a given description. ``settled``: what was just done of the collective's part, so
    that it need not be looked at once more."""
    handing = handing or Handing()
    shared_before = describe_space(desk.store, COLLECTIVE)
    known = {*before.state.resources, *shared_before.state.resources}
    extras = {**before.extras, **handing.files}
    workspace = render(desk, engagement, before.slug, known, handing.documents, published_in(extras))
    stamp = TemplateStamp(
        name=workspace.template.name, version=workspace.template.version, hash=workspace.template.hash
    )
    _refuse_older(before, stamp)
    space = own_space(desk, engagement, before.slug, workspace)
    shared = [resource for resource in workspace.resources if resource.scope is Scope.COLLECTIVE]
    own = tuple(resource for resource in workspace.resources if resource.scope is Scope.ENGAGEMENT)
    _known_choices(choices, workspace)
    parts: list[Part] = []
    outside: dict[str, Address] = {}
    remote: dict[str, str] = {}
    if shared and settled is None:
        part = collective_part(
            desk,
            Desired(
                collective_space(desk),
                tuple(shared),
                stamp,
            ),
            choices,
            shared_before,
        )
        settled = as_found(part)
    if settled is not None:
        parts.append(settled.part)
        outside = dict(settled.addresses)
        remote = dict(settled.remote_ids)
    desired = Desired(space, own, stamp)
    plan = make_plan(
        desired,
        before.state,
        desk.bindings,
        choices=choices,
        recovering=recovering or before.recovering,
        outside=outside,
        shared=remote,
        based_on={key: it.based_on for key, it in handing.documents.items()},
    )
    plan = with_ended(plan, today(desk.environ))
    parts.append(Part(desired, plan, before.revision, before.abandoned))
    return Preparation(
        slug=before.slug,
        engagement=engagement,
        before=before.engagement,
        description=write_engagement(engagement, before),
        workspace=workspace,
        parts=tuple(parts),
        place=desk.store.locate(before.slug),
        choices=choices,
        recovering=recovering,
        handing=handing,
        files={name: data for name, data in handing.files.items() if before.extras.get(name) != data},
    )


def as_found(part: Part) -> Settled:
    """The collective's part as it was looked at, before anything is done."""
    remote: dict[str, str] = {}
    for item in part.plan.items:
        if item.action is Action.CREATE:
            remote[item.key] = ""
        elif item.decision.base is not None:
            remote[item.key] = item.decision.base.remote_id
    return Settled(part, part.plan.space.addresses, remote)


def space_notice(engagement: Engagement, language: str) -> str:
    """What stands above every page of a space in which nothing is written any more."""
    with using_language(language):
        if engagement.cancelled:
            text = _("Cet accompagnement a été annulé le {day}. Son espace reste lisible ; on n'y écrit plus.")
            return text.format(day=format_date(engagement.cancelled))
        if engagement.state is State.ARCHIVED and engagement.archived:
            text = _("Accompagnement terminé, gardé comme mémoire depuis le {day}. On n'y écrit plus.")
            return text.format(day=format_date(engagement.archived))
    return ""


def published_in(extras: Mapping[str, bytes]) -> dict[str, str]:
    """Markdown that people published, by its name, of the files that are kept beside an engagement's data."""
    return {
        name.removesuffix(".md"): data.decode("utf-8", "replace")
        for name, data in extras.items()
        if name in PUBLISHED
    }


def render(
    desk: Desk,
    engagement: Engagement,
    slug: str,
    known: Collection[str],
    handed: Mapping[str, Handed] | None = None,
    published: Mapping[str, str] | None = None,
) -> Workspace:
    """What the engagement's template makes of its data. Raises UserError for an unknown or broken template."""
    try:
        template = desk.templates.get(engagement.template)
        with_slug = engagement.model_copy(update={"slug": slug})
        workspace = render_workspace(
            template, with_slug, desk.config.collective, known=known, handed=handed, published=published
        )
        return with_threshold(workspace, desk.config.threshold)
    except UnknownTemplate as error:
        advice = _("Rien n'a été modifié. « allies-sync templates list » liste les modèles.")
        raise UserError(str(error), advice) from error
    except InvalidData as error:
        title = _("Le modèle « {name} » ne peut pas donner l'espace « {slug} ».")
        raise invalid(error, title.format(name=engagement.template, slug=slug)) from error


def own_space(desk: Desk, engagement: Engagement, slug: str, workspace: Workspace) -> Space:
    """The engagement's own place."""
    collective = desk.config.collective
    return Space(
        slug=slug,
        title=engagement.title,
        collective_name=collective.name,
        home=workspace.home,
        menu=workspace.menu,
        language=collective.language,
        licence=engagement.licence.label_in(collective.language),
        notice=space_notice(engagement, collective.language),
    )


def collective_space(desk: Desk) -> Space:
    """The place that all engagements share."""
    collective = desk.config.collective
    return Space(
        slug=COLLECTIVE,
        title=collective.name,
        collective=True,
        collective_name=collective.name,
        language=collective.language,
        licence=collective.licence.label_in(collective.language),
    )


def collective_part(desk: Desk, desired: Desired, choices: Mapping[str, Choice], before: Description) -> Part:
    """The plan for what all engagements share."""
    plan = make_plan(desired, before.state, desk.bindings, choices=choices, add_only=True)
    return Part(desired, plan, before.revision, before.abandoned)


def _refuse_older(before: Description, stamp: TemplateStamp) -> None:
    """An older template never turns back what a newer one did."""
    last = before.state.template
    if last and last.name == stamp.name and last.version > stamp.version:
        raise PlatformError(
            _("L'espace « {slug} » suit la version {new} du modèle « {name} » ; ce poste n'a que la {old}.").format(
                slug=before.slug, new=last.version, name=stamp.name, old=stamp.version
            ),
            _("Rien n'a été modifié. Mettez à jour allies-sync ou vos modèles, puis relancez la commande."),
        )


def _known_choices(choices: Mapping[str, Choice], workspace: Workspace) -> None:
    known = {resource.id for resource in workspace.resources}
    for key in choices:
        if key not in known:
            from difflib import get_close_matches

            near = get_close_matches(key, sorted(known), n=3, cutoff=0.4)
            raise UserError(
                _("L'espace n'a pas d'élément « {key} ».").format(key=key),
                _("Les plus proches : {near}.").format(near=", ".join(near)) if near else "",
            )
