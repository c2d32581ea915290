"""Answers that lie under others, where a platform still has them."""

from __future__ import annotations

from collections.abc import Sequence

from allies_sync.engagements.answers import Questionnaires
from allies_sync.engagements.desk import Desk
from allies_sync.model.resources import Form
from allies_sync.platforms.errors import Refused
from allies_sync.platforms.interface import Recovery
from allies_sync.text.messages import _


def overwritten(desk: Desk, asked: Questionnaires) -> Sequence[tuple[Form, int]]:
    """Forms with answers under others, and how many. Only reads. Raises PlatformError."""
    found = []
    for form in asked.forms:
        if form.id in asked.before.state.resources:
            count = _platform(desk, form).overwritten(asked.space, form, asked.target(form).known)
            found += [(form, count)] if count else []
    return found


def recover(desk: Desk, asked: Questionnaires, form: Form) -> Sequence[str]:
    """Puts them back, and returns their ids. Raises PlatformError."""
    return _platform(desk, form).recover(asked.space, form, asked.target(form).known)


def _platform(desk: Desk, form: Form) -> Recovery:
    bound = desk.bound(form.role)
    if not isinstance(bound.platform, Recovery):
        raise Refused(
            _("Sur la plateforme « {name} », une réponse n'en écrase jamais une autre.").format(name=bound.name)
        )
    return bound.platform
