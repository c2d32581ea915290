"""Documents: what is uploaded, and what is known of what stands on the server without downloading it.

The server keeps a checksum that we send with an upload, but never checks it, and drops it when people overwrite the
file. Its ETag moves with the second of the last change, not with each one. Neither alone says that a file is as it
was; both and the size together do. Everything else is downloaded and read.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from allies_sync.model.resources import Document
from allies_sync.platforms.interface import Content, Details, Known, Space
from allies_sync.platforms.plain import linker, markdown, plain_link
from allies_sync.text.messages import using_language
from allies_sync_nextcloud.dav import Node

SETTLED = 2.0
"""After so many seconds by the server's clock, a change shows in the ETag."""

LARGEST_READ = 8 * 1024 * 1024
"""A person's file that is larger is not downloaded to be compared."""

_SHA256 = re.compile(r"(?:^| )SHA256:([0-9a-fA-F]{64})(?: |$)")


@dataclass(frozen=True, slots=True)
class Looked:
    """A file as it was seen at ``moment`` of the server's clock."""

    etag: str
    modified: datetime | None
    moment: datetime | None

    @property
    def settled(self) -> bool:
        """Whether every later change shows in the ETag."""
        if self.modified is None or self.moment is None:
            return False
        return (self.moment - self.modified).total_seconds() >= SETTLED


def source_of(space: Space, document: Document) -> bytes:
    """The bytes of a document as they are uploaded."""
    if document.data is not None:
        return document.data
    link = linker(space)
    with using_language(space.language):
        return markdown(document.body, link, lambda part, _alone: plain_link(space, link, part)).encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def checksum(data: bytes) -> str:
    """What is sent with an upload for the server to keep."""
    return f"SHA256:{digest(data)}"


def details_of(node: Node, content: str) -> Details:
    """What to remember of a file whose content was known when it was like this."""
    return {"etag": node.etag, "size": node.size, "sums": node.checksums[:200], "sha256": content}


def known_content(node: Node, known: Known | None) -> str | None:
    """The content's digest as far as it can be told without a download."""
    if known is not None and known.details.get("sha256"):
        remembered = dict(known.details)
        if remembered == dict(details_of(node, str(remembered["sha256"]))):
            return str(remembered["sha256"])
        if remembered.get("etag") == node.etag:
            return None  # the trap of two changes in one second
    found = _SHA256.search(node.checksums)
    if found and known is None:
        return found[1].lower()
    return None


def too_large(node: Node) -> str:
    """A fingerprint for what is not downloaded: another than any that we wrote."""
    return f"etag:{node.etag.strip(chr(34))[:100]}:{node.size}"


def as_content(data: bytes, name: str) -> Content:
    """A file for reading."""
    kind = "text/markdown" if name.lower().endswith(".md") else mimetypes.guess_type(name)[0]
    text = None
    if b"\0" not in data:
        with suppress(UnicodeDecodeError):
            text = data.decode("utf-8-sig")
    return Content(data, kind or ("text/plain" if text is not None else "application/octet-stream"), text)
