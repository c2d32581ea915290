"""Nextcloud's permission bits, and the letters that ``oc:permissions`` shows for them."""

from __future__ import annotations

READ, UPDATE, CREATE, DELETE, SHARE = 1, 2, 4, 8, 16
ALL = READ | UPDATE | CREATE | DELETE | SHARE
WRITE = UPDATE | CREATE | DELETE


def letters(bits: int, *, folder: bool, shared: bool, writable: bool | None = None) -> str:
    """``writable`` is asked apart: a mount lets itself be renamed although its content is read-only."""
    writable = bool(bits & UPDATE) if writable is None else writable
    shown = "S" if shared else ""
    shown += "R" if bits & SHARE else ""
    shown += "G" if bits & READ else ""
    shown += "D" if bits & DELETE else ""
    shown += "NV" if bits & UPDATE else ""
    if folder:
        return shown + ("CK" if bits & CREATE else "")
    return shown + ("W" if writable else "")


def for_file(bits: int) -> int:
    """What a folder's permissions leave for a file in it."""
    return bits & ~CREATE
