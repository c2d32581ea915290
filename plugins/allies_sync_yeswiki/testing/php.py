"""How PHP reads forms and writes JSON, where it differs from anybody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

Fields = dict[str, Any]
"""What ``$_POST`` holds: texts, and arrays, which are dictionaries with text keys."""

_KEY = re.compile(r"\[([^\]]*)\]")
_HEX = {"<": "\\u003C", ">": "\\u003E", "'": "\\u0027", "&": "\\u0026"}


def json_plain(data: Any) -> str:
    """As ``json_encode`` does it: ASCII only, slashes escaped."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/")


def json_api(data: Any) -> str:
    """As the answers of the API are written: safe within HTML, quotes within texts too."""
    text = json_plain(data).replace('\\"', "\\u0022")
    return re.sub("[<>'&]", lambda found: _HEX[found[0]], text)


def pairs_of(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, errors="replace")


def array(pairs: Iterable[tuple[str, Any]]) -> Fields:
    """``a[b]=c`` and ``a[]=d`` as nested arrays; the last one of a name counts."""
    fields: Fields = {}
    for name, value in pairs:
        first, bracket, rest = name.partition("[")
        keys = [first.replace(".", "_").replace(" ", "_"), *(_KEY.findall(bracket + rest) if bracket else ())]
        place = fields
        for key in keys[:-1]:
            inner = place.get(key)
            if not isinstance(inner, dict):
                inner = place[key] = {}
            place = inner
        last = keys[-1] if len(keys) == 1 or keys[-1] else str(len(place))
        place[last] = value
    return fields


def texts(fields: Fields, name: str) -> str:
    """One field as a text; an array is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


class Upload:
    """A file of a multipart form."""

    def __init__(self, filename: str, content: bytes, kind: str) -> None:
        self.filename = filename
        self.content = content
        self.kind = kind


def multipart(kind: str, body: bytes) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
    """The fields and files of a multipart body."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    pairs: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        payload = _payload(part)
        filename = part.get_filename()
        if filename is not None:
            files[str(name)] = Upload(_utf8(filename), payload, part.get_content_type())
        else:
            pairs.append((_utf8(str(name)), payload.decode("utf-8", "replace")))
    return pairs, files


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _utf8(text: str) -> str:
    """A header's UTF-8 that the parser kept as surrogates or Latin-1."""
    try:
        return text.encode("ascii", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text
