"""``?api/…``: JSON, with the user of a key or of the cookies."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import php
from allies_sync_yeswiki.testing.handlers import body_html
from allies_sync_yeswiki.testing.layout import HTML
from allies_sync_yeswiki.testing.metadata import metadata_of
from allies_sync_yeswiki.testing.state import READ_ONLY, WikiError
from allies_sync_yeswiki.testing.triples import SOURCE_URL, TYPE
from allies_sync_yeswiki.testing.visit import Visit

Route = Callable[..., Answer]
_ROUTES: list[tuple[frozenset[str], re.Pattern[str], str, Route]] = []


def route(methods: str, pattern: str, acl: str = "public") -> Callable[[Route], Route]:
    """``acl``: who may call it: anybody, ``key`` holders only, ``+`` who is known, ``admins``."""

    def register(function: Route) -> Route:
        _ROUTES.append((frozenset(methods.split()), re.compile(pattern), acl, function))
        return function

    return register


def json_answer(data: Any, status: int = 200) -> Answer:
    return Answer(
        status,
        [("Content-Type", "application/json"), ("Cache-Control", "no-cache, private")],
        php.json_api(data).encode(),
    )


def empty(status: int) -> Answer:
    return Answer(status, [("Content-Type", HTML), ("Cache-Control", "no-cache, private")])


def answer_api(visit: Visit) -> Answer:
    """Any address below ``api``; every answer closes its connection."""
    path = "/".join((visit.call.route or [])[1:])
    answer = _documentation(visit) if not path else _routed(visit, path)
    answer.headers.append(("Connection", "close"))
    return answer


def _routed(visit: Visit, path: str) -> Answer:
    known = False
    for methods, pattern, acl, function in _ROUTES:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        known = True
        if visit.call.method not in methods and not (visit.call.method == "HEAD" and "GET" in methods):
            continue
        if acl != "public":
            refused = _refused(visit, acl)
            if refused is not None:
                return refused
        try:
            return function(visit, *found.groups())
        except WikiError as error:
            return exception(visit, error)
    return empty(405 if known else 404)


def _refused(visit: Visit, acl: str) -> Answer | None:
    if acl == "key":
        return None if visit.with_key or visit.state.config.public_creation else empty(401)
    if acl == "+":
        return None if visit.user else empty(401)
    return None if visit.is_admin else empty(403)


def exception(visit: Visit, error: WikiError) -> Answer:
    folder = visit.state.folder()
    trace = f"Stack trace:\n#0 {folder}/index.php(18)\n#1 {{main}}"
    text = f"{error.kind}: {error.message} in {folder}/{error.file}:{error.line}\n{trace}"
    return json_answer({"exceptionMessage": text}, 500)


def _documentation(visit: Visit) -> Answer:
    if visit.call.tag.lower() == "doc":
        return empty(404)
    return Answer(200, [("Content-Type", HTML)], b'<div class="page"><h1>YesWiki API</h1></div>')


# -- pages ----------------------------------------------------------------------------------------------------


@route("GET", "pages")
def _pages(visit: Visit) -> Answer:
    """All at once, with their texts; neither entries nor lists."""
    state = visit.state
    special = {row.resource.lower() for row in state.triples.find(property=TYPE)}
    shown = (page for page in state.pages.latest() if page.tag.lower() not in special and visit.may("read", page.tag))
    return json_answer({page.tag: page.as_json() for page in shown})


@route("GET", "pages/([^/]+)")
def _page(visit: Visit, tag: str) -> Answer:
    state, time = visit.state, visit.call.asked("time")
    if state.pages.get(tag) is not None and not visit.may("read", tag):
        return empty(403)
    page = state.pages.at(tag, time) if time else state.pages.get(tag)
    if page is None:
        return json_answer({}, 404)
    data: dict[str, Any] = {**page.as_json(), "metadatas": metadata_of(state, page.tag)}
    data["html"] = body_html(visit, page, redirects=False)
    data["code"] = page.body
    if visit.call.asked("includeDiff"):
        data |= dict.fromkeys(("commit_diff_html", "commit_diff_code", "diff_html", "diff_code"), "")
    return json_answer(data)


@route("DELETE", "pages/([^/]+)", "+")
def _delete_page(visit: Visit, tag: str) -> Answer:
    return _deleted(visit, tag)


@route("POST", "pages/([^/]+)/delete", "+")
def _delete_with_token(visit: Visit, tag: str) -> Answer:
    wrong = visit.csrf_error("main", visit.call.posted("csrfToken"))
    return json_answer({"notDeleted": [tag], "error": wrong}, 401) if wrong else _deleted(visit, tag)


def _deleted(visit: Visit, tag: str) -> Answer:
    state = visit.state
    page = state.pages.get(tag)
    if page is None:
        return json_answer({"notDeleted": [tag]}, 404)
    if not visit.may_manage(tag):
        return json_answer({"notDeleted": [tag]}, 401)
    if state.read_only:
        return json_answer({"notDeleted": [page.tag], "error": READ_ONLY}, 500)
    state.delete(tag)
    return json_answer({"deleted": [page.tag]})


# -- users and groups -----------------------------------------------------------------------------------------


@route("GET", "users", "admins")
def _users(visit: Visit) -> Answer:
    users = sorted(visit.state.accounts.users.values(), key=lambda user: user.name)
    return json_answer([{"email": user.email, "name": user.name, "signuptime": user.signup} for user in users])


@route("POST", "users", "admins")
def _add_user(visit: Visit) -> Answer:
    state, name, email = visit.state, visit.call.posted("name"), visit.call.posted("email")
    accounts = state.accounts
    if accounts.by_login(name) or accounts.by_login(email):
        return json_answer({"notCreated": [name], "error": f'L\'identifiant "{name}" existe déjà !'}, 400)
    user = state.add_user(name, "a random one", email)
    data: dict[str, Any] = {"name": name, "email": email, "signuptime": user.signup}
    if state.is_dev:
        raw = f"<strong>Invalid address:  (Reply-To): noreply@127.0.0.1</strong><br />\n"  # noqa: F541
        return json_answer({"rawOutput": raw, "created": [name], "user": {**data, "link": ""}})
    return json_answer({"created": [name], "user": data})


@route("GET", "groups", "admins")
def _groups(visit: Visit) -> Answer:
    return json_answer(sorted(visit.state.accounts.groups))


# -- triples --------------------------------------------------------------------------------------------------


@route("GET", "triples", "admins")
def _all_triples(visit: Visit) -> Answer:
    rows = visit.state.triples.find(property=visit.call.asked("property") or None)
    return json_answer([row.as_json() for row in rows])


@route("GET", "triples/([^/]+)", "+")
def _triples(visit: Visit, tag: str) -> Answer:
    rows = visit.state.triples.find(tag, visit.call.asked("property") or None)
    if not visit.is_admin:
        rows = [row for row in rows if f'"user":"{visit.user}"' in row.value]
    return json_answer([row.as_json() for row in rows])


@route("POST", "triples/([^/]+)", "+")
def _add_triple(visit: Visit, tag: str) -> Answer:
    state, call = visit.state, visit.call
    name, value = call.posted("property"), call.posted("value")
    user = (call.posted("user") if visit.is_admin else "") or visit.user
    if _same(visit, tag, name, value, user):
        return json_answer({"result": 3})
    stored = php.json_plain({"value": value, "user": user, "date": state.php_time()})
    state.triples.add(tag, name, stored)
    return json_answer({"result": 0})


@route("POST", "triples/([^/]+)/delete", "+")
def _delete_triple(visit: Visit, tag: str) -> Answer:
    call = visit.call
    filters = call.post.get("filters")
    value = php.texts(filters, "value") if isinstance(filters, dict) else ""
    user = (call.posted("user") if visit.is_admin else "") or visit.user
    found = _same(visit, tag, call.posted("property"), value, user)
    visit.state.triples.remove(found)
    return json_answer([row.as_json() for row in found])


def _same(visit: Visit, tag: str, name: str, value: str, user: str) -> list[Any]:
    start = php.json_plain({"value": value, "user": user})[:-1]
    rows = visit.state.triples.find(tag, name)
    return [row for row in rows if row.value.startswith(start) or (not value and f'"user":"{user}"' in row.value)]


@route("GET", "entry/url/(.+)", "key")
def _entry_of_url(visit: Visit, source: str) -> Answer:
    """The address has to be encoded twice: what stands here is decoded once more."""
    if "/" in source:
        return empty(404)
    rows = [row for row in visit.state.triples.find(property=SOURCE_URL) if row.value == unquote(source)]
    return json_answer([visit.state.url(row.resource) for row in rows]) if rows else empty(404)
