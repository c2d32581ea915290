"""Does a simulated answer say what the recorded one says, in the parts that a client reads?

File ids, ETags, share numbers and tokens differ from server to server: what must agree is which of them are the
same. So each recorded one is tied to the simulated one in whose place it stood, and has to keep to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

RECORDED_BASE = "http://127.0.0.1:8081"
_CUT = re.compile(r"\n?\[… cut: \d+ characters in all\]\s*$")
_D = "{DAV:}"

_SAME = (
    "Allow",
    "Content-Range",
    "Location",
    "MS-Author-Via",
    "OC-Checksum",
    "Retry-After",
    "WWW-Authenticate",
    "X-Hash-SHA1",
    "X-Nextcloud-Maintenance-Mode",
    "X-NEXTCLOUD-WELL-KNOWN",
    "X-OC-CTime",
    "X-OC-MTime",
)
_TIED = {"ETag": "etag", "OC-ETag": "etag", "OC-FileId": "fileid"}

_TIED_KEYS = {
    "id": "share",
    "token": "token",
    "item_source": "fileid",
    "file_source": "fileid",
    "file_parent": "fileid",
    "via_fileid": "fileid",
    "fileid": "fileid",
    "etag": "etag",
}
_TIMES = {"stime"}
_ONLY_THERE = {
    "apppassword",
    "endpoint",
    "free",
    "lastLogin",
    "login",
    "relative",
    "storage",
    "storageLocation",
    "total",
    "used",
}
_HASHES = {"password"}
_TIED_PROPERTIES = {"getetag": "etag", "fileid": "fileid", "id": "fileid"}
_TIME_PROPERTIES = {"getlastmodified", "upload_time", "trashbin-deletion-time"}


class Ties:
    """What stands for what, one to one."""

    def __init__(self) -> None:
        self._there: dict[tuple[str, str], str] = {}
        self._back: dict[tuple[str, str], str] = {}

    def tie(self, kind: str, recorded: str, simulated: str) -> bool:
        there = self._there.setdefault((kind, recorded), simulated)
        back = self._back.setdefault((kind, simulated), recorded)
        return (there, back) == (simulated, recorded)

    def simulated(self, kind: str, recorded: str) -> str:
        return self._there.get((kind, recorded), recorded)

    def in_text(self, text: str) -> str:
        """A recorded request's address or header, with what the simulated server calls these things."""
        text = re.sub(r"(/shares/)(\d+)", lambda found: found[1] + self.simulated("share", found[2]), text)
        text = re.sub(r"(/s/)(\w{15})\b", lambda found: found[1] + self.simulated("token", found[2]), text)
        return re.sub(r'"([0-9a-f]{13,32})"', lambda found: f'"{self.simulated("etag", found[1])}"', text)

    def in_search(self, body: bytes) -> bytes:
        """A SEARCH for a file id."""
        found = re.search(rb"<oc:fileid/></d:prop><d:literal>(\d+)<", body)
        return body.replace(found[1], self.simulated("fileid", found[1].decode()).encode()) if found else body


class Comparison:
    """Of one exchange; ``differences`` is what to show when they are not alike."""

    def __init__(self, ties: Ties, base: str, ignored: frozenset[str] = frozenset()) -> None:
        self._ties = ties
        self._base = base
        self._ignored = ignored
        self.differences: list[str] = []

    def _differ(self, where: str, recorded: object, simulated: object) -> None:
        if not any(where.endswith(one) for one in self._ignored):
            self.differences.append(f"{where}: recorded {recorded!r}, simulated {simulated!r}")

    # -- headers ------------------------------------------------------------------------------------------------

    def headers(self, recorded: dict[str, Any], simulated: dict[str, str], status: int) -> None:
        there = {name.lower(): value[0] if isinstance(value, list) else value for name, value in recorded.items()}
        here = {name.lower(): value for name, value in simulated.items()}
        for name in _SAME:
            recorded_value = there.get(name.lower())
            expected = self._ties.in_text(recorded_value) if recorded_value else None
            self._equal(name, expected, self._recorded_base(here.get(name.lower())))
        for name, kind in _TIED.items():
            self._tied(name, kind, there.get(name.lower()), here.get(name.lower()))
        self._moment("Last-Modified", there.get("last-modified"), here.get("last-modified"))
        kinds = [one.get("content-type", "").partition(";")[0] for one in (there, here)]
        if there and status not in (204, 304):
            self._equal("Content-Type", *kinds)
        if status >= 400 and there:
            self._equal("Connection", there.get("connection"), _only("close", here.get("connection")))
        if status == 207 and "dav" in there:
            self._equal("DAV", there["dav"], here.get("dav"))

    def _recorded_base(self, text: str | None) -> str | None:
        return text.replace(self._base, RECORDED_BASE) if text else text

    def _equal(self, where: str, recorded: object, simulated: object) -> None:
        if recorded != simulated:
            self._differ(where, recorded, simulated)

    def _tied(self, where: str, kind: str, recorded: Any, simulated: Any) -> None:
        if recorded is None or simulated is None:
            self._equal(where, recorded, simulated)
            return
        there, here = str(recorded).strip('"'), str(simulated).strip('"')
        if kind == "fileid":
            there, here = (re.sub(r"^0*(\d+)oc\w+$", r"\1", one) for one in (there, here))
        if not self._ties.tie(kind, there, here):
            self._differ(where, f"{recorded} (tied to {self._ties.simulated(kind, there)})", simulated)

    def _moment(self, where: str, recorded: Any, simulated: Any) -> None:
        if recorded is None or simulated is None:
            self._equal(where, recorded, simulated)
        elif abs(_seconds(recorded) - _seconds(simulated)) > 2:
            self._differ(where, recorded, simulated)

    # -- bodies -------------------------------------------------------------------------------------------------

    def body(self, recorded: str, simulated: bytes, kind: str) -> None:
        cut = _CUT.search(recorded) is not None
        recorded = _CUT.sub("", recorded)
        here = simulated.decode("utf-8", "replace")
        if "multistatus" in recorded[:200]:
            self._multistatus(recorded, here, cut)
        elif "<d:error" in recorded[:200]:
            self._equal("error", *map(_error, (recorded, here)))
        elif (recorded[:1] in ("{", "[", '"') and "json" in kind) or recorded.startswith('{"\\/'):
            self._json_text(recorded, here, cut)
        elif recorded.startswith("<?xml") and "<ocs>" in recorded:
            self._equal("ocs", *map(_ocs_meta, (recorded, here)))
        elif kind.startswith("text/plain") or recorded.startswith("requested search"):
            self._equal("body", recorded, here)

    def _json_text(self, recorded: str, simulated: str, cut: bool) -> None:
        if cut:
            recorded = recorded[: recorded.rfind("},{")] + "}]}}"
        there, here = json.loads(recorded), json.loads(simulated)
        if cut:
            here["ocs"]["data"] = here["ocs"]["data"][: len(there["ocs"]["data"])]
        self._json("", there, here)

    def _json(self, where: str, recorded: Any, simulated: Any) -> None:
        if isinstance(recorded, dict) and isinstance(simulated, dict):
            capabilities = where.startswith(".ocs.data.capabilities")
            keys = simulated if capabilities else dict.fromkeys([*recorded, *simulated])
            for key in keys:
                if key not in recorded or key not in simulated:
                    self._differ(f"{where}.{key}", recorded.get(key, "absent"), simulated.get(key, "absent"))
                else:
                    self._value(f"{where}.{key}", key, recorded[key], simulated[key], "share_type" in recorded)
        elif isinstance(recorded, list) and isinstance(simulated, list):
            if len(recorded) != len(simulated):
                self._differ(f"{where}.length", len(recorded), len(simulated))
            for number, (there, here) in enumerate(zip(recorded, simulated, strict=False)):
                self._json(f"{where}[{number}]", there, here)
        elif self._recorded_base(simulated) != recorded if isinstance(simulated, str) else recorded != simulated:
            self._differ(where, recorded, simulated)

    def _value(self, where: str, key: str, recorded: Any, simulated: Any, of_share: bool) -> None:
        shared_with_hash = key == "share_with" and str(recorded).startswith("3|$argon2")
        if key in _HASHES or shared_with_hash:
            self._equal(where, recorded is None, simulated is None)
        elif key == "url" and of_share:
            there, here = str(recorded).rsplit("/", 1)[1], str(simulated).rsplit("/", 1)[1]
            self._tied(where, "token", there, here)
        elif key == "token" and not of_share:
            self._equal(where, type(recorded), type(simulated))
        elif key in _TIED_KEYS and (of_share or key != "id"):
            self._tied(where, _TIED_KEYS[key], recorded, simulated)
        elif key in _TIMES:
            self._moment(where, recorded, simulated)
        elif key in _ONLY_THERE:
            self._equal(where, type(recorded) in (int, float), type(simulated) in (int, float))
        else:
            self._json(where, recorded, simulated)

    def _multistatus(self, recorded: str, simulated: str, cut: bool) -> None:
        if cut:
            recorded = recorded[: recorded.rfind("</d:response>")] + "</d:response></d:multistatus>"
        there, here = list(_responses(recorded)), list(_responses(simulated))
        hrefs = [[href for href, _ in one] for one in (there, here)]
        if cut:
            hrefs[1] = hrefs[1][: len(hrefs[0])]
        if "unordered" in self._ignored:
            hrefs = [sorted(one) for one in hrefs]
        self._equal("hrefs", *hrefs)
        found = dict(here)
        for href, properties in there:
            if href in found:
                self._properties(href, properties, found[href])

    def _properties(self, href: str, recorded: dict[str, Any], simulated: dict[str, Any]) -> None:
        for name in dict.fromkeys([*recorded, *simulated]):
            where = f"{href} {name}"
            there, here = recorded.get(name), simulated.get(name)
            if there is None or here is None or there[0] != here[0]:
                self._differ(where, there, here)
                continue
            local = name.rpartition("}")[2]
            if local in _TIED_PROPERTIES and there[0] == "200":
                self._tied(where, _TIED_PROPERTIES[local], there[1], here[1])
            elif local in _TIME_PROPERTIES:
                self._moment(where, there[1] or None, here[1] or None)
            elif local == "comments-href":
                self._tied(where, "fileid", there[1].rsplit("/", 1)[-1], here[1].rsplit("/", 1)[-1])
            else:
                self._equal(where, there[1], here[1])


def _responses(text: str) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """Each resource with its properties: ``{name: (status, value)}``."""
    for response in ElementTree.fromstring(text).iter(f"{_D}response"):
        properties = {}
        for part in response.iter(f"{_D}propstat"):
            status = (part.findtext(f"{_D}status") or "").split()[1]
            for element in part.find(f"{_D}prop") or ():
                properties[element.tag] = (status, _content(element))
        yield (response.findtext(f"{_D}href") or "").strip(), properties


def _content(element: ElementTree.Element) -> str:
    if not len(element):
        return element.text or ""
    return "".join(f"<{child.tag}>{_content(child)}" for child in element)


def _error(text: str) -> list[str]:
    try:
        return [(element.text or "").strip() for element in ElementTree.fromstring(text)]
    except ElementTree.ParseError:
        return [text[:200]]


def _ocs_meta(text: str) -> list[str]:
    document = ElementTree.fromstring(text)
    return [document.findtext(f"meta/{name}") or "" for name in ("status", "statuscode", "message")]


def _only(value: str, found: str | None) -> str | None:
    return found if found == value else None


def _seconds(moment: Any) -> float:
    text = str(moment)
    if text.isdigit():
        return float(text)
    return parsedate_to_datetime(text).timestamp()


def recorded_moment(exchange: dict[str, Any]) -> float | None:
    date = (exchange["response"] or {}).get("headers", {}).get("Date")
    return parsedate_to_datetime(date).timestamp() if date else None


def start_of_recordings() -> datetime:
    return datetime(2026, 11, 21, 19, 20, tzinfo=UTC)
