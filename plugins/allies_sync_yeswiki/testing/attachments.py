"""Files: sent with pages and entries, stored under a name that tells where and when, open to everybody."""

from __future__ import annotations

import re

from allies_sync.platforms.testing.exchange import Answer
from allies_sync_yeswiki.testing import layout, php
from allies_sync_yeswiki.testing.call import Call
from allies_sync_yeswiki.testing.forms import fields_of
from allies_sync_yeswiki.testing.handlers import handler, plain
from allies_sync_yeswiki.testing.state import WikiState
from allies_sync_yeswiki.testing.visit import Visit

_IMAGES = ("png", "jpg", "jpeg", "gif", "webp", "svg", "bmp")
_ALLOWED = (
    *_IMAGES,
    *[
        "pdf",
        "odt",
        "ods",
        "odp",
        "odg",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "txt",
        "csv",
        "md",
        "zip",
        "mp3",
        "mp4",
        "ogg",
        "ogv",
        "webm",
        "wav",
        "ics",
        "epub",
        "json",
    ],
)
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml"}


def physical_name(place: str, filename: str, first: str, second: str) -> tuple[str, str]:
    """``files/…``: where a file is stored, and the simple name that ``{{attach}}`` takes."""
    stem, _, extension = filename.rpartition(".")
    simple = re.sub(r"[^A-Za-z0-9_.]", "", stem.replace(" ", "_"))
    stamps = (re.sub(r"\D", "", first), re.sub(r"\D", "", second))
    suffix = "" if extension.lower() in _IMAGES else "_"
    return f"{place}_{simple}_{stamps[0]}_{stamps[1]}.{extension}{suffix}", f"{simple}.{extension}"


def store_uploads(state: WikiState, call: Call, tag: str, form: str) -> dict[str, str]:
    """The values that an entry gets for the files that came with it."""
    values: dict[str, str] = {}
    for field in fields_of(state, state.forms.get(form)):
        upload = call.files.get(field.key) if field.kind in ("image", "fichier") else None
        if upload is None or not upload.filename:
            continue
        if upload.filename.rpartition(".")[2].lower() not in _ALLOWED:
            values[field.key] = ""
            continue
        now = state.php_time()
        name, _ = physical_name(f"{tag}_{field.key}", upload.filename, now, now)
        state.files[name] = upload.content
        values[field.key] = name
    return values


@handler("ajaxupload")
def upload(visit: Visit) -> Answer:
    state, call = visit.state, visit.call
    if not visit.may("write"):
        return _error("Vous n'avez pas l'accès en &amp;eacute;criture &amp;agrave; cette page")
    sent = call.files.get("qqfile")
    filename, content = (sent.filename, sent.content) if sent else (call.asked("qqfile"), call.request.body)
    if not filename:
        return _error("Pas de fichiers envoyés.")
    if not content:
        return _error("Le fichier est vide.")
    extension = filename.rpartition(".")[2]
    if extension.lower() not in _ALLOWED:
        return _error(f"Le fichier n'a pas une extension autorisée, voici les autorisées : {', '.join(_ALLOWED)}.")
    page = state.pages.get(call.tag)
    first = page.time if page else state.php_time()
    name, simple = physical_name(call.tag, filename, first, state.php_time())
    state.files[name] = content
    data = {"success": "1", "filename": f"files/{name}", "simplefilename": simple, "extension": extension}
    return layout.html(php.json_plain(data))


def _error(message: str) -> Answer:
    return layout.html(php.json_plain({"error": message}))


@handler("download")
def download(visit: Visit) -> Answer:
    """No right is asked for."""
    name = visit.call.asked("file").rpartition("/")[2]
    content = visit.state.files.get(name)
    if content is None:
        return layout.page(visit, layout.refusal("Erreur attachement : fichier introuvable"))
    simple = re.sub(r"_\d{14}_\d{14}(\.\w+?)_?$", r"\1", name.removeprefix(f"{visit.call.tag}_"))
    disposition = ("Content-Disposition", f'attachment; filename="{simple}"')
    return Answer(200, [("Content-Type", f'application/octetstream; name="{simple}"'), disposition], content)


@handler("filemanager")
def manage(visit: Visit) -> Answer:
    names = [name for name in visit.state.files if name.startswith(f"{visit.call.tag}_")]
    return layout.page(visit, layout.box("".join(f"<li>{name}</li>" for name in names)))


def static_file(state: WikiState, path: str) -> Answer:
    """Below ``/files``, as the web server gives it out."""
    content = state.files.get(path.removeprefix("/files/"))
    if content is None:
        return apache_404()
    extension = path.rpartition(".")[2].lower()
    kind = [("Content-Type", _TYPES[extension])] if extension in _TYPES else []
    return Answer(200, kind, content)


def apache_404() -> Answer:
    answer = plain(
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>\n'
        "<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n"
        "<p>The requested URL was not found on this server.</p>\n</body></html>\n",
        "text/html; charset=iso-8859-1",
    )
    answer.status = 404
    return answer
