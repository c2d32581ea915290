"""Does a simulated answer say what the recorded one says, in the parts that a client reads?

Numbers of revisions and triples differ from wiki to wiki: what must agree is which of them are the same. So each
recorded one is tied to the simulated one in whose place it stood, and has to keep to it. Recorded bodies were cut at
20,000 characters: what remains must be the beginning of what is simulated.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

CUT = re.compile(r"…<cut, total \d+ chars>$")
_SAME_HEADERS = ("Location", "WWW-Authenticate", "Content-Type")
_COOKIES = ("YesWiki-main", "name", "token")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
_STAMPS = re.compile(r"_\d{14}_\d{14}")
_TOLERANCE = 3
_RENDERED = ("html", "html_output")
_ONLY_THERE = ("rawOutput",)
_DIFFS = re.compile(r"(?:commit_)?diff_(?:html|code)$")


class Ties:
    """What stands for what, one to one."""

    def __init__(self) -> None:
        self._there: dict[str, str] = {}
        self._back: dict[str, str] = {}

    def tie(self, recorded: str, simulated: str) -> bool:
        there = self._there.setdefault(recorded, simulated)
        back = self._back.setdefault(simulated, recorded)
        return (there, back) == (simulated, recorded)

    def simulated(self, recorded: str) -> str:
        return self._there.get(recorded, recorded)


class Comparison:
    """Of one exchange; ``differences`` is what to show when they are not alike."""

    def __init__(
        self, ties: Ties, triples: Ties, known_only: bool = False, ignored: frozenset[str] = frozenset()
    ) -> None:
        self._ties = ties
        self._triples = triples
        self._known_only = known_only
        self._ignored = ignored
        self.differences: list[str] = []

    def _differ(self, where: str, recorded: object, simulated: object) -> None:
        if not any(part in where for part in self._ignored):
            self.differences.append(f"{where}: recorded {str(recorded)[:300]!r}, simulated {str(simulated)[:300]!r}")

    def _equal(self, where: str, recorded: object, simulated: object) -> None:
        if recorded != simulated:
            self._differ(where, recorded, simulated)

    # -- headers ------------------------------------------------------------------------------------------------

    def headers(self, recorded: dict[str, Any], simulated: list[tuple[str, str]]) -> None:
        here = {name.lower(): value for name, value in simulated}
        there = {name.lower(): value for name, value in recorded.items()}
        for name in _SAME_HEADERS:
            self._equal(name, _header(there.get(name.lower())), here.get(name.lower()))
        self._equal("Connection", there.get("connection") == "close", here.get("connection") == "close")
        cookies = there.get("set-cookie") or []
        lines = [cookies] if isinstance(cookies, str) else cookies
        set_there = {line.partition("=")[0] for line in lines}
        set_here = {value.partition("=")[0] for name, value in simulated if name.lower() == "set-cookie"}
        self._equal("cookies", sorted(set_there & set(_COOKIES)), sorted(set_here & set_there))

    # -- bodies -------------------------------------------------------------------------------------------------

    def body(self, recorded: str, simulated: str, kind: str) -> None:
        if recorded == "<binary>":
            return
        cut = CUT.search(recorded) is not None
        recorded = CUT.sub("", recorded)
        if "json" in kind and recorded[:1] in "[{":
            if cut:
                self._leading(recorded, json.loads(simulated))
            else:
                self._json("$", json.loads(recorded), json.loads(simulated))
        elif "text/html" in kind and "<" in recorded:
            self._html(recorded, simulated, cut)
        elif "xml" in kind or "calendar" in kind.lower():
            self._equal("feed", "<rss" in recorded, "<rss" in simulated)
        elif recorded[:2] in ("[{", '{"') and not cut:
            self._json("$", json.loads(recorded), json.loads(simulated))
        else:
            self._equal("text", recorded.rstrip(), simulated[: len(recorded)].rstrip() if cut else simulated.rstrip())

    def _leading(self, recorded: str, simulated: Any) -> None:
        """The members that came through before the cut."""
        for key, value in members(recorded):
            if isinstance(simulated, dict):
                if key not in simulated:
                    if not self._known_only:
                        self._differ(f"$.{key}", "…", "missing")
                    continue
                self._json(f"$.{key}", value, simulated[key])

    def _json(self, where: str, recorded: Any, simulated: Any) -> None:
        key = where.rpartition(".")[2]
        if key in _RENDERED:
            self._html(str(recorded), str(simulated), False)
        elif isinstance(recorded, dict) and isinstance(simulated, dict):
            self._object(where, recorded, simulated)
        elif isinstance(recorded, list) and isinstance(simulated, list) and ".template" in where:
            self._equal(where, _trimmed(recorded), _trimmed(simulated))
        elif isinstance(recorded, list) and isinstance(simulated, list):
            self._array(where, recorded, simulated)
        elif isinstance(recorded, str) and isinstance(simulated, str):
            self._text(where, key, recorded, simulated)
        else:
            self._equal(where, recorded, simulated)

    def _object(self, where: str, recorded: dict[str, Any], simulated: dict[str, Any]) -> None:
        gone = [
            name for name in recorded if name not in simulated and name not in _ONLY_THERE and not _DIFFS.match(name)
        ]
        added = [
            name for name in simulated if name not in recorded and name not in _ONLY_THERE and not _DIFFS.match(name)
        ]
        if not (self._known_only and where.rpartition(".")[2] in ("$", "options")):
            self._equal(f"{where} lacks", [], gone)
        if not (self._known_only and where == "$"):
            self._equal(f"{where} has too much", [], added)
        for name in recorded:
            if name in simulated and name not in _ONLY_THERE:
                self._json(f"{where}.{name}", recorded[name], simulated[name])

    def _array(self, where: str, recorded: list[Any], simulated: list[Any]) -> None:
        if self._known_only and recorded and isinstance(recorded[0], dict) and "resource" in recorded[0]:
            wanted = {(row["resource"], row["value"]) for row in recorded}
            known = {(row["resource"], row["value"]) for row in simulated}
            self._equal(f"{where} has too much", [], sorted(known - wanted))
            return
        if len(recorded) != len(simulated):
            self._differ(f"{where} length", recorded, simulated)
            return
        for at, (there, here) in enumerate(zip(recorded, simulated, strict=True)):
            self._json(f"{where}[{at}]", there, here)

    def _text(self, where: str, key: str, recorded: str, simulated: str) -> None:
        if key == "id" and recorded.isdigit() and simulated.isdigit() and ".nodes" not in where:
            ties = self._triples if re.match(r"\$\[", where) else self._ties
            if not ties.tie(recorded, simulated):
                self._differ(where, f"{recorded} for {ties.simulated(recorded)}", simulated)
        elif key == "bn_template":
            self._equal(where, _lines(recorded), _lines(simulated))
        elif key == "exceptionMessage":
            self._equal(where, _message(recorded), _message(simulated))
        elif recorded[:2] == '{"' and simulated[:2] == '{"' and key in ("body", "code", "value"):
            self._json(f"{where}.json", json.loads(recorded), json.loads(simulated))
        elif key == "html_data":
            self._equal(where, sorted(_timeless(recorded).split()), sorted(_timeless(simulated).split()))
        elif _timeless(recorded) != _timeless(simulated):
            self._differ(where, recorded, simulated)
        else:
            for there, here in zip(_TIME.findall(recorded), _TIME.findall(simulated), strict=True):
                if _apart(there, here) > _TOLERANCE:
                    self._differ(where, there, here)

    # -- pages --------------------------------------------------------------------------------------------------

    def _html(self, recorded: str, simulated: str, cut: bool) -> None:
        for name, there in marks(recorded).items():
            here = marks(simulated)[name]
            if cut and isinstance(there, list):
                here = here[: len(there)]
            if name == "previous":
                if there and here and not self._ties.tie(str(there[0]), str(here[0])):
                    self._differ(name, there, here)
                self._equal(name, len(there), len(here))
            elif name == "revisions":
                self._json("revisions", there, here)
            else:
                self._equal(name, there, here)


def marks(text: str) -> dict[str, Any]:
    """What a client looks for in a page."""
    main = re.split(r'<div class="footer|<footer|<script>\s*var wiki', text)[0]
    head, content = main, re.split(r'class="yw-main-content|<body class="login-body">', main)[-1]
    revisions = re.search(r'data-revisions="([^"]*)"', content)
    return {
        "title": re.findall(r"<title>(.*?)</title>", head)[:1],
        "description": re.findall(r'<meta property="og:description" content="([^"]*)"', head),
        "alerts": [
            _words(found)[:110]
            for found in re.findall(r'<div class="alert alert-\w+[^>]*>(.*?)</div>', content, re.DOTALL)
        ],
        "toast": re.findall(r"toastMessage\('(.*?)', 3000", main),
        "areas": [
            (name, html.unescape(value))
            for name, value in re.findall(
                r'<textarea[^>]*name="(body|\w+_acl|acl)"[^>]*>(.*?)</textarea>', content, re.DOTALL
            )
        ],
        "hidden": re.findall(r'name="(comment_acl|id_typeannonce|antispam)"[^>]*value="([^"]*)"', content),
        "previous": re.findall(r'name="previous" value="([^"]*)"', content),
        "revisions": json.loads(html.unescape(revisions[1])) if revisions else [],
        "posted": re.findall(r"postMessage\((\{.*?\}), '\*'\)", content),
        "missing": ["n'existe pas encore"] * ("n'existe pas encore, voulez-vous" in content),
        "denied": re.findall(r"autoris&eacute; &agrave; \w+ cette page", content),
        "entry": [_words(found) for found in re.findall(r'<h1 class="BAZ_fiche_titre">(.*?)</h1>', content)],
        "fields": re.findall(r'<div class="BAZ_rubrique[^"]*" data-id="(\w+)"', content),
        "entries": re.findall(r'bazar-entry"[^>]*data-id_fiche="([^"]*)"', content),
        "inputs": re.findall(r'<(?:input|select|textarea)[^>]*\sname="((?:bf_|[a-z]+List\w+bf_)[\w\[\]]+)"', content),
    }


def members(text: str) -> Iterator[tuple[str, Any]]:
    """Of a JSON object that breaks off: those that are whole."""
    decoder, at = json.JSONDecoder(), 1
    while True:
        try:
            key, at = decoder.raw_decode(text, at)
            value, at = decoder.raw_decode(text, text.index(":", at) + 1)
        except ValueError:
            return
        yield str(key), value
        at += 1


def _trimmed(rows: list[Any]) -> list[Any]:
    """Lines of a template without the empty parts at their ends, of which wikis write more or fewer."""
    return [_trimmed_line(row) if isinstance(row, list) else row for row in rows]


def _trimmed_line(row: list[str]) -> list[str]:
    last = max((at for at, part in enumerate(row) if part), default=-1)
    return row[: last + 1]


def _lines(template: str) -> list[list[str]]:
    return [_trimmed_line([part.strip() for part in line.split("***")]) for line in template.splitlines()]


def _header(value: Any) -> str | None:
    first = value[0] if isinstance(value, list) else value
    return None if first is None else str(first)


def _words(text: str) -> str:
    text = re.sub(r" in <i>.*|<a .*?</a>", "", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def _message(text: str) -> str:
    return re.sub(r" in /.*", "", text, flags=re.DOTALL)


def _timeless(text: str) -> str:
    return _STAMPS.sub("_…", _TIME.sub("…", text))


def _apart(one: str, other: str) -> float:
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())
