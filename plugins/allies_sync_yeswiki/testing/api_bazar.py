"""``?api/forms`` and ``?api/entries``: read by anybody, created with a key."""

from __future__ import annotations

from typing import Any

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import php
from allies_sync_yeswiki.testing.api import empty, exception, json_answer, route
from allies_sync_yeswiki.testing.attachments import store_uploads
from allies_sync_yeswiki.testing.entries import create
from allies_sync_yeswiki.testing.entry_pages import entry_card
from allies_sync_yeswiki.testing.entry_table import is_entry
from allies_sync_yeswiki.testing.forms import fields_of, form_as_json
from allies_sync_yeswiki.testing.names import fold
from allies_sync_yeswiki.testing.queries import as_json, one_entry, search
from allies_sync_yeswiki.testing.state import WikiError
from allies_sync_yeswiki.testing.visit import Visit

_WARNING = (
    '<br />\n<b>Warning</b>:  Undefined array key "HTTP_SOURCE_URL" in <b>/srv/yeswiki/tools/bazar/controllers/'
    "ApiController.php</b> on line <b>196</b><br />\n"
)


@route("GET", "forms")
def _forms(visit: Visit) -> Answer:
    forms = sorted(visit.state.forms.values(), key=lambda form: form["bn_label_nature"])
    return json_answer({form["bn_id_nature"]: form_as_json(visit.state, form) for form in forms})


@route("GET", "forms/([^/]+)")
def _form(visit: Visit, number: str) -> Answer:
    form = visit.state.forms.get(number)
    return empty(404) if form is None else json_answer(form_as_json(visit.state, form))


@route("GET", "forms/([^/]+)/entries(?:/([^/]+))?(?:/([^/]+))?")
def _entries_of_form(visit: Visit, number: str, output: str | None, tags: str | None) -> Answer:
    return _entries(visit, number, output or "", tags)


@route("GET", "entries/bazarlist")
def _compact(visit: Visit) -> Answer:
    wanted = visit.call.get.get("idtypeannonce")
    numbers = [str(one) for one in wanted.values()] if isinstance(wanted, dict) else [visit.call.asked("id")]
    named = visit.call.get.get("necessary_fields")
    columns = ["id_fiche", "bf_titre", *(str(one) for one in (named.values() if isinstance(named, dict) else ()))]
    shown = [
        as_json(visit, page, data)
        for number in numbers
        for page, data in search(visit, number, query=visit.call.asked("query"))
    ]
    rows = [[one.get(name, "") for name in columns] for one in shown]
    return json_answer({"entries": rows, "fieldMapping": columns, "filters": [], "forms": []})


@route("GET", "entries(?:/([^/]+))?(?:/([^/]+))?")
def _all_entries(visit: Visit, output: str | None, tags: str | None) -> Answer:
    """``entries/5`` means the entries of all forms, whatever one expects."""
    return _entries(visit, None, output or "", tags)


@route("POST", "entries/([^/]+)", "key")
def _create(visit: Visit, number: str) -> Answer:
    state, call = visit.state, visit.call
    sent: dict[str, Any] = call.post or (_from_json(call.json) if isinstance(call.json, dict) else {})
    if sent:
        for field in fields_of(state, state.forms.get(number)):
            asked = call.get.get(field.key)
            if field.key and field.key not in sent and isinstance(asked, str):
                sent[field.key] = asked
    sent = {**sent, **store_uploads(state, call, php.texts(sent, "id_fiche"), number), "antispam": "1"}
    source = call.request.headers.get("Source-Url", "")
    try:
        tag = create(state, number, sent, visit.user, source)
    except WikiError as error:
        return exception(visit, error)
    warned = {"rawOutput": _WARNING} if state.config.display_errors and not source else {}
    return json_answer({**warned, "success": state.url(tag)}, 201)


def _from_json(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, (str, dict, list)) or value is None else _text(value)
        for name, value in data.items()
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def _entries(visit: Visit, number: str | None, output: str, tags: str | None) -> Answer:
    call, state = visit.call, visit.state
    if not isinstance(call.get.get("query", ""), str):
        message = "explode(): Argument #2 ($string) must be of type string, array given"
        return exception(visit, WikiError(message, "tools/bazar/controllers/EntryController.php:526", "TypeError"))
    if output == "json-ld":
        return _json_ld(visit, number)
    if output == "geojson":
        return json_answer({})
    if output == "ical":
        return Answer(200, [("Content-Type", "text/html; charset=UTF-8")])
    if output == "html" and tags is not None:
        return json_answer(
            {tag: {"html_output": _card(visit, tag)} for tag in tags.split(",") if is_entry(state, tag)}
        )
    found = search(visit, number, query=call.asked("query"), date_min=call.asked("dateMin"))
    if tags is not None:
        wanted = {fold(tag) for tag in tags.split(",")}
        found = [(page, data) for page, data in found if fold(page.tag) in wanted]
    shown = {page.tag: as_json(visit, page, data) for page, data in found}
    if output == "html":
        for tag, data in shown.items():
            data["html_output"] = _card(visit, tag)
    chosen = [name.strip() for name in call.asked("fields").split(",") if name.strip()]
    if chosen:
        shown = {tag: {name: data[name] for name in chosen if name in data} for tag, data in shown.items()}
    return json_answer(shown)


def _card(visit: Visit, tag: str) -> str:
    found = one_entry(visit, tag)
    if found is None:
        return '<div class="alert alert-danger">Accès interdit</div>'
    visit.redirects = False
    return entry_card(visit, *found)


def _json_ld(visit: Visit, number: str | None) -> Answer:
    if number is None:
        return exception(
            visit,
            WikiError(
                "Illegal offset type in isset or empty", "tools/bazar/services/FormManager.php:60", "TypeError"
            ),
        )
    message = "Le type sémantique de ce formulaire n'a pas été défini, il ne peut donc être affiché en JSON-LD"
    return exception(visit, WikiError(message, "tools/bazar/services/SemanticTransformer.php:12"))
