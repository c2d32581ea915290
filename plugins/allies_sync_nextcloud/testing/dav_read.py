"""PROPFIND, GET, HEAD and OPTIONS on files."""

from __future__ import annotations

import re
from urllib.parse import quote

from allies_sync.platforms.testing.clock import http_date
from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import dav_xml as xml
from allies_sync_nextcloud.testing import names
from allies_sync_nextcloud.testing.dav_properties import describe, etag, mimetype_of
from allies_sync_nextcloud.testing.exchange import Answer, Request, text_answer
from allies_sync_nextcloud.testing.scope import Place, Scope

_FOLDER = (
    "This is the WebDAV interface. It can only be accessed by WebDAV clients such as the "
    "Nextcloud desktop sync client."
)
_SHOWN_AS_TEXT = ("text/", "application/json", "application/xml", "application/x-php")
_DEFLATED = ("text/html", "text/plain", "text/xml", "text/css", "text/javascript", "application/xml")


def depth_of(request: Request) -> float:
    """``1,noroot`` and other nonsense count as 1."""
    asked = request.headers.get("Depth", "")
    if asked.lower() == "infinity":
        return float("inf")
    return int(asked) if asked.isascii() and asked.isdigit() else 1


def minimal(request: Request) -> bool:
    return "return=minimal" in request.headers.get("Prefer", "") or request.headers.get("Brief", "").lower() == "t"


def propfind(scope: Scope, segments: list[str], request: Request) -> Answer:
    wanted = xml.wanted_properties(request.body)
    place = scope.locate(segments)
    resources = [describe(scope, one, wanted) for one in scope.walk(place, depth_of(request))]
    classes = xml.CLASSES if scope.prefix.startswith("/remote.php/dav") else xml.LEGACY_CLASSES
    return xml.multistatus(resources, classes, minimal(request))


def options(scope: Scope, segments: list[str], request: Request) -> Answer:
    headers = [
        ("Allow", allowed_methods(scope, segments)),
        ("DAV", xml.CLASSES),
        ("MS-Author-Via", "DAV"),
        ("Accept-Ranges", "bytes"),
        ("Content-Type", "text/html; charset=UTF-8"),
    ]
    return Answer(200, headers)


def allowed_methods(scope: Scope, segments: list[str]) -> str:
    try:
        place = scope.find(segments)
    except errors.DavError:
        return errors.ALLOWED
    return errors.ALLOWED + ", MKCOL" if place is None else allowed_on(place)


def allowed_on(place: Place) -> str:
    return errors.ALLOWED if place.node.is_folder else errors.ALLOWED + ", PATCH"


def get(scope: Scope, segments: list[str], request: Request) -> Answer:
    place = scope.locate(segments)
    file = place.file
    if file is None:
        return text_answer(200, _FOLDER, "text/html; charset=UTF-8")
    if scope.refuse_download(place):
        raise errors.view_only()
    kind = mimetype_of(place)
    headers = [
        ("Last-Modified", http_date(file.mtime)),
        ("ETag", etag(scope, place)),
        ("OC-ETag", etag(scope, place)),
        ("Content-Disposition", _disposition(file.name)),
        ("Content-Type", _served_type(kind)),
    ]
    headers += [("OC-Checksum", file.checksums)] if file.checksums else []
    if "Range" in request.headers:
        return _range(request.headers["Range"], file.content, headers)
    answer = Answer(200, [*headers, ("Content-Length", str(len(file.content)))], file.content)
    if request.method == "GET":
        _deflate(answer, request)
    return answer


def _served_type(kind: str) -> str:
    """Nothing that a browser would run is served under its own type."""
    if kind in ("application/json", "application/xml", "application/x-php", "text/html"):
        kind = "text/plain"
    return f"{kind};charset=UTF-8" if kind.startswith(_SHOWN_AS_TEXT) else kind


def _deflate(answer: Answer, request: Request) -> None:
    """Apache compresses text for clients that accept it — and the ETag that it then sends fits no If-Match."""
    kind = (answer.header("Content-Type") or "").partition(";")[0]
    if "gzip" not in request.headers.get("Accept-Encoding", "") or kind not in _DEFLATED or not answer.body:
        return
    answer.compressible = True
    answer.set_header("ETag", (answer.header("ETag") or "").rstrip('"') + '-gzip"')
    answer.set_header("Vary", "Accept-Encoding")


def _range(asked: str, content: bytes, headers: list[tuple[str, str]]) -> Answer:
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if not found or found.groups() == ("", ""):
        return Answer(200, [*headers, ("Content-Length", str(len(content)))], content)
    first, last = found.groups()
    size = len(content)
    start = int(first) if first else max(0, size - int(last))
    # An end of 0 counts as none: `bytes=0-0` brings the whole file, on the real server too.
    end = min(int(last), size - 1) if first and last.strip("0") else size - 1
    if start >= size:
        kept = [header for header in headers if header[0] in ("Last-Modified", "ETag")]
        raise errors.range_not_satisfiable(start, size, kept)
    part = content[start : end + 1]
    headers += [("Content-Range", f"bytes {start}-{end}/{size}"), ("Content-Length", str(len(part)))]
    return Answer(206, headers, part)


def _disposition(filename: str) -> str:
    quoted = quote(filename, safe="")
    return f"attachment; filename*=UTF-8''{quoted}; filename=\"{quoted}\""


def check_preconditions(scope: Scope, segments: list[str], request: Request) -> Answer | None:
    """If-Match and If-None-Match, which Sabre looks at for every method; an answer is a 304."""
    match = request.headers.get("If-Match")
    none_match = request.headers.get("If-None-Match")
    if match is None and none_match is None:
        return None
    place: Place | None = scope.find([names.nfc(one) for one in segments])
    if match is not None:
        if place is None:
            raise errors.precondition_failed(
                "If-Match", "An If-Match header was specified and the resource did not exist"
            )
        current = etag(scope, place)
        if match.strip() != "*" and current not in [one.strip() for one in match.split(",")]:
            message = "An If-Match header was specified, but none of the specified ETags matched."
            raise errors.precondition_failed("If-Match", message, current)
    if none_match is not None and place is not None:
        current = etag(scope, place)
        if none_match.strip() == "*" or current in [one.strip() for one in none_match.split(",")]:
            if request.method in ("GET", "HEAD"):
                return Answer(304, [("ETag", current)])
            message = "An If-None-Match header was specified, but the ETag matched (or * was specified)."
            raise errors.precondition_failed("If-None-Match", message)
    return None
