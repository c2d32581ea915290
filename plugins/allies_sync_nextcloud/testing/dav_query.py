"""SEARCH and REPORT: enough of both for a client that looks for names, ids and favourites."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import dav_xml as xml
from allies_sync_nextcloud.testing import names
from allies_sync_nextcloud.testing.dav_properties import describe
from allies_sync_nextcloud.testing.dav_xml import DAV, OWNCLOUD, Element, Resource
from allies_sync_nextcloud.testing.exchange import Answer, Request, decode_path, text_answer
from allies_sync_nextcloud.testing.scope import Place, Scope
from allies_sync_nextcloud.testing.tree import mimetype, size

_FOLDER_TYPE = "httpd/unix-directory"
_VALUES: dict[str, Callable[[Place], str | int]] = {
    xml.name(DAV, "displayname"): lambda place: place.node.name,
    xml.name(DAV, "getcontenttype"): lambda place: _FOLDER_TYPE if place.folder else mimetype(place.node.name),
    xml.name(DAV, "getlastmodified"): lambda place: place.node.mtime,
    xml.name(OWNCLOUD, "fileid"): lambda place: place.node.fileid,
    xml.name(OWNCLOUD, "owner-id"): lambda place: place.node.owner,
    xml.name(OWNCLOUD, "size"): lambda place: size(place.node),
}

Condition = Callable[[Place], bool]


class UnknownProperty(Exception):
    pass


def search(scopes: Callable[[str], Scope], request: Request) -> Answer:
    if "xml" not in request.headers.get("Content-Type", ""):
        raise errors.not_implemented("SEARCH")
    document = xml.parse(request.body, xml.name(DAV, "searchrequest"))
    basic = document.find(xml.name(DAV, "basicsearch"))
    if basic is None:
        raise errors.bad_request("Only basicsearch is supported")
    path = decode_path(basic.findtext(f".//{xml.name(DAV, 'href')}", ""))
    segments = names.split_path(path)
    if segments[:1] != ["files"] or len(segments) < 2:
        raise errors.not_found(f"File not found: {path}")
    scope = scopes(segments[1])
    start = scope.locate(segments[2:])
    selected = [one.tag for one in basic.iterfind(f"{xml.name(DAV, 'select')}/{xml.name(DAV, 'prop')}/*")]
    where = basic.find(xml.name(DAV, "where"))
    try:
        condition = _condition(where[0]) if where is not None and len(where) else _always
    except UnknownProperty:
        refusal = "requested search property is not a valid property for this scope"
        return text_answer(400, refusal, 'application/xml; charset="utf-8"')
    # The depth of the scope is not looked at, nor is the offset of the limit.
    found = [place for place in scope.walk(start, float("inf")) if place.node is not start.node and condition(place)]
    found.sort(key=lambda place: place.node.fileid)
    found = _ordered(found, basic)
    limit = basic.findtext(f"{xml.name(DAV, 'limit')}/{xml.name(DAV, 'nresults')}", "")
    found = found[: int(limit)] if limit.strip().isdigit() else found
    return xml.multistatus([describe(scope, place, selected) for place in found], classes=None)


def _ordered(found: list[Place], basic: Element) -> list[Place]:
    for order in reversed(list(basic.iterfind(f"{xml.name(DAV, 'orderby')}/{xml.name(DAV, 'order')}"))):
        asked = order.find(f"{xml.name(DAV, 'prop')}/*")
        value = _VALUES.get(asked.tag) if asked is not None else None
        if value is not None:
            down = order.find(xml.name(DAV, "descending")) is not None
            found = sorted(found, key=value, reverse=down)
    return found


def _always(_: Place) -> bool:
    return True


def _condition(element: Element) -> Condition:
    _, operator = xml.split_name(element.tag)
    if operator == "is-collection":
        return lambda place: place.folder is not None
    if operator in ("and", "or", "not"):
        parts = [_condition(child) for child in element]
        return _combined(operator, parts)
    asked = element.find(f"{xml.name(DAV, 'prop')}/*")
    literal = element.findtext(xml.name(DAV, "literal"), "")
    value = _VALUES.get(asked.tag) if asked is not None else None
    if value is None:
        raise UnknownProperty
    return _comparison(operator, value, literal)


def _combined(operator: str, parts: list[Condition]) -> Condition:
    if operator == "and":
        return lambda place: all(part(place) for part in parts)
    if operator == "or":
        return lambda place: any(part(place) for part in parts)
    return lambda place: not any(part(place) for part in parts)


def _comparison(operator: str, value: Callable[[Place], str | int], literal: str) -> Condition:
    if operator == "like":
        pattern = re.compile(".*".join(re.escape(part) for part in literal.split("%")), re.IGNORECASE | re.DOTALL)
        return lambda place: pattern.fullmatch(str(value(place))) is not None
    if operator == "eq":
        return lambda place: str(value(place)) == literal
    compare: dict[str, Callable[[int, int], bool]] = {
        "gt": lambda left, right: left > right,
        "gte": lambda left, right: left >= right,
        "lt": lambda left, right: left < right,
        "lte": lambda left, right: left <= right,
    }
    chosen = compare.get(operator)
    if chosen is None or not literal.isdigit():
        raise UnknownProperty
    return lambda place: chosen(int(value(place)), int(literal))


def report(scope: Scope, segments: list[str], request: Request) -> Answer:
    """``oc:filter-files`` by favourite; the simulated server has no collaborative tags, so every id is unknown."""
    document = xml.parse(request.body, xml.name(OWNCLOUD, "filter-files"))
    rules = document.find(xml.name(OWNCLOUD, "filter-rules"))
    if rules is None or not len(rules):
        raise errors.bad_request("Missing filter-rule block in request")
    if rules.find(xml.name(OWNCLOUD, "systemtag")) is not None:
        raise errors.failed_condition("Cannot filter by non-existing tag")
    wanted = [one.tag for one in document.iterfind(f"{xml.name(DAV, 'prop')}/*")]
    uid = scope.owner.uid
    start = scope.locate(segments)
    found = [place for place in scope.walk(start, float("inf")) if uid in place.node.favourite_of]
    return xml.multistatus(_without_slash(describe(scope, place, wanted) for place in found), classes=None)


def _without_slash(resources: Iterable[Resource]) -> list[Resource]:
    """In a REPORT the hrefs of folders end without a slash."""
    return [Resource(one.href.rstrip("/"), one.statuses) for one in resources]
