"""Why no entry was found in a wiki, and what else a person can try."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from allies_sync.platforms.memoires import Answer, Remark
from allies_sync.text.messages import _, ngettext
from allies_sync_yeswiki.memoires_json import Schema
from allies_sync_yeswiki.memoires_pages import Survey

_CLOSED = re.compile(
    rb"login-body|autoris(?:\xc3\xa9|&eacute;|\xe9) (?:\xc3\xa0|&agrave;|\xe0) lire cette page"
    rb"|not allowed to read this page"
)
_MISSING = re.compile(rb"Cette page n(?:'|&#0?39;|&rsquo;)existe pas encore|This page doesn(?:'|&#0?39;)t exist yet")
_LOOKED_AT = 2 * 1024 * 1024
_OVERLAP = 200


@dataclass(slots=True)
class Tried:
    """What was asked of a wiki. ``refused``: the statuses of those of its routes that gave no data."""

    refused: list[int] = field(default_factory=list)
    forms: int = 0
    chosen: Sequence[Schema] = ()
    everywhere: bool = False


def why_nothing(start: Answer, page: Survey, tried: Tried | None = None) -> Iterator[Remark]:
    """What was looked for and found instead; then what to try. ``tried``: for a wiki that could be asked for more."""
    where = start.url[:200]
    if _says(start, _CLOSED):
        yield Remark(
            _(
                "{url} ne se lit qu'après s'être identifié, et l'import lit ce que tout le monde peut lire. Ouvrez "
                "cette page dans votre navigateur, enregistrez-la, et donnez le fichier."
            ).format(url=where)
        )
        return
    if _says(start, _MISSING):
        yield Remark(_("{url} n'existe pas sur ce wiki : vérifiez l'adresse.").format(url=where))
        return
    yield Remark(_("Cherché : des fiches de formulaire (Bazar). {url} n'en montre aucune.").format(url=where))
    if tried is not None:
        yield from _data(tried)
    yield Remark(_next(page, tried))


def _data(tried: Tried) -> Iterator[Remark]:
    """What the wiki's own data said."""
    if tried.chosen:
        names = ", ".join(f"« {form.title or form.number} »" for form in tried.chosen[:5])
        yield Remark(_("Aucune fiche lisible par tout le monde dans : {names}.").format(names=names))
    elif tried.forms:
        yield Remark(
            ngettext(
                "Ce wiki a {count} formulaire, qui n'a pas les questions d'une mémoire d'action.",
                "Ce wiki a {count} formulaires, dont aucun n'a les questions d'une mémoire d'action.",
                tried.forms,
            ).format(count=tried.forms)
        )
    elif closed := [status for status in tried.refused if status in (401, 403)]:
        text = _("Son interface de données (API) est fermée à qui n'est pas identifié (réponse {status}).")
        yield Remark(text.format(status=closed[0]))
    else:
        yield Remark(_("Son interface de données (API) n'a pas donné ses formulaires."))


def _next(page: Survey, tried: Tried | None) -> str:
    advice = _(
        "Essayez l'adresse d'une page qui montre la liste des mémoires, celle d'une mémoire, ou une page enregistrée "
        "depuis votre navigateur."
    )
    if tried is None or not page.base:
        return advice
    everything = _("Toutes les fiches se voient à {url}.")
    if tried.everywhere:
        everything = _("{url}, qui montre toutes les fiches, n'en montre pas non plus.")
    return f"{advice} {everything.format(url=f'{page.base}BazaR')}"


def _says(answer: Answer, words: re.Pattern[bytes]) -> bool:
    """Whether a page has these words, in its first part."""
    before, read = b"", 0
    for chunk in answer.chunks():
        part = before + chunk
        if words.search(part):
            return True
        before, read = part[-_OVERLAP:], read + len(chunk)
        if read > _LOOKED_AT:
            break
    return False
