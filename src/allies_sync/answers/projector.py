"""A page for the wall of the room: how many have answered, and the choices as charts. It loads itself again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from allies_sync.model.tally import FormTally
from allies_sync.text.characters import clean_line
from allies_sync.text.charts import chart_svg
from allies_sync.text.messages import _, ngettext, using_language

MARK = '<meta name="generator" content="allies-sync answers --live">'
"""By which such a page is known again: it may be replaced by the next one."""

SECONDS = 5
"""How often the page loads itself again."""

_STYLE = """
:root { color-scheme: light; font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
body { margin: 0; padding: 2.5vmin 4vmin; background: #f7f4ef; color: #2c2530; }
h1 { margin: 0; font-size: clamp(1.4rem, 4vmin, 3rem); }
h2 { margin: 4vmin 0 1vmin; font-size: clamp(1.1rem, 3vmin, 2rem); font-weight: 600; }
.number { margin: 0 0 2vmin; font-size: clamp(1.2rem, 3.4vmin, 2.4rem); }
.number strong { font-size: 2.2em; color: #1d5f56; }
.charts { display: grid; gap: 2.5vmin; grid-template-columns: repeat(auto-fit, minmax(min(100%, 44rem), 1fr)); }
.charts svg { width: 100%; height: auto; display: block; }
p.quiet, footer { color: #5d5560; font-size: clamp(.9rem, 2vmin, 1.2rem); }
"""


def projector_page(
    title: str,
    forms: Sequence[tuple[str, FormTally]],
    *,
    threshold: int,
    now: datetime,
    going: bool = True,
    language: str = "fr",
) -> bytes:
    """The page, each form (counted for the public) with its title. Nothing of fewer answers than ``threshold``, no
    text that was typed. ``going``: it loads itself again."""
    with using_language(language):
        return "".join(_parts(title, forms, threshold, now, going, language)).encode()


def _parts(
    title: str, forms: Sequence[tuple[str, FormTally]], threshold: int, now: datetime, going: bool, language: str
) -> Iterator[str]:
    shown = escape(clean_line(title))
    yield f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n{MARK}\n'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    if going:
        yield f'<meta http-equiv="refresh" content="{SECONDS}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    live = escape(_("En direct"))
    yield f"<title>{shown} · {live}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{shown}</h1>\n"
    for name, form in forms:
        number = f"<strong>{form.answers}</strong>"
        count = ngettext("{number} réponse", "{number} réponses", form.answers).format(number=number)
        yield f'<h2>{escape(clean_line(name))}</h2>\n<p class="number">{count}</p>\n'
        if form.answers < threshold:
            yield f'<p class="quiet">{escape(_too_few(threshold))}</p>\n'
            continue
        charts = [
            svg
            for question in form.questions
            if (svg := chart_svg(question, form.answers, language, threshold=threshold))
        ]
        if charts:
            yield f'<div class="charts">\n{"".join(charts)}</div>\n'
    told = _("Mis à jour à {time}") if going else _("Arrêté à {time}")
    yield f"<footer>{escape(told.format(time=now.strftime('%H:%M:%S')))}</footer>\n</body>\n</html>\n"


def _too_few(threshold: int) -> str:
    return _("Les choix s'affichent à partir de {count} réponses.").format(count=threshold)
