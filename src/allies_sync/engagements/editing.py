"""Changing an engagement's data: a date moved, a programme revised with the group, a state of its life."""

from __future__ import annotations

from datetime import date

from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.prepare import Preparation, plan_engagement, unknown_engagement
from allies_sync.engagements.stored import Description, check_slug, describe_space, parse_engagement, today
from allies_sync.model.engagement import Engagement
from allies_sync.model.lifecycle import State, can_become, following
from allies_sync.text.messages import _, join_words


def load_engagement(desk: Desk, slug: str) -> tuple[Description, Engagement]:
    """The stored description of an engagement that exists. Raises UserError when there is none."""
    before = describe_space(desk.store, check_slug(slug))
    if before.engagement is None:
        raise unknown_engagement(desk, slug, before)
    return before, before.engagement


def prepare_edit(desk: Desk, slug: str, text: str, file: str, *, opened: Engagement | None = None) -> Preparation:
    """Plans new data, given as the text of a whole ``engagement.toml``. A state that is not given stays.

    ``opened``: the data as they were when the person began; somebody else's change since then is not overwritten.
    """
    before, stored = load_engagement(desk, slug)
    if opened is not None and stored != opened:
        raise UserError(
            _("Quelqu'un a changé les données de « {slug} » pendant que vous écriviez.").format(slug=slug),
            _("Rien n'a été modifié. Relancez la commande, et reportez-y ce que vous avez écrit."),
        )
    engagement = parse_engagement(text, file)
    if "state" not in engagement.model_fields_set:
        engagement = engagement.model_copy(update={"state": stored.state})
    return prepare_change(desk, before, engagement)


def prepare_change(desk: Desk, before: Description, engagement: Engagement) -> Preparation:
    """Plans new data. The slug stays, and a state must be one that can follow."""
    stored = before.engagement
    if stored is None:
        raise unknown_engagement(desk, before.slug, before)
    if engagement.slug not in (None, before.slug):
        raise UserError(
            _("L'identifiant « {slug} » ne change jamais : des liens ont déjà été envoyés.").format(slug=before.slug),
            _("Retirez le champ slug, ou remettez-y « {slug} ».").format(slug=before.slug),
        )
    if not can_become(stored.state, engagement.state):
        raise UserError(
            _("Un accompagnement « {state} » ne peut pas devenir « {target} ».").format(
                state=stored.state.value, target=engagement.state.value
            ),
            _("États possibles : {states}.").format(
                states=join_words([state.value for state in following(stored.state)])
            ),
        )
    if engagement.state is State.ARCHIVED and stored.state is not State.ARCHIVED:
        raise UserError(
            _("Un accompagnement s'archive par sa propre commande : allies-sync archive {slug}").format(
                slug=before.slug
            ),
            _("Elle dit ce qui manque, écrit la mémoire d'action et fait le paquet. Rien n'a été modifié."),
        )
    update: dict[str, object] = {"slug": before.slug, "opened": engagement.opened or stored.opened}
    update |= _marks(stored, engagement, today(desk.environ))
    return plan_engagement(desk, before, engagement.model_copy(update=update), {})


def _marks(stored: Engagement, engagement: Engagement, day: date) -> dict[str, object]:
    """What the data say of the end of an engagement, as its new state has it: nothing of an archiving or of a
    cancellation is left once it is neither archived nor cancelled."""
    marks: dict[str, object] = {}
    if engagement.state is State.CANCELLED and stored.state is not State.CANCELLED:
        marks["cancelled"] = stored.cancelled or day
    elif engagement.state not in (State.CANCELLED, State.ARCHIVED):
        marks["cancelled"] = None
    if engagement.state is not State.ARCHIVED:
        marks |= {"archived": None, "archived_from": None}
    return marks


def prepare_state(desk: Desk, slug: str, state: State) -> Preparation:
    """Plans nothing but another state: cancelling, taking a cancellation back, opening what was proposed."""
    before, engagement = load_engagement(desk, slug)
    return prepare_change(desk, before, engagement.model_copy(update={"state": state}))
