"""Other ways out: news feeds, and the older ``/json``."""

from __future__ import annotations

from html import escape
from json import loads

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import lists, php
from allies_sync_yeswiki.testing.forms import form_as_json
from allies_sync_yeswiki.testing.handlers import handler, plain
from allies_sync_yeswiki.testing.pages import Revision
from allies_sync_yeswiki.testing.queries import one_entry, search, visible
from allies_sync_yeswiki.testing.visit import Visit

_JSON = "application/json; charset=UTF-8"
_MOST = 20


def _feed(visit: Visit, pages: list[Revision]) -> Answer:
    items = "".join(
        f"<item>\n<title>{escape(page.tag)}</title>\n<dc:creator>{escape(page.user)}</dc:creator>\n"
        f"<guid>{escape(visit.state.url(page.tag))}</guid>\n</item>\n"
        for page in pages[:_MOST]
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"\n    xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"<channel>\n<title>{escape(visit.state.config.wakka_name)}</title>\n{items}</channel></rss>\n"
    )
    return plain(text, "text/xml; charset=UTF-8")


@handler("xml")
def changes(visit: Visit) -> Answer:
    readable = [page for page in visit.state.pages.latest() if visit.may("read", page.tag)]
    return _feed(visit, sorted(readable, key=lambda page: -page.id))


@handler("rss")
def entries(visit: Visit) -> Answer:
    found = search(visit, visit.call.asked("id") or None)
    return _feed(visit, [page for page, _ in reversed(found)])


@handler("json")
def json(visit: Visit) -> Answer:
    state, call = visit.state, visit.call
    demand, number = call.asked("demand"), call.asked("id")
    if demand in ("entries", "pages"):
        place = f"api/forms/{number}/entries" if demand == "entries" else "api/pages"
        answer = plain("", _JSON)
        answer.status = 302
        answer.headers.append(("Location", state.url(place)))
        return answer
    if demand == "forms":
        forms = sorted(state.forms.values(), key=lambda form: form["bn_label_nature"])
        return _json([form_as_json(state, form) for form in forms if not number or form["bn_id_nature"] == number])
    if demand == "lists":
        return _lists(visit, call.asked("list"))
    if demand == "entry":
        found = one_entry(visit, call.asked("id_fiche"))
        if found is None:
            return _json({"error": f"You have no right to access to entry '{call.asked('id_fiche')}'."})
        return _json(visible(visit, *found))
    return _json({"error": "unknown demand"})


def _lists(visit: Visit, wanted: str) -> Answer:
    state = visit.state
    found: dict[str, object] = {}
    for page in state.pages.latest():
        if lists.read_list(state, page.tag) is None or (wanted and page.tag != wanted):
            continue
        shape = loads(page.body)
        found[page.tag] = {**shape, "id": page.tag} if state.is_dev else shape
    return _json(found.get(wanted, {}) if wanted else found)


def _json(data: object) -> Answer:
    return plain(php.json_plain(data), _JSON)
