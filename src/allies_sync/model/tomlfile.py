"""TOML files that people and the tool both keep: reading (``load_toml``), writing, and editing in place."""

from allies_sync.model.tomledit import REMOVE, changes_between, parse_path, update_toml
from allies_sync.model.tomlread import decode, load_toml, normalised, parse_toml
from allies_sync.model.tomlwrite import dump_toml, plain

__all__ = [
    "REMOVE",
    "changes_between",
    "decode",
    "dump_toml",
    "load_toml",
    "normalised",
    "parse_path",
    "parse_toml",
    "plain",
    "update_toml",
]
