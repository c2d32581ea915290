"""Organisations and people of an engagement, and what participants are told about their answers."""

from __future__ import annotations

from pydantic import Field

from allies_sync.model.base import Data, Email, Label, Line, Months, Several, Statement, Text, Title, Url, Yes

_PERSONAL = Field(default=None, json_schema_extra={"personal": True})


class Organisation(Data):
    """A client, the body that commissions, a partner. Functions, not persons."""

    name: Title
    kind: Line = ""
    contact: Line = ""
    place: Line = ""
    url: Url | None = None


class Contact(Data):
    """How to reach one person; never public."""

    email: Email | None = None
    phone: Line = ""


class Person(Data):
    """Somebody who facilitates. ``support``: prepares with the others without leading the day."""

    name: Label
    role: Line = ""
    bio: Text = ""
    support: Yes = False
    references: Several[Statement] = ()
    contact: Contact | None = _PERSONAL


class Section(Data):
    """A titled text."""

    title: Label
    text: Text = ""


class About(Data):
    """The collective, as it presents itself in a proposition."""

    name: Line = ""
    tagline: Line = ""
    address: Line = ""
    url: Url | None = None
    presentation: Text = ""
    missions: Several[Statement] = ()
    means: Several[Statement] = ()
    approach: Several[Section] = ()


class Notice(Data):
    """What a form says before it is filled in: who reads, why, for how long, whom to ask."""

    readers: Line = ""
    purpose: Text = ""
    contact: Line = ""
    retention_months: Months | None = None


class Privacy(Notice):
    """The same for a whole engagement: what its forms say unless they say something else."""

    retention_months: Months = 12

    def completing(self, notice: Notice | None) -> Privacy:
        """``notice``, with what it leaves out taken from here."""
        if notice is None:
            return self
        given = {name: value for name in Notice.model_fields if (value := getattr(notice, name))}
        return self.model_copy(update=given)
