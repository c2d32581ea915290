"""WebDAV through webdavclient3, with what it lacks: preconditions, whole answers, and properties read as data.

Of its client we use the session it brings, the addresses it builds and its table of methods, one request per call.
Its own ``mkdir``, ``upload`` and ``list`` send a HEAD first, print, or delete before they write: none is used.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from allies_sync.platforms.errors import Suspicious
from allies_sync.platforms.http import HttpSession, sending
from allies_sync.platforms.http_time import http_date
from allies_sync.platforms.http_xml import UnsafeXml, parse_xml
from allies_sync.text.messages import _

if TYPE_CHECKING:
    import requests

D = "{DAV:}"
OC = "{http://owncloud.org/ns}"
OURS = "https://allies-sync.org/ns"
NAMESPACES = f'xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:a="{OURS}"'
PROPERTIES = (
    "<d:resourcetype/><d:getetag/><d:getlastmodified/><d:getcontentlength/>"
    "<oc:fileid/><oc:size/><oc:checksums/><a:mark/><a:lease/><a:frozen/>"
)
_METHODS = {"versions": "PROPFIND", "bulk": "POST"}
_XML = "application/xml; charset=utf-8"


class Garbled(ValueError):
    """An answer that is none: HTML where XML was due, broken XML."""


@dataclass(frozen=True, slots=True)
class Node:
    """A file or folder as the server describes it. ``path`` counts from the account's files; "" is their root."""

    path: str
    folder: bool
    id: str = ""
    etag: str = ""
    modified: datetime | None = None
    size: int = 0
    checksums: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def mark(self) -> str:
        """The tool's own mark on it, "" when it bears none."""
        return self.properties.get("mark", "")

    @property
    def unscanned(self) -> bool:
        """A folder whose content the server does not know yet: what it lists of it may be incomplete."""
        return self.folder and self.size < 0


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a DAV request was refused: the server's class of error, and its words in its own language."""

    kind: str = ""
    words: str = ""


class _Session:
    """What webdavclient3 takes for its session. Keeps the answer that it turns into an exception."""

    def __init__(self, http: HttpSession) -> None:
        self.http = http
        self.auth = None
        self.kept = threading.local()

    def request(self, **kwargs: Any) -> requests.Response:
        self.kept.answer = None
        self.kept.answer = self.http.request(kwargs.pop("method"), kwargs.pop("url"), **kwargs)
        answer: requests.Response = self.kept.answer
        return answer


class Dav:
    """One account's files."""

    def __init__(self, http: HttpSession, user: str, wrote: Callable[[str], None] = lambda path: None) -> None:
        from webdav3.client import Client  # type: ignore[import-untyped]

        self.http = http
        self.user = user
        self._wrote = wrote
        self._session = _Session(http)
        self._client = Client(
            {
                "webdav_hostname": f"{http.base}/remote.php/dav",
                "webdav_disable_check": True,
                "webdav_override_methods": _METHODS,
            }
        )
        self._client.session = self._session
        self._files = f"/files/{quote(user, safe='')}"
        self._prefix = f"{unquote(urlsplit(http.base).path).rstrip('/')}/remote.php/dav"

    # --- requests -------------------------------------------------------------------------------------------

    def look(self, path: str, depth: str, properties: str = PROPERTIES) -> tuple[requests.Response, list[Node]]:
        """PROPFIND: the node itself first. An empty list unless the answer is 207."""
        body = f'<?xml version="1.0"?><d:propfind {NAMESPACES}><d:prop>{properties}</d:prop></d:propfind>'
        headers = {"Depth": depth, "Content-Type": _XML, "Accept-Encoding": "gzip"}
        answer = self._send("list", self.files(path), body.encode(), headers)
        if answer.status_code != 207:
            return answer, []
        nodes = list(self._nodes(answer))
        # the node that was asked for comes first, whatever the order of the server
        nodes.sort(key=lambda node: node.path != normal(path))
        return answer, nodes

    def make_folder(self, path: str, properties: Mapping[str, str] | None = None) -> requests.Response:
        """MKCOL, which sets properties of ours in the same request."""
        self._wrote(normal(path))
        if not properties:
            return self._send("mkdir", self.files(path), None, {})
        body = (
            f'<?xml version="1.0"?><d:mkcol {NAMESPACES}><d:set><d:prop>'
            f"<d:resourcetype><d:collection/></d:resourcetype>{_values(properties)}</d:prop></d:set></d:mkcol>"
        )
        return self._send("mkdir", self.files(path), body.encode(), {"Content-Type": _XML})

    def put(self, path: str, data: bytes, headers: Mapping[str, str], *, repeat: bool = True) -> requests.Response:
        """PUT. ``headers`` bear the precondition."""
        self._wrote(normal(path))
        return self._send("upload", self.files(path), data, headers, repeat=repeat)

    def bulk(self, paths: Sequence[str], body: bytes, boundary: str) -> requests.Response:
        """Several files in one request, see :mod:`bulk`. Never repeated: it replaces what is there."""
        for path in paths:
            self._wrote(normal(path))
        headers = {"Content-Type": f"multipart/related; boundary={boundary}"}
        return self._send("bulk", "/bulk", body, headers, repeat=False)

    def get(self, path: str) -> requests.Response:
        return self._send("download", self.files(path), None, {})

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        self._wrote(normal(path))
        return self._send("clean", self.files(path), None, headers or {})

    def move(self, path: str, to: str, *, repeat: bool = True) -> requests.Response:
        """MOVE that never replaces anything."""
        self._wrote(normal(path))
        destination = f"{self._client.webdav.hostname}{self.files(to)}"
        return self._send(
            "move", self.files(path), None, {"Destination": destination, "Overwrite": "F"}, repeat=repeat
        )

    def set_properties(self, path: str, properties: Mapping[str, str | None]) -> requests.Response:
        """PROPPATCH of properties of ours; None removes one. A refusal comes as 207 too: see :func:`patched`."""
        self._wrote(normal(path))
        kept = {name: value for name, value in properties.items() if value is not None}
        gone = "".join(f"<a:{name}/>" for name, value in properties.items() if value is None)
        body = f'<?xml version="1.0"?><d:propertyupdate {NAMESPACES}>'
        if kept:
            body += f"<d:set><d:prop>{_values(kept)}</d:prop></d:set>"
        if gone:
            body += f"<d:remove><d:prop>{gone}</d:prop></d:remove>"
        body += "</d:propertyupdate>"
        return self._send("set_property", self.files(path), body.encode(), {"Content-Type": _XML})

    def versions(self, file_id: str) -> tuple[requests.Response, list[Node]]:
        """Former versions of a file; their names are the seconds at which they were written."""
        path = f"/versions/{quote(self.user, safe='')}/versions/{quote(file_id, safe='')}"
        body = (
            f'<?xml version="1.0"?><d:propfind {NAMESPACES}><d:prop>'
            "<d:resourcetype/><d:getlastmodified/><d:getcontentlength/></d:prop></d:propfind>"
        )
        answer = self._send("versions", path, body.encode(), {"Depth": "1", "Content-Type": _XML})
        if answer.status_code != 207:
            return answer, []
        return answer, [node for node in self._nodes(answer, path) if not node.folder]

    def get_version(self, file_id: str, name: str) -> requests.Response:
        path = f"/versions/{quote(self.user, safe='')}/versions/{quote(file_id, safe='')}/{quote(name, safe='')}"
        return self._send("download", path, None, {})

    def _send(
        self, action: str, path: str, data: bytes | None, headers: Mapping[str, str], *, repeat: bool = True
    ) -> requests.Response:
        from webdav3.exceptions import WebDavException  # type: ignore[import-untyped]

        lines = [f"{name}: {value}" for name, value in headers.items()]
        with sending(repeat=repeat):
            try:
                self._client.execute_request(action, path, data, lines)
            except WebDavException:
                if self._session.kept.answer is None:
                    raise
        answer: requests.Response = self._session.kept.answer
        return answer

    # --- addresses ------------------------------------------------------------------------------------------

    def files(self, path: str) -> str:
        """A path of the account's files, quoted. Raises Suspicious for one that leads elsewhere."""
        segments = normal(path).split("/") if path else []
        if any(segment in ("", ".", "..") or "\0" in segment for segment in segments):
            raise Suspicious(_("Le chemin « {path} » a été refusé.").format(path=path[:200]))
        return "/".join([self._files, *(quote(segment, safe="") for segment in segments)])

    def _nodes(self, answer: requests.Response, base: str = "") -> Iterator[Node]:
        root = read_xml(answer)
        if root.tag != f"{D}multistatus":
            raise Garbled("no multistatus")
        prefix = self._prefix + unquote(base or self._files)
        for response in root.findall(f"{D}response"):
            href = unquote(urlsplit(response.findtext(f"{D}href") or "").path)
            path = normal(href.removeprefix(prefix)).strip("/")
            inside = href == prefix or href.startswith(f"{prefix}/")
            if not inside or any(part in (".", "..") for part in path.split("/")) or "\0" in path:
                raise Suspicious(
                    _("{host} décrit des fichiers d'un autre dossier que celui demandé.").format(host=self.http.host)
                )
            yield _node(path, response)


def normal(path: str) -> str:
    """As the server keeps names: composed."""
    return unicodedata.normalize("NFC", path)


def read_xml(answer: requests.Response) -> Element:
    """The body as XML. Raises Garbled."""
    try:
        return parse_xml(answer.content)
    except UnsafeXml as error:
        raise Garbled(str(error)) from error


def complaint(answer: requests.Response) -> Complaint:
    """What the server says of a refusal, as far as it can be read."""
    try:
        root = read_xml(answer)
    except Garbled:
        return Complaint()
    s = "{http://sabredav.org/ns}"
    kind = (root.findtext(f"{s}exception") or "").rpartition("\\")[2]
    return Complaint(kind, " ".join((root.findtext(f"{s}message") or "").split())[:300])


def patched(answer: requests.Response) -> bool:
    """Whether all properties were set: a refused one hides inside a 207."""
    if answer.status_code != 207:
        return False
    statuses = [status.text or "" for status in read_xml(answer).iter(f"{D}status")]
    return bool(statuses) and all(" 200 " in f"{it} " or " 204 " in f"{it} " for it in statuses)


def file_id(answer: requests.Response) -> str:
    """The number of what was just made."""
    return number_of(answer.headers.get("OC-FileId", ""))


def number_of(text: str) -> str:
    """A file's number: the digits in front of the server's own name."""
    digits = re.match(r"[0-9]+", text)
    return str(int(digits[0])) if digits else ""


def etag_of(answer: requests.Response) -> str:
    """The file's ETag in quotes, without what a web server adds to it when it compresses the answer."""
    told = answer.headers.get("OC-ETag") or answer.headers.get("ETag") or ""
    return re.sub(r'(?:-gzip|-br|;gzip)(?="?$)', "", told.removeprefix("W/"))


def _node(path: str, response: Element) -> Node:
    found: dict[str, Element] = {}
    for propstat in response.findall(f"{D}propstat"):
        if " 200 " in f"{propstat.findtext(f'{D}status') or ''} ":
            for prop in propstat.findall(f"{D}prop"):
                found |= {item.tag: item for item in prop}
    own = f"{{{OURS}}}"

    def text(name: str) -> str:
        element = found.get(name)
        return (element.text or "") if element is not None else ""

    kind = found.get(f"{D}resourcetype")
    checksums = found.get(f"{OC}checksums")
    size = text(f"{OC}size") or text(f"{D}getcontentlength")
    return Node(
        path=path,
        folder=kind is not None and kind.find(f"{D}collection") is not None,
        id=text(f"{OC}fileid"),
        etag=text(f"{D}getetag"),
        modified=http_date(text(f"{D}getlastmodified")),
        size=int(size) if size.lstrip("-").isdigit() else 0,
        checksums=" ".join((item.text or "") for item in checksums) if checksums is not None else "",
        properties={tag.removeprefix(own): item.text or "" for tag, item in found.items() if tag.startswith(own)},
    )


def _values(properties: Mapping[str, str]) -> str:
    return "".join(f"<a:{name}>{escape(value)}</a:{name}>" for name, value in properties.items())
