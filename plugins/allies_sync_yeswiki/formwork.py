"""Forms of the wiki: found by the mark in their descriptions, made all at once, changed without losing answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import requests

from allies_sync.model.resources import Field, Form
from allies_sync.platforms.errors import Foreign, PlatformError, Refused, Suspicious
from allies_sync.platforms.interface import (
    Absent,
    Address,
    Change,
    Done,
    Failed,
    Known,
    Observation,
    Outcome,
    Overtaken,
    Seen,
    Space,
    Target,
)
from allies_sync.text.messages import _, ngettext
from allies_sync_yeswiki import formlines as lines
from allies_sync_yeswiki.answerdesk import hand_over, seal
from allies_sync_yeswiki.classify import Verdict, trouble, verdict
from allies_sync_yeswiki.listwork import ListWork, pairs
from allies_sync_yeswiki.looking import Look, WikiForm, form_bearing, mark_in_title
from allies_sync_yeswiki.names import form_number, form_url
from allies_sync_yeswiki.rights import GROUPS, Levels
from allies_sync_yeswiki.server import Server

_TOKEN = re.compile(r'name="confirmDeleteToken"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="confirmDeleteToken"')


def form_address(space: Space, base: str, number: str) -> Address:
    return Address(f"{space.slug}/formulaire/{number}", form_url(base, number))


def form_fingerprint(space: Space, form: Form, levels: Levels) -> str:
    """The fingerprint of a form that has just been written."""
    own = {lines.property_name(it): pairs(lines.options_of(it)) for it in form.fields if lines.offers_own(it)}
    made = FormWork.rows_of(space, form, levels)
    return lines.shape(lines.parse(lines.template(made)), lambda line: own.get(lines.name_in(line), ()))


def must_say(response: requests.Response, message: str, host: str) -> None:
    """Raises PlatformError unless the wiki leads to its forms with that message (yeswiki.md, §4): what it refused
    leads there, too."""
    what = verdict(response, "vue=formulaire")
    if what is not Verdict.SAVED or verdict(response, f"msg={message}") is not Verdict.SAVED:
        raise trouble(Verdict.DENIED if what in (Verdict.PAGE, Verdict.SAVED) else what, host)


class FormWork:
    """The forms of one space, in one look."""

    def __init__(self, server: Server, levels: Levels, space: Space, look: Look) -> None:
        self.server = server
        self.levels = levels
        self.space = space
        self.look = look
        self.lists = ListWork(server, space, look)

    @staticmethod
    def rows_of(space: Space, form: Form, levels: Levels, lists: Mapping[str, str] | None = None) -> list[lines.Row]:
        """The lines of a form; ``lists``: names of the lists of its questions, where they are known."""
        named = lists or {}

        def list_of(field: Field) -> str:
            if field.options_from is not None:
                address = space.addresses.get(field.options_from)
                return address.path if address else ""
            return named.get(field.id) or f"Liste{lines.own_list(space, form.id, field.id)}"

        readable = lines.readers(form, levels.team, levels.participants)
        return lines.rows(space, form, list_of, readable)

    # --- looking ----------------------------------------------------------------------------------------------

    def find(self, mark: str, number: str = "", look: Look | None = None) -> WikiForm | None:
        return form_bearing((look or self.look).forms, mark, number)

    def observe(self, targets: Sequence[Target]) -> Iterator[tuple[str, Observation]]:
        for target in targets:
            number = target.known.remote_id if target.known else self._predicted(target)
            found = self.find(self.space.mark(target.key), number)
            taken = self.look.forms.get(number)
            if found is not None:
                yield target.key, self.seen(found, target.known)
            elif taken is not None and target.known is None:
                yield target.key, self.seen(taken)
            else:
                yield target.key, Absent()

    def _predicted(self, target: Target) -> str:
        return form_number(self.space, target.resource) if isinstance(target.resource, Form) else ""

    def seen(self, found: WikiForm, known: Known | None = None) -> Seen:
        """A form as the core wants to know it. ``known``: what is remembered of one that was looked at."""
        outdated = self.read_by(found, self.levels.former(known))
        return Seen(
            remote_id=found.number,
            address=form_address(self.space, self.server.base, found.number),
            fingerprint=self.shape(found),
            mark=found.description.strip(),
            access=None,
            revision=self.shape(found),
            stale=outdated,
            details=known.details if outdated and known else {GROUPS: self.levels.groups},
        )

    def read_by(self, found: WikiForm, former: Levels | None) -> bool:
        """Whether the answers are for a group that the configuration named before."""
        return former is not None and any(
            lines.is_readable_by(line, former.team) for line in lines.parse(found.template)
        )

    def shape(self, found: WikiForm) -> str:
        return lines.shape(lines.parse(found.template), lambda line: lines.offered(line, found.prepared))

    # --- writing ----------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        creations = [change for change in changes if change.seen is None]
        if creations:
            yield from self._create(creations)
        for change in changes:
            if change.seen is not None:
                try:
                    yield self._update(change)
                except PlatformError as error:
                    yield Failed(change.key, error)

    def _create(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        look = self.look
        forms = {it.key: it.resource for it in changes if isinstance(it.resource, Form)}
        waiting: dict[str, Change] = {}
        for change in changes:
            form = forms.get(change.key)
            if form is None:
                yield Failed(change.key, Refused(_("Rien ne dit ce qu'il faut créer.")))
                continue
            try:
                self.needs_lists(form)
            except PlatformError as error:
                yield Failed(change.key, error)
                continue
            found = self.find(self.space.mark(change.key), look=look)
            taken = look.forms.get(form_number(self.space, form))
            if found is not None:
                yield Overtaken(change.key, self.seen(found))
            elif taken is not None or any(it.label == self.label(form) for it in look.forms.values()):
                yield Failed(change.key, self.foreign(form))
            else:
                waiting[change.key] = change
        if not waiting:
            return
        lists = self.make_lists([forms[key] for key in waiting])
        fields = []
        for key, change in waiting.items():
            form = forms[key]
            made = self.rows_of(self.space, form, self.levels, lists[key])
            if change.access.write is None:
                made.insert(0, lines.closing(self.space))
            content = self.content(self.label(form), lines.template(made), self.space.mark(key))
            fields.append((f"imported-form[{form_number(self.space, form)}]", json.dumps(content)))
        response = self.server.post("BazaR&vue=formulaire", fields)
        what = verdict(response)
        again = Look(self.server)
        for key in waiting:
            found = self.find(self.space.mark(key), form_number(self.space, forms[key]), again)
            if found is not None:
                yield Done(key, self.seen(found))
            else:
                yield Failed(
                    key, trouble(Verdict.DENIED if what in (Verdict.SAVED, Verdict.PAGE) else what, self.server.host)
                )

    def needs_lists(self, form: Form) -> None:
        """Raises PlatformError for a form whose declared lists are not there yet: it would ask nothing."""
        for field in form.fields:
            if field.options_from is not None and field.options_from not in self.space.addresses:
                raise PlatformError(
                    _("La liste de la question « {question} » n'a pas pu être créée.").format(
                        question=field.label[:80]
                    ),
                    _("Relancez la même commande : elle reprendra où elle en était."),
                )

    def make_lists(self, forms: Sequence[Form]) -> Mapping[str, Mapping[str, str]]:
        """The own lists of forms: by form and question, their names."""
        wanted, places = {}, {}
        for form in forms:
            for field in form.fields:
                if lines.offers_own(field):
                    mark = f"{self.space.mark(form.id)}:{field.id}"
                    wanted[mark] = (lines.own_title(self.space, form, field), pairs(lines.options_of(field)))
                    places[mark] = (form.id, field.id)
        names: dict[str, dict[str, str]] = {form.id: {} for form in forms}
        made = self.lists.make(wanted) if wanted else {}
        for mark, found in made.items():
            form_id, field_id = places[mark]
            names[form_id][field_id] = found.tag
            self.lists.complete(found, wanted[mark][1])
        return names

    def label(self, form: Form) -> str:
        title = escape(" ".join(form.title.split())[:120])
        return f"{title} ({self.space.slug}/{form.id.partition(':')[2]})"[:250]

    def content(self, label: str, template: str, mark: str) -> dict[str, str]:
        return {
            "bn_label_nature": label,
            "bn_template": template,
            "bn_description": mark,
            "bn_condition": "",
            "bn_sem_context": "",
            "bn_sem_type": "",
        }

    def foreign(self, form: Form) -> Foreign:
        return Foreign(
            _("Un formulaire « {label} » que l'outil n'a pas créé existe déjà sur le wiki.").format(
                label=self.label(form)
            ),
            _("Renommez-le ou supprimez-le sur le wiki, puis relancez la commande."),
        )

    def checked(self, change: Change) -> str:
        number = change.seen.remote_id if change.seen else ""
        if not number.isdigit() or (change.known is not None and change.known.remote_id != number):
            raise Suspicious(_("L'état enregistré ne nomme pas le formulaire qui est sur le wiki."))
        return number

    def _now(self, change: Change, look: Look) -> WikiForm | None:
        found = look.forms.get(self.checked(change))
        if found is None or found.description.strip() != self.space.mark(change.key):
            return None
        return found

    def _update(self, change: Change) -> Outcome:
        look = Look(self.server)
        now = self._now(change, look)
        if now is None or change.seen is None:
            return Overtaken(change.key, None)
        present = lines.parse(now.template)
        made, label = present, now.label
        if change.content and isinstance(change.resource, Form):
            if self.shape(now) != change.seen.fingerprint:
                return Overtaken(change.key, self.seen(now))
            self.needs_lists(change.resource)
            lists = self.make_lists([change.resource])
            made = self.rows_of(self.space, change.resource, self.levels, lists[change.resource.id])
            made = lines.named_as(_with_former(made, present), present)
            label = self.label(change.resource)
        closed = any(map(lines.is_closing, present))
        if change.rights:
            closed = change.access.write is None
        made = [line for line in made if not lines.is_closing(line)]
        if closed:
            made.insert(0, lines.closing(self.space))
        former = self.levels.former(change.known)
        if former is not None and self.read_by(now, former):
            made = lines.regrouped(made, former.team, self.levels.team)
            hand_over(self.server, now.number, former.team, self.levels.team)
        if _cells(made) != _cells(present) or label != now.label:
            content = self.content(label, lines.template(made), self.space.mark(change.key))
            self._modify(now.number, content)
        if closed and change.rights:
            seal(self.server, self.levels, now.number)
        after = self._now(change, Look(self.server))
        return Done(change.key, self.seen(after)) if after else Overtaken(change.key, None)

    def _modify(self, number: str, content: Mapping[str, str]) -> None:
        fields = [*content.items(), ("bn_id_nature", number), ("valider", "1")]
        response = self.server.post(f"BazaR&vue=formulaire&action=modif&idformulaire={number}", fields)
        must_say(response, "BAZ_FORMULAIRE_MODIFIE", self.server.host)

    # --- deleting ---------------------------------------------------------------------------------------------

    def delete(self, change: Change) -> Outcome:
        """Deletes a form that nobody changed, and that nobody has answered."""
        now = self._now(change, Look(self.server))
        if now is None:
            return Done(change.key, None)
        if change.seen is None or self.shape(now) != change.seen.fingerprint:
            return Overtaken(change.key, self.seen(now))
        count = len(self.entries(now.number))
        if count:
            raise Refused(
                ngettext(
                    "Le questionnaire « {label} » a reçu {count} réponse : il est gardé avec elle.",
                    "Le questionnaire « {label} » a reçu {count} réponses : il est gardé avec elles.",
                    count,
                ).format(label=now.label, count=count),
                _("Supprimez ces réponses sur le wiki si elles ne servent plus, puis relancez la commande."),
            )
        self.remove(now.number)
        return Done(change.key, None)

    def remove_lists_without_form(self) -> None:
        """Deletes the lists of questions whose forms are gone, unless another form asks with them."""
        look = Look(self.server)
        start = self.space.mark("form:")
        for found in look.lists.values():
            mark = mark_in_title(found.title)
            if not mark.startswith(start):
                continue
            owner = mark.rpartition(":")[0]
            asked = any(
                it.description.strip() == owner or f"***{found.tag}***" in it.template for it in look.forms.values()
            )
            if not asked:
                self.lists.remove(found)

    def entries(self, number: str) -> Mapping[str, Any]:
        """The names of all answers to a form."""
        _status, data = self.server.api(f"api/forms/{number}/entries&fields=id_fiche")
        return data if isinstance(data, dict) else {}

    def remove(self, number: str) -> None:
        route = f"BazaR&vue=formulaire&action=confirm_delete&idformulaire={number}"
        found = _TOKEN.search(self.server.page(route).text)
        if found is None:
            raise trouble(Verdict.DENIED, self.server.host)
        fields = [("confirmDeleteToken", found[1] or found[2])]
        response = self.server.post(f"BazaR&vue=formulaire&action=delete&idformulaire={number}", fields)
        must_say(response, "BAZ_FORMULAIRE_ET_FICHES_SUPPRIMES", self.server.host)

    def read(self, target: Target) -> WikiForm:
        number = target.known.remote_id if target.known else self._predicted(target)
        found = self.find(self.space.mark(target.key), number)
        if found is None:
            raise PlatformError(_("Ce questionnaire n'existe pas sur le wiki."))
        return found


def _with_former(made: Sequence[lines.Row], present: Sequence[lines.Row]) -> list[lines.Row]:
    """Questions that left the template stay, before the script, with their answers."""
    asked = {lines.name_in(line) for line in made}
    former = [lines.kept(line) for line in present if lines.name_in(line) and lines.name_in(line) not in asked]
    return [*made[:-2], *former, *made[-2:]]


def _cells(made: Sequence[lines.Row]) -> list[list[str]]:
    return [[cell.strip() for cell in line[:16]] for line in made]
