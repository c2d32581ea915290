"""The collective's own mémoires: read from its wiki, written into it, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allies_sync.engagements.collective import prepare_shared
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import Part, collective_space
from allies_sync.engagements.stored import describe_space
from allies_sync.memoires.building import from_entry
from allies_sync.memoires.importing import distinct
from allies_sync.model.memoire import Memoire
from allies_sync.model.memoire_form import FORM_ID, ROLE, entry_id, memoire_form, memoire_resources
from allies_sync.platforms.errors import Refused
from allies_sync.platforms.interface import COLLECTIVE, Answers, Entries
from allies_sync.reconcile.apply import apply_plan
from allies_sync.reconcile.decide import Choice
from allies_sync.reconcile.lease import hold
from allies_sync.reconcile.results import Progress, Report, shown
from allies_sync.text.messages import _


@dataclass(frozen=True, slots=True)
class Own:
    """A mémoire in the collective's wiki. ``key``: the id of the entry that the tool owns, "" for one that a person
    wrote there. ``url``: where it is, "" when that is not known."""

    memoire: Memoire
    key: str = ""
    url: str = ""


def own_memoires(desk: Desk) -> list[Own]:
    """All mémoires in the collective's wiki, also those that people wrote or changed there. Raises PlatformError."""
    state = describe_space(desk.store, COLLECTIVE).state
    remembered = state.resources.get(FORM_ID)
    if remembered is None:
        return []
    bound = desk.bound(ROLE)
    platform = bound.platform
    if isinstance(platform, Entries):
        read = platform.entries
    elif isinstance(platform, Answers):
        read = platform.answers
    else:
        raise Refused(
            _("La plateforme « {name} » ne sait pas lire les fiches d'un formulaire.").format(name=bound.name)
        )
    found = []
    for answer in read(collective_space(desk), memoire_form(), remembered.known()):
        memoire = from_entry(answer.id, answer.values)
        if memoire is not None:
            entry = state.resources.get(key := entry_id(memoire.tag))
            url = entry.address.url or "" if entry else ""
            found.append(Own(memoire, key if entry else "", url))
    return found


def find_own(desk: Desk, wanted: str) -> Own:
    """The mémoire that a person means, by its tag or its title. Raises UserError for none, or several."""
    every = own_memoires(desk)
    exact = [own for own in every if wanted in (own.memoire.tag, own.key)]
    found = exact or [own for own in every if wanted.casefold() in own.memoire.title.casefold()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UserError(
            _("Aucune mémoire du collectif ne s'appelle « {name} ».").format(name=wanted[:120]),
            _("« allies-sync memoires check » les liste."),
        )
    raise UserError(
        _("« {name} » désigne plusieurs mémoires.").format(name=wanted[:120]),
        _("Donnez l'identifiant de l'une d'elles."),
        [f"{own.memoire.tag} : {own.memoire.title}" for own in found[:20]],
    )


def prepare_push(desk: Desk, memoires: Sequence[Memoire], choices: Mapping[str, Choice] | None = None) -> Part:
    """Plans the form, its lists and an entry for each mémoire. Raises UserError for a choice about none of them, and
    PlatformError."""
    resources = memoire_resources(list(distinct(memoires)))
    known = {resource.id for resource in resources}
    for key in choices or {}:
        if key not in known:
            raise UserError(
                _("Aucune des mémoires à envoyer n'a l'identifiant « {key} ».").format(key=key[:120]),
                _("Le plan montre les identifiants : memoires push … --dry-run"),
            )
    return prepare_shared(desk, resources, choices or {})


def push(
    desk: Desk,
    part: Part,
    choices: Mapping[str, Choice] | None = None,
    *,
    progress: Progress = lambda finished: None,
    patience: float = 10.0,
) -> Report:
    """Writes what was prepared, planned again under the lease; what changed since then is left for the next time.
    Raises PlatformError when nothing could be started."""
    if part.idle:
        return Report()
    agreed = frozenset(shown(item) for item in part.plan.writes)
    with hold(desk.store, COLLECTIVE, patience=patience) as held:
        fresh = prepare_shared(desk, part.desired.resources, choices or {})
        return apply_plan(
            fresh.plan,
            fresh.desired,
            desk.bindings,
            held,
            revision=fresh.revision,
            only=agreed,
            progress=progress,
        )
