"""Plans in the words of the people who read them: actions, reasons, kinds, rights, and where a thing is.

French agrees in gender, so that what is said of a thing comes in two forms: ``sa page … modifiée``, ``le document …
modifié``. English has the same sentence twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from allies_sync.model.resources import Access, Document, Folder, Form, Resource, Rights, Share
from allies_sync.platforms.errors import PlatformError, Suspicious
from allies_sync.platforms.interface import Seen
from allies_sync.reconcile.decide import Action, Reason
from allies_sync.reconcile.plan import Item
from allies_sync.reconcile.results import Result
from allies_sync.text.messages import _, format_date, join_words, ngettext

FEMININE = frozenset({"page", "list", "entry"})

OF_SEVERAL = frozenset({Reason.NEW, Reason.SOURCE, Reason.LINKS, Reason.RIGHTS, Reason.FREEZE, Reason.THAW})
"""Reasons whose sentence says the same of one thing and of several."""

SYMBOLS: Mapping[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.KEEP: "✎",
    Action.CONFLICT: "!",
    Action.GONE: "✗",
    Action.FOREIGN: "≠",
    Action.ORPHAN: "·",
    Action.BLOCKED: "?",
    Action.NONE: "=",
}


def kind_name(kind: str) -> str:
    """``dossier``, ``page``…; an unknown kind keeps its own name."""
    names = {
        "folder": _("dossier"),
        "document": _("document"),
        "share": _("lien"),
        "page": _("page"),
        "form": _("formulaire"),
        "list": _("liste"),
        "entry": _("fiche"),
    }
    return names.get(kind, kind)


def role_name(role: str) -> str:
    """What people call a role: ``fichiers``, ``wiki``."""
    return {"files": _("fichiers"), "wiki": _("wiki")}.get(role, role)


def role_place(role: str) -> str:
    """Where something of a role is: ``sur le wiki``, ``dans les fichiers``."""
    places = {"files": _("dans les fichiers"), "wiki": _("sur le wiki")}
    return places.get(role) or _("sur « {role} »").format(role=role)


def audience(rights: Rights | None) -> str:
    """Who it is about: ``tout le monde``, ``les participant·e·s``, ``l'équipe``; None is nobody."""
    if rights is None:
        return _("personne")
    return {
        Rights.PUBLIC: _("tout le monde"),
        Rights.PARTICIPANTS: _("les participant·e·s"),
        Rights.TEAM: _("l'équipe"),
    }[rights]


def rights_sentence(access: Access) -> str:
    """``lecture : les participant·e·s ; écriture : l'équipe``."""
    if access.write is None:
        return _("lecture seule : {readers}").format(readers=audience(access.read))
    return _("lecture : {readers} ; écriture : {writers}").format(
        readers=audience(access.read), writers=audience(access.write)
    )


def narrowing_sentences(asked: Access, given: Access) -> list[str]:
    """What a platform makes of rights that it cannot express: ``lecture réservée à l'équipe``."""
    said = []
    if asked.read is not given.read:
        if given.read is Rights.TEAM:
            said.append(_("lecture réservée à l'équipe"))
        else:
            said.append(_("lecture réservée aux participant·e·s"))
    if asked.write is not given.write:
        if given.write is None:
            said.append(_("écriture impossible"))
        elif given.write is Rights.TEAM:
            said.append(_("écriture réservée à l'équipe"))
        else:
            said.append(_("écriture réservée aux participant·e·s"))
    return said


def labelled(what: str, said: str) -> str:
    """``wiki : lecture réservée à l'équipe``, with the colon as the language has it."""
    return _("{what} : {said}").format(what=what, said=said)


def thing(item: Item) -> str:
    """``page Programme``."""
    return f"{kind_name(item.kind)} {item.title}"


def title_of(item: Item, by_id: Mapping[str, Resource]) -> str:
    """What a plan calls a thing: its title, and for folders and documents their path in the workspace."""
    resource = item.resource
    if not isinstance(resource, Folder | Document):
        return item.title
    parts = [resource.name]
    holder = resource.parent if isinstance(resource, Folder) else resource.folder
    while holder is not None and len(parts) < 20:
        folder = by_id.get(holder)
        if not isinstance(folder, Folder):
            break
        parts.insert(0, folder.name)
        holder = folder.parent
    return "/".join(parts)


def particulars(resource: Resource | None) -> str:
    """What is worth knowing of a thing before it is made, or nothing."""
    if isinstance(resource, Form) and resource.fields:
        return _form(resource)
    if isinstance(resource, Share):
        return _share(resource)
    return ""


def _form(form: Form) -> str:
    count = len(form.fields)
    questions = ngettext("{count} question", "{count} questions", count).format(count=count)
    personal = sum(field.personal for field in form.fields)
    if not personal:
        return questions
    told = ngettext(
        "dont {count} personnelle (réservée à l'équipe)", "dont {count} personnelles (réservées à l'équipe)", personal
    )
    return f"{questions}, {told.format(count=personal)}"


def _share(share: Share) -> str:
    said = [_("dépôt seulement") if share.drop else _("lecture seule")]
    if share.expires:
        said.append(_("jusqu'au {day}").format(day=format_date(share.expires)))
    return ", ".join(said)


def reason_sentence(item: Item, *, today: datetime | None = None) -> str:
    """Why the plan says of this item what it says; empty when there is nothing to explain."""
    reason = item.decision.reason
    feminine = item.kind in FEMININE
    if reason is Reason.EDITED:
        return _kept(item, feminine, today)
    if item.action is Action.CONFLICT and is_handed(item):
        return _("quelqu'un l'a modifié entre-temps : laissé tel quel")
    if reason is Reason.EDITED_BOTH or item.action is Action.CONFLICT:
        return _disputed(item, feminine, today)
    if reason is Reason.UNKNOWN:
        why = item.note.rstrip(" .")
        return _("impossible à vérifier : {why}").format(why=why) if why else _("impossible à vérifier")
    if reason is Reason.RIGHTS:
        given = item.decision.access or item.asked
        return (
            _("droits à changer ({rights})").format(rights=rights_sentence(given)) if given else _("droits à changer")
        )
    if reason is Reason.DELETED:
        where = role_place(item.role)
        if feminine:
            return _("supprimée {where} : ne sera pas recréée").format(where=where)
        return _("supprimé {where} : ne sera pas recréé").format(where=where)
    if reason is Reason.ENDED:
        return _("arrivé à son terme : ne sera pas recréé, sauf avec « allies-sync extend »")
    if reason is Reason.RIGHTS_BY_PEOPLE:
        return _("droits changés {where} : gardés tels quels").format(where=role_place(item.role))
    return (_feminine() if feminine else _masculine()).get(reason) or _either().get(reason, "")


def _either() -> Mapping[Reason, str]:
    return {
        Reason.SOURCE: _("les données ou le modèle ont changé"),
        Reason.LINKS: _("des liens ont changé"),
        Reason.FREEZE: _("lecture seule désormais"),
        Reason.THAW: _("modifications à nouveau possibles"),
        Reason.CONTAINER_GONE: _("son dossier a été supprimé : rien n'y sera créé"),
        Reason.CONTAINER_FOREIGN: _("son dossier n'a pas été créé par cet outil : rien n'y sera créé"),
        Reason.CONTAINER_BLOCKED: _("son dossier n'a pas pu être vérifié"),
        Reason.SAME_NAME: _(
            "quelque chose du même nom est déjà là, que cet outil n'a pas créé : rien n'y est touché"
        ),
        Reason.UNSUPPORTED: _("cette plateforme ne connaît rien de tel"),
        Reason.MERGED: _("complété sans rien perdre de ce que quelqu'un y a écrit"),
        Reason.ELSEWHERE: _("son contenu n'est pas sur ce poste : relancez-y la commande qui l'a déposé ou produit"),
    }


def _feminine() -> Mapping[Reason, str]:
    return {
        Reason.UNFINISHED: _("restée inachevée : sera terminée"),
        Reason.REPLACED: _("sera remplacée, comme vous le demandez"),
        Reason.RECREATED: _("sera recréée, comme vous le demandez"),
        Reason.FOUND_AGAIN: _("retrouvée sur place : gardée telle quelle"),
        Reason.LEFT_TEMPLATE: _("n'est plus dans le modèle : laissée en place"),
        Reason.OTHER_TEMPLATE: _("écrite par un autre modèle ou une version plus récente : gardée telle quelle"),
    }


def _masculine() -> Mapping[Reason, str]:
    return {
        Reason.UNFINISHED: _("resté inachevé : sera terminé"),
        Reason.REPLACED: _("sera remplacé, comme vous le demandez"),
        Reason.RECREATED: _("sera recréé, comme vous le demandez"),
        Reason.FOUND_AGAIN: _("retrouvé sur place : gardé tel quel"),
        Reason.LEFT_TEMPLATE: _("n'est plus dans le modèle : laissé en place"),
        Reason.OTHER_TEMPLATE: _("écrit par un autre modèle ou une version plus récente : gardé tel quel"),
    }


def _kept(item: Item, feminine: bool, today: datetime | None) -> str:
    where = _where_and_when(item, today)
    if feminine:
        return _("modifiée {where} : gardée telle quelle").format(where=where)
    return _("modifié {where} : gardé tel quel").format(where=where)


def _disputed(item: Item, feminine: bool, today: datetime | None) -> str:
    where = _where_and_when(item, today)
    if feminine:
        return _("modifiée {where}, et dans le modèle ou les données : à vous de choisir").format(where=where)
    return _("modifié {where}, et dans le modèle ou les données : à vous de choisir").format(where=where)


def _where_and_when(item: Item, today: datetime | None) -> str:
    """``sur le wiki le 3 mars par Camille``, with what is known of it."""
    where = role_place(item.role)
    seen = item.seen
    if not isinstance(seen, Seen) or seen.modified is None:
        return where
    now = (today or datetime.now().astimezone()).astimezone()
    day = seen.modified.astimezone().date()
    when = format_date(day, year=day.year != now.year)
    if seen.modified_by:
        return _("{where} le {day} par {who}").format(where=where, day=when, who=seen.modified_by)
    return _("{where} le {day}").format(where=where, day=when)


def choices(item: Item) -> Sequence[str]:
    """What a person may answer, as options of ``allies-sync sync SLUG``; each takes the item's id. None for what was
    handed over by another command: only that one has its content."""
    if is_handed(item):
        return ()
    if item.action is Action.CONFLICT:
        return ("--diff", "--keep", "--replace")
    if item.action is Action.GONE and item.decision.reason is Reason.DELETED:
        return ("--recreate",)
    return ()


def is_handed(item: Item) -> bool:
    """Whether it is a document that a command brought along, which no template can make again."""
    return isinstance(item.resource, Document) and bool(item.resource.digest)


def option_meanings() -> Mapping[str, str]:
    """What those options do."""
    return {
        "--diff": _("montre ce qui diffère, sans rien modifier"),
        "--keep": _("garde ce que quelqu'un a écrit"),
        "--replace": _("met la version du modèle à la place"),
        "--recreate": _("crée à nouveau ce que quelqu'un a supprimé"),
    }


def to_do(items: Sequence[Item]) -> str:
    """What would be written, in one line: ``12 créations, 1 mise à jour, rien de supprimé``."""
    created = sum(item.action is Action.CREATE for item in items)
    updated = sum(item.action is Action.UPDATE for item in items)
    said = []
    if created:
        said.append(ngettext("{count} création", "{count} créations", created).format(count=created))
    if updated:
        said.append(ngettext("{count} mise à jour", "{count} mises à jour", updated).format(count=updated))
        said.append(_("rien de supprimé"))
    elif created:
        said.append(_("rien de modifié, rien de supprimé"))
    return ", ".join(said)


def done(item: Item, result: Result) -> str:
    """One line of progress: ``créée : page Programme``."""
    feminine = item.kind in FEMININE
    if result is Result.FAILED:
        word = _("échec")
    elif result is Result.SKIPPED:
        word = _("laissée") if feminine else _("laissé")
    elif item.action is Action.CREATE:
        word = _("créée") if feminine else _("créé")
    elif item.decision.rights and not item.decision.content:
        word = _("droits changés")
    else:
        word = _("mise à jour") if feminine else _("mis à jour")
    return labelled(word, thing(item))


def link_name(name: str) -> str:
    """What a link to be sent is called."""
    return {"home": _("accueil"), "questionnaire": _("questionnaire"), "files": _("documents")}.get(name, name)


def listed(items: Sequence[Item], most: int = 6) -> str:
    """The first few things by name: ``page Accueil, document Bilan et 3 autres``."""
    named = [thing(item) for item in items[:most]]
    others = len(items) - len(named)
    if others:
        named.append(ngettext("{count} autre", "{count} autres", others).format(count=others))
    return join_words(named)


def what_helps(error: PlatformError | None, slug: str) -> str:
    """What to do about something that no later run mends by itself: a memory that leads out of the workspace. "" for
    everything else."""
    if not isinstance(error, Suspicious):
        return ""
    return error.advice or _(
        "Relancer n'y changera rien : ce que l'outil garde de cet espace, dans le dossier « _allies-sync », a été "
        "changé par autre chose que lui. Rétablissez-en une version d'avant (versions ou corbeille de la plateforme, "
        "sauvegarde). S'il n'y en a plus, mettez de côté le fichier de l'état, puis : allies-sync adopt {slug}"
    ).format(slug=slug)
