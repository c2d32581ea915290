"""Reading the XML of DAV requests, and writing multistatus answers as Sabre does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing.exchange import Answer

DAV = "DAV:"
OWNCLOUD = "http://owncloud.org/ns"
NEXTCLOUD = "http://nextcloud.org/ns"
SHARING = "http://open-collaboration-services.org/ns"

_PREFIXES = {DAV: "d", "http://sabredav.org/ns": "s", OWNCLOUD: "oc", NEXTCLOUD: "nc"}
_REASONS = {
    200: "OK",
    204: "No Content",
    403: "Forbidden",
    404: "Not Found",
    424: "Failed Dependency",
}
_OPENING = (
    '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" '
    'xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">'
)
CLASSES = (
    "1, 3, extended-mkcol, access-control, calendarserver-principal-property-search, nextcloud-checksum-update, "
    "nc-calendar-search, nc-enable-birthday-calendar"
)
LEGACY_CLASSES = "1, 3, extended-mkcol, nextcloud-checksum-update"

Element = ElementTree.Element


def name(namespace: str, local: str) -> str:
    """Clark notation, as ElementTree has it."""
    return f"{{{namespace}}}{local}"


def split_name(clark: str) -> tuple[str, str]:
    namespace, _, local = clark.rpartition("}")
    return namespace.lstrip("{"), local


def parse(body: bytes, root: str) -> Element:
    """The request's document; raises 400 as the server does. Only tests send any: entities are no danger here."""
    try:
        document = ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError as error:
        line, column = error.position
        if "unbound prefix" in str(error) or "unclosed token" in str(error):
            found = re.search(rb"<([A-Za-z0-9]+):([A-Za-z0-9]+)", body)
            prefix, local = (part.decode() for part in found.groups()) if found else ("", "")
            message = f"Namespace prefix {prefix} on {local} is not defined\n on line {line}, column {len(body) + 1}"
            raise errors.bad_request(message) from error
        raise errors.bad_request(f"{error} on line {line}, column {column}") from error
    if document.tag != root:
        namespace, local = split_name(document.tag)
        raise errors.bad_request(f"Expected {root} but received {{{namespace}}}{local} as the root element")
    return document


def wanted_properties(body: bytes) -> list[str] | None:
    """Of a PROPFIND; None when it asks for no property in particular."""
    if not body.strip():
        return None
    document = parse(body, name(DAV, "propfind"))
    asked = document.find(name(DAV, "prop"))
    return [element.tag for element in asked] if asked is not None else None


@dataclass(frozen=True)
class Change:
    """One property of a PROPPATCH or an extended MKCOL; ``element`` is None when it is removed."""

    tag: str
    element: Element | None


def changes(document: Element) -> list[Change]:
    found = []
    for instruction in document:
        for asked in instruction.iter(name(DAV, "prop")):
            removed = instruction.tag == name(DAV, "remove")
            found += [Change(element.tag, None if removed else element) for element in asked]
    return found


@dataclass(frozen=True)
class Status:
    """Properties of one resource that share a status; the value is the XML inside the property's element."""

    status: int
    properties: Sequence[tuple[str, str | None]]


@dataclass(frozen=True)
class Resource:
    href: str
    statuses: Sequence[Status]


class Writer:
    """Numbers the namespaces that have no prefix of their own (``x1``, ``x2``…), one count for a document."""

    def __init__(self) -> None:
        self._own: dict[str, str] = {}

    def property(self, tag: str, value: str | None) -> str:
        """``value`` None is an empty element; the empty string an element with nothing in it."""
        opening, closing = self._tag(tag)
        return f"<{opening}/>" if value is None else f"<{opening}>{value}</{closing}>"

    def document(self, element: Element) -> str:
        """A whole element, as a value that somebody stored."""
        opening, closing = self._tag(element.tag)
        inner = self.content(element)
        return f"<{opening}>{inner}</{closing}>" if inner else f"<{opening}/>"

    def content(self, element: Element) -> str:
        parts = [text(element.text or "")]
        for child in element:
            parts.append(self.document(child))
            parts.append(text(child.tail or ""))
        return "".join(parts)

    def _tag(self, tag: str) -> tuple[str, str]:
        namespace, local = split_name(tag)
        if namespace in _PREFIXES:
            short = f"{_PREFIXES[namespace]}:{local}"
            return short, short
        if not namespace:
            return local, local
        prefix = self._own.setdefault(namespace, f"x{len(self._own) + 1}")
        return f"{prefix}:{local} xmlns:{prefix}={quoteattr(namespace)}", f"{prefix}:{local}"


def text(value: str) -> str:
    return escape(value, {'"': "&quot;"})


def multistatus(resources: Iterable[Resource], classes: str | None = CLASSES, minimal: bool = False) -> Answer:
    writer = Writer()
    parts = [_OPENING]
    for resource in resources:
        parts.append(f"<d:response><d:href>{escape(resource.href)}</d:href>")
        shown = [one for one in resource.statuses if one.properties and not (minimal and one.status == 404)]
        for status in shown:
            properties = "".join(writer.property(tag, value) for tag, value in status.properties)
            line = f"HTTP/1.1 {status.status} {_REASONS[status.status]}"
            parts.append(f"<d:propstat><d:prop>{properties}</d:prop><d:status>{line}</d:status></d:propstat>")
        if not shown:
            parts.append("<d:status>HTTP/1.1 200 OK</d:status>" if minimal else "")
        parts.append("</d:response>")
    parts.append("</d:multistatus>\n")
    headers = [("Vary", "Brief,Prefer")]
    headers += [("DAV", classes)] if classes else []
    headers.append(("Content-Type", "application/xml; charset=utf-8"))
    return Answer(207, headers, "".join(parts).encode(), compressible=True)
