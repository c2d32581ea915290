"""What belongs to a whole site and to no single page: its stylesheet, and what a killed run left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from allies_sync_local import disk
from allies_sync_local.integrity import Seal, seal_of
from allies_sync_local.layout import ENTRIES, FORMS, LISTS, SOURCES, STYLE
from allies_sync_local.render import stylesheet


def untidy(root: Path) -> bool:
    """Whether there is anything to tidy. Only looks."""
    if any(disk.leftovers(folder) or disk.markers(folder) for folder in _folders(root)):
        return True
    return _has_pages(root) and _style_lags(root)


def tidy(root: Path) -> None:
    """Sweeps, renews the stylesheet, and removes the folders of a site that holds nothing any more."""
    if disk.find(root) is None:
        return
    for folder in _folders(root):
        disk.sweep(folder)
        _settle(root, folder)
    if _has_pages(root):
        _write_style(root)
    else:
        _clear(root)


def _folders(root: Path) -> Iterator[Path]:
    """The folders that the tool writes into. A link is none of them."""
    yield root
    for name in (SOURCES, FORMS, LISTS, ENTRIES):
        if _is_folder(root / name):
            yield root / name
    if _is_folder(root / ENTRIES):
        yield from sorted(path for path in (root / ENTRIES).iterdir() if _is_folder(path))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _settle(root: Path, folder: Path) -> None:
    """Removes markers of what is whole, or wholly gone."""
    for marker in disk.markers(folder):
        name = disk.read_file(marker, 1000).decode("utf-8", "replace").partition(" ")[2].strip()
        source = folder / Path(name).name
        if disk.marker_of(source) != marker:
            disk.remove_file(marker)  # not written by us
            continue
        page = (root if folder.name == SOURCES else folder) / f"{source.stem}.html"
        if disk.find(source) is None or disk.find(page) is not None:
            disk.remove_file(marker)


def _has_pages(root: Path) -> bool:
    return any(True for folder in (root, root / FORMS) if _is_folder(folder) for _page in folder.glob("*.html"))


def _seal(root: Path) -> tuple[bytes, Seal | None] | None:
    try:
        data = disk.read_file(root / STYLE)
    except FileNotFoundError:
        return None
    return data, seal_of(data)


def _style_lags(root: Path) -> bool:
    try:
        present = _seal(root)
    except OSError:
        return False  # no plain file: a person's
    if present is None:
        return True
    seal, ours = present[1], seal_of(stylesheet())
    return seal is not None and seal.intact and ours is not None and seal.lags(ours.inputs)


def _write_style(root: Path) -> None:
    """Makes the stylesheet, or makes it anew; one that a person changed stays."""
    if not _style_lags(root):
        return
    present = _seal(root)
    if present is None:
        disk.create_file(root / STYLE, stylesheet())
    else:
        disk.replace_file(root / STYLE, stylesheet(), lambda now: now == present[0])


def _clear(root: Path) -> None:
    """Removes what is left of a site without any page: our stylesheet, and empty folders."""
    if not any(
        True for name in (SOURCES, LISTS, ENTRIES, FORMS) for path in (root / name).rglob("*") if path.is_file()
    ):
        try:
            present = _seal(root)
        except OSError:
            present = None
        if present is not None and present[1] is not None and present[1].intact:
            disk.remove_file(root / STYLE)
    for folder in sorted(_folders(root), key=lambda path: len(path.parts), reverse=True):
        disk.remove_if_empty(folder)
