"""Answers put beside those that participants sent, taken away, made anonymous, and closed to further writing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from allies_sync.model.resources import FieldKind, Form
from allies_sync.platforms.errors import Foreign, Refused
from allies_sync.platforms.interface import Answer, Known, Purged, Space
from allies_sync.text.messages import _
from allies_sync_yeswiki import answers as reading
from allies_sync_yeswiki import formlines as lines
from allies_sync_yeswiki.classify import Verdict, trouble, verdict
from allies_sync_yeswiki.entrylines import TITLE, question
from allies_sync_yeswiki.looking import Look, not_admin
from allies_sync_yeswiki.names import fold_tag, is_tag
from allies_sync_yeswiki.rights import FROZEN, Levels, Row, is_table, rows
from allies_sync_yeswiki.saving import remove_page
from allies_sync_yeswiki.server import Fields, Server
from allies_sync_yeswiki.widgets import ENGAGEMENT

_ID = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_COPY = "Copie"
COMPUTED = frozenset(
    {"id_fiche", "id_typeannonce", "date_maj_fiche", "statut_fiche", "html_data", "url", "owner", "user"}
)
_AS_TYPED = frozenset({FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.NUMBER, FieldKind.EMAIL})
_PLAIN = {FieldKind.DATE: re.compile(r"[0-9T:+-]*"), FieldKind.LINK: re.compile(r"(?:https?://[^\s\"'<>]*)?")}
_AT_ONCE = 400
"""PHP takes no more than a thousand fields of one form, and is silent about the rest."""


class AnswerWork:
    """The answers to one form."""

    def __init__(
        self, server: Server, space: Space, form: Form, known: Known | None, look: Look | None = None
    ) -> None:
        self.server = server
        self.space = space
        self.form = form
        self.look = look or Look(server)
        self.asked = reading.needed(space, self.look, form, known)

    @property
    def number(self) -> str:
        return self.asked.there.number

    def entries(self) -> reading.Entries:
        return reading.fetch(self.server, [self.number])

    # --- putting ----------------------------------------------------------------------------------------------

    def add(self, answers: Sequence[Answer]) -> Sequence[str]:
        """Puts those that are not there yet. Nothing of the same name is written over, whatever it is."""
        wanted: dict[str, Answer] = {}
        for answer in answers:
            if not _ID.fullmatch(answer.id):
                raise Refused(_("« {id} » ne peut pas nommer une réponse.").format(id=answer.id[:80]))
            wanted.setdefault(answer.id, answer)
        if not wanted:
            return ()
        tags = {name: reading.added_tag(name, self.asked) for name in wanted}
        there = self.look.entries(tags.values())
        new = {name: it for name, it in wanted.items() if fold_tag(tags[name]) not in there}
        for name in new:
            if self.look.exists(tags[name]):
                raise Foreign(
                    _("Une page « {tag} » que l'outil n'a pas créée existe déjà sur le wiki.").format(tag=tags[name]),
                    _("Renommez-la ou supprimez-la sur le wiki, puis relancez la commande."),
                )
        sent = {tags[name]: self._fields(answer) for name, answer in new.items()}
        for tag, fields in sent.items():
            self.put(tag, fields)
        if sent:
            saved = Look(self.server).entries(sent)
            if any(fold_tag(tag) not in saved for tag in sent):
                raise trouble(Verdict.DENIED, self.server.host)
        return tuple(new)

    def _fields(self, answer: Answer) -> list[tuple[str, str]]:
        names = {question(name): name for name in map(_property, self.asked.there.prepared)}
        fields = []
        for field in self.form.fields:
            value = answer.values.get(field.id)
            if value is None or field.kind in (FieldKind.FILE, FieldKind.IMAGE):
                continue
            text = value if isinstance(value, str) else ",".join(value)
            name = lines.property_name(field)
            pattern = _PLAIN.get(field.kind)
            if pattern is not None and not pattern.fullmatch(text):
                raise Refused(
                    _("« {value} » ne répond pas à la question « {name} ».").format(
                        value=text[:80], name=field.label[:80]
                    )
                )
            fields.append((names.get(name) or name, escape(text, quote=False) if field.kind in _AS_TYPED else text))
        if all(question(name) != TITLE for name, _value in fields):
            fields.append((TITLE, lines.plain(self.form.entry_title or self.form.title) or "Réponse"))
        if self.asked.slug:
            fields.append((ENGAGEMENT, self.asked.slug))
        if answer.created is not None:
            fields.append((reading.SENT, answer.created.astimezone(UTC).isoformat()))
        return fields

    def put(self, tag: str, fields: Fields) -> None:
        source = {"Source-Url": f"{self.space.mark(self.form.id)}:{tag}"}
        more = [*fields, ("id_fiche", tag), ("antispam", "1")]
        self.server.api(f"api/entries/{self.number}", method="POST", fields=more, headers=source)

    # --- taking away ------------------------------------------------------------------------------------------

    def withdraw(self, ids: Sequence[str]) -> Sequence[str]:
        """Removes answers to this form, with their revisions, and the copies that a death left of them."""
        wanted = dict.fromkeys(ids)
        entries = self.entries()
        mine = {it.id: it for it in reading.answers_to(entries, self.asked) if it.id in wanted and is_tag(it.home)}
        homes = {it.home for it in mine.values()}
        copies = [tag for tag, it in entries.items() if it.get(reading.IN_PLACE_OF) in homes and is_tag(tag)]
        for tag in (*copies, *homes):
            remove_page(self.server, tag)
        return tuple(name for name in wanted if name in mine)

    # --- making anonymous -------------------------------------------------------------------------------------

    def purge(self, fields: Collection[str]) -> Purged:
        """Empties fields in all answers. A wiki keeps what was written over: each answer is made anew, without its
        past, by way of a copy that takes its place meanwhile."""
        names = {lines.property_name(it) for it in self.form.fields if it.id in fields}
        if not names:
            return Purged(0)
        entries = self.entries()
        count = 0
        copied = {it.get(reading.IN_PLACE_OF) for it in entries.values()}
        for it in reading.answers_to(entries, self.asked):
            holds = any(value not in ("", None) for key, value in it.entry.items() if question(key) in names)
            if is_tag(it.home) and (holds or it.home in copied or _rewritten(it.entry)):
                self._renew(it, names)
                count += holds
        files = any(it.kind in (FieldKind.FILE, FieldKind.IMAGE) for it in self.form.fields if it.id in fields)
        return Purged(count, tuple(self._left(files=files)))

    def _renew(self, answer: reading.Sent, names: Collection[str]) -> None:
        kept = {
            key: str(value)
            for key, value in answer.entry.items()
            if key not in COMPUTED and key != reading.IN_PLACE_OF and question(key) not in names
            if isinstance(value, str | int | float) and str(value)
        }
        kept[reading.SENT] = _sent(answer.entry)
        copy = f"{answer.home[:150]}{_COPY}"
        if answer.tag == answer.home:
            self.put(copy, [*kept.items(), (reading.IN_PLACE_OF, answer.home)])
            remove_page(self.server, answer.home)
        self.put(answer.home, list(kept.items()))
        remove_page(self.server, copy)

    def _left(self, *, files: bool) -> list[str]:
        left = [_("dans les sauvegardes que l'hébergeur du wiki a faites auparavant")]
        if files:
            left.append(_("dans les fichiers joints aux réponses, que le wiki garde dans son dossier « files »"))
        return left

    def is_closed(self) -> bool:
        return any(map(lines.is_closing, lines.parse(self.asked.there.template)))


def seal(server: Server, levels: Levels, number: str) -> int:
    """Closes all answers of a form to further writing. Returns how many were open."""
    if not number.isdigit():
        return 0
    return _give(server, number, lambda row: FROZEN not in row.write, ("newecrire_advanced", levels.list_for(None)))


def hand_over(server: Server, number: str, former: str, now: str) -> int:
    """Lets another group read the answers to a form that were for ``former`` alone. Returns how many there were."""
    return _give(server, number, lambda row: set(row.read) == {former}, ("newlire_advanced", now))


def _give(server: Server, number: str, wanting: Callable[[Row], bool], right: tuple[str, str]) -> int:
    """Gives a right to the answers to a form whose rights want it. Returns how many did."""
    html = server.page(f"GererDroits&filter={number}").text
    if not is_table(html):
        raise not_admin(server)
    found = [row.tag for row in rows(html).values() if wanting(row) and is_tag(row.tag)]
    for start in range(0, len(found), _AT_ONCE):
        fields = [("geredroits_modifier", "1"), ("typemaj", "remplacer"), right]
        tags = [("selectpage[]", tag) for tag in found[start : start + _AT_ONCE]]
        response = server.post(f"GererDroits&filter={number}", [*fields, *tags])
        if not is_table(response.text):
            raise trouble(verdict(response), server.host)
    return len(found)


def _property(field: Mapping[str, Any]) -> str:
    return str(field.get("propertyname") or "")


def _rewritten(entry: Mapping[str, Any]) -> bool:
    """Whether an answer seems to have been written more than once. Its two times may be of different zones."""
    try:
        first, last = (datetime.fromisoformat(str(entry[it])) for it in ("date_creation_fiche", "date_maj_fiche"))
    except (KeyError, ValueError):
        return True
    return first != last and abs((last - first).total_seconds()) > 1


def _sent(entry: Mapping[str, Any]) -> str:
    return str(entry.get(reading.SENT) or entry.get("date_creation_fiche") or "")
