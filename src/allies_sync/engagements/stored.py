"""Reading and writing an engagement's own description in its workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from allies_sync.engagements.errors import UserError
from allies_sync.model.engagement import Engagement
from allies_sync.model.problems import InvalidData
from allies_sync.model.tomlfile import changes_between, dump_toml, load_toml, update_toml
from allies_sync.platforms.interface import StateStore, Stored
from allies_sync.reconcile.state import ENGAGEMENT_FILE, STATE_FILE, State, load_state
from allies_sync.text.messages import _
from allies_sync.text.names import is_slug
from allies_sync.workspace.sentences import describe

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Description:
    """What the workspace says of itself. ``engagement`` is None for a place that was taken and never filled."""

    slug: str
    engagement: Engagement | None
    text: str
    state: State
    revision: str | None
    recovering: bool
    abandoned: bool = False
    #: what else is kept beside the data and the memory
    extras: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        return self.engagement is not None

    @property
    def never_filled(self) -> bool:
        """Whether nothing at all is stored: the place was taken by an opening that died, or left by a removal."""
        return self.engagement is None and self.revision is None


def today(environ: Mapping[str, str]) -> date:
    """The present day, in UTC like everything that is stored. ``ALLIES_SYNC_TODAY`` replaces it (for tests)."""
    chosen = environ.get("ALLIES_SYNC_TODAY")
    return date.fromisoformat(chosen) if chosen else datetime.now(UTC).date()


def invalid(error: InvalidData, title: str) -> UserError:
    """All mistakes of a file, a line each."""
    return UserError(
        title,
        _("Rien n'a été modifié. Corrigez, puis relancez la même commande."),
        [describe(problem) for problem in error.problems],
    )


def describe_space(store: StateStore, slug: str) -> Description:
    """Loads a space's description. Raises UserError for data that a person broke, PlatformError for the rest."""
    return read_description(slug, store.load(slug))


def read_description(slug: str, stored: Stored | None) -> Description:
    """The same from what was stored."""
    if stored is None:
        return Description(slug, None, "", State(slug=slug), None, recovering=False)
    state = load_state(stored.files.get(STATE_FILE), slug)
    raw = stored.files.get(ENGAGEMENT_FILE)
    engagement = None
    text = ""
    if raw is not None:
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise UserError(
                _("Le fichier engagement.toml de « {slug} » n'est pas du texte UTF-8.").format(slug=slug),
                _("Rien n'a été modifié. Restaurez sa version précédente, puis relancez la commande."),
            ) from error
        engagement = parse_engagement(text, f"{slug}/{ENGAGEMENT_FILE}")
        if engagement.slug != slug:
            raise UserError(
                _("Le fichier engagement.toml de « {slug} » se dit celui de « {other} ».").format(
                    slug=slug, other=engagement.slug or ""
                ),
                _('Un identifiant ne change jamais. Remettez slug = "{slug}" dans ce fichier.').format(slug=slug),
            )
    recovering = state is None and engagement is not None
    state = state or State(slug=slug)
    revision = stored.revision if stored.files else None
    extras = {name: data for name, data in stored.files.items() if name not in (STATE_FILE, ENGAGEMENT_FILE)}
    return Description(slug, engagement, text, state, revision, recovering, stored.abandoned, extras)


def parse_engagement(text: str, file: str) -> Engagement:
    """An engagement's data from TOML. Raises UserError with all mistakes and their lines."""
    try:
        return load_toml(text, file, Engagement)
    except InvalidData as error:
        raise invalid(error, _("Les données de l'accompagnement ne sont pas valables.")) from error


def write_engagement(engagement: Engagement, before: Description) -> bytes | None:
    """The new ``engagement.toml``, or None when nothing changes. People's comments and order are kept."""
    if before.engagement == engagement:
        return None
    if before.engagement is None:
        return dump_toml(engagement).encode()
    changes = changes_between(before.engagement, engagement)
    try:
        return update_toml(before.text, changes, f"{before.slug}/{ENGAGEMENT_FILE}").encode()
    except InvalidData as error:
        title = _("engagement.toml ne peut pas être changé sans risque pour ce qui y est écrit.")
        raise invalid(error, title) from error


def check_slug(slug: str) -> str:
    """A slug as typed by a person. Raises UserError for anything else: it becomes a part of paths."""
    if not is_slug(slug):
        raise UserError(
            _("« {slug} » n'est pas un identifiant d'accompagnement.").format(slug=slug[:80]),
            _("Il n'y faut que minuscules sans accent, chiffres et tirets. « allies-sync status » les liste."),
        )
    return slug
