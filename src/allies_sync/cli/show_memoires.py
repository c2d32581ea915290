"""Mémoires read, checked and exported, as a person or a program sees them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from shlex import quote
from typing import IO, TYPE_CHECKING, Any

from allies_sync.cli import settings
from allies_sync.cli.complaints import DONE
from allies_sync.cli.outputs import chosen_format, writing
from allies_sync.cli.screen import note, result, say, show, styled, wrapped
from allies_sync.memoires.checking import EXPECTED, Checked, Totals, check, totals
from allies_sync.memoires.exporting import formats, write_json
from allies_sync.memoires.importing import Reading, Report, sentences
from allies_sync.memoires.source import open_source
from allies_sync.model.memoire import Memoire
from allies_sync.model.memoire_form import LABELS
from allies_sync.platforms.manager import Plugins, Problem, load_plugins
from allies_sync.text.messages import _, join_words, ngettext

if TYPE_CHECKING:
    from allies_sync.memoires.probing import Probed

SHOWN = 30
LISTED = 200


@contextmanager
def reading(source: str | None, plugins: Plugins | None = None) -> Iterator[tuple[Iterable[Memoire], Report]]:
    """The mémoires of a source, one after the other, or the collective's own."""
    if source is None:
        from allies_sync.cli.work import desk
        from allies_sync.engagements.memoires import own_memoires

        with desk() as opened:
            yield (own.memoire for own in own_memoires(opened)), Report()
        return
    found = plugins or _plugins()
    under_way = Reading(open_source(source), found.memoire_importers(_note))
    yield under_way.memoires(), under_way.report


def _plugins() -> Plugins:
    """All plugins that work; what is wrong with the others is said."""
    found = load_plugins(os.environ)
    for problem in found.problems:
        _note(problem)
    return found


def _note(problem: Problem) -> None:
    note(problem.sentence)


def tell(report: Report) -> None:
    """What a person should know about what was read."""
    for sentence in sentences(report, dict(LABELS)):
        note(f"- {sentence}")


# --- import -------------------------------------------------------------------------------------------------------


def show_import(source: str, *, output: str | None, force: bool, full: bool) -> int:
    """Reads mémoires; writes them to a file, or as JSON, or shows which there are."""
    with reading(source) as (memoires, report):
        if output is not None:
            with writing(output, force=force) as file:
                count = write_json(memoires, file)
            result({"count": count, "file": output})
            say(counted(count) + " " + _("Écrit dans {file}.").format(file=output))
        elif settings.current.json:
            _to_stdout(lambda file: write_json(memoires, file, everything=full))
        else:
            _list(memoires, source)
    tell(report)
    return DONE


def counted(count: int) -> str:
    return ngettext("{count} mémoire lue.", "{count} mémoires lues.", count).format(count=count)


def _list(memoires: Iterable[Memoire], source: str) -> None:
    count = 0
    for memoire in memoires:
        count += 1
        if count <= SHOWN:
            years = f" ({', '.join(memoire.years)})" if memoire.years else ""
            show(wrapped(f"{memoire.title}{years}", first="  · ", rest="    "))
    if count > SHOWN:
        more = count - SHOWN
        say("  " + ngettext("… et {count} autre.", "… et {count} autres.", more).format(count=more))
    say(counted(count) + " " + _("Rien n'a été modifié nulle part."))
    if count:
        source = quote(source)
        say(_("Pour voir ce qui leur manque :  allies-sync memoires check {source}").format(source=source))
        say(_("Pour les garder :               allies-sync memoires push {source}").format(source=source))


def _to_stdout(write: Any) -> None:
    """Standard output gets the whole of it or, when something goes wrong on the way, nothing."""
    with tempfile.SpooledTemporaryFile(max_size=4 * 1024 * 1024) as file:
        whole: IO[bytes] = file
        write(whole)
        file.seek(0)
        sys.stdout.flush()
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


# --- check --------------------------------------------------------------------------------------------------------


def show_check(source: str | None, *, links: bool) -> int:
    """What is missing in each, and all in all."""
    with reading(source) as (memoires, report):
        checked = [check(memoire) for memoire in memoires]
    probed: dict[str, Probed] = {}
    if links:
        probed = _probe(checked, source or "")
        dead = {url: found.reason for url, found in probed.items() if found.dead}
        checked = [
            replace(one, dead={name: dead[url] for name, url in one.links.items() if url in dead}) for one in checked
        ]
    total = totals(checked)
    result(_check_document(checked, total, probed, report))
    show(check_lines(checked))
    say()
    show(total_lines(total, probed))
    tell(report)
    return DONE


def _probe(checked: Sequence[Checked], source: str) -> dict[str, Probed]:
    from allies_sync.cli.progress import steps
    from allies_sync.memoires.probing import probe

    urls = list(dict.fromkeys(url for one in checked for url in one.links.values()))
    typed = source if source.startswith(("http://", "https://")) else ""
    with steps(lambda: len(urls), _("Liens")) as progress:
        return dict(probe(urls, typed, progress=progress))


def check_lines(checked: Sequence[Checked]) -> Iterator[str]:
    """Those to which something is missing, the poorest first."""
    poor = sorted((one for one in checked if one.score < 100), key=lambda one: (one.score, one.title))
    start, rest = " " * 9, " " * 11
    for one in poor[:LISTED]:
        colour = "red" if one.bare else "yellow"
        yield from wrapped(f"{one.title}", first=f"  {styled(f'{one.score:>3} %', colour)}  ", rest=start)
        if one.missing:
            what = join_words([short(name) for name in one.missing])
            yield from wrapped(_("manque : {what}").format(what=what), first=start, rest=rest)
        if one.invalid:
            what = join_words([short(name) for name in one.invalid])
            yield from wrapped(_("n'est pas une adresse : {what}").format(what=what), first=start, rest=rest)
        for name, reason in one.dead.items():
            text = _("lien mort : {what}, {url} {reason}").format(
                what=short(name), url=one.links[name], reason=reason
            )
            yield from wrapped(text, first=start, rest=rest)
    if len(poor) > LISTED:
        more = len(poor) - LISTED
        yield "  " + ngettext("… et {count} autre.", "… et {count} autres.", more).format(count=more)


def short(name: str) -> str:
    """A field in a few words."""
    return {
        "nature": _("nature"),
        "participants": _("nombre de participants"),
        "duration": _("durée"),
        "progress": _("avancement"),
        "success": _("réussite"),
        "years": _("année"),
        "description": _("description"),
        "link_cahier_des_charges": _("cahier des charges"),
        "link_proposition": _("proposition"),
        "link_documentation": _("documentation"),
        "authors": _("auteur·ices"),
        "licence": _("licence"),
    }.get(name, LABELS[name])


def total_lines(total: Totals, probed: dict[str, Probed]) -> Iterator[str]:
    """The score, and what to do about it."""
    text = ngettext(
        "{count} mémoire · note {score} % · {complete} complète(s), {bare} sans aucun lien",
        "{count} mémoires · note {score} % · {complete} complètes, {bare} sans aucun lien",
        total.count,
    )
    yield styled(
        text.format(count=total.count, score=total.score, complete=total.complete, bare=total.bare),
        "green" if total.count and total.complete == total.count else "bold",
    )
    wanted = [(name, number) for name, number in total.missing.items() if number]
    wanted.sort(key=lambda pair: -pair[1])
    if wanted:
        listed = ", ".join(f"{short(name)} ({number})" for name, number in wanted[:6])
        yield from wrapped(_("Ce qui manque le plus : {listed}").format(listed=listed), first="", rest="  ")
    if probed:
        dead = sum(found.dead for found in probed.values())
        unsure = sum(bool(found.reason) and not found.dead for found in probed.values())
        yield _("{count} liens vérifiés : {dead} morts, {unsure} sans réponse sûre.").format(
            count=len(probed), dead=dead, unsure=unsure
        )
    elif total.count:
        yield _("Les liens n'ont pas été ouverts ; --links les vérifie.")


def _check_document(
    checked: Sequence[Checked], total: Totals, probed: dict[str, Probed], report: Report
) -> dict[str, Any]:
    return {
        "count": total.count,
        "complete": total.complete,
        "without_links": total.bare,
        "dead_links": total.dead,
        "score": total.score,
        "expected": list(EXPECTED),
        "memoires": [
            {
                "tag": one.tag,
                "title": one.title,
                "score": one.score,
                "complete": one.complete,
                "missing": list(one.missing),
                "invalid": list(one.invalid),
                "links": {name: _link(url, probed) for name, url in one.links.items()},
            }
            for one in checked
        ],
        "remarks": list(sentences(report, dict(LABELS))),
    }


def _link(url: str, probed: dict[str, Probed]) -> dict[str, Any]:
    found = probed.get(url)
    if found is None:
        return {"url": url, "state": None}
    state = "dead" if found.dead else "unknown" if found.reason else "alive"
    return {"url": url, "state": state, "reason": found.reason}


# --- export -------------------------------------------------------------------------------------------------------


def show_export(source: str | None, *, format: str | None, output: str | None, force: bool) -> int:
    """Writes mémoires in a format, to a file or to standard output."""
    plugins = _plugins()
    known = formats(plugins.memoire_formats(_note))
    by_suffix = {item.suffix: name for name, item in known.items()}
    asked = format
    if asked is None and output is not None:
        asked = by_suffix.get(output.rpartition(".")[2].lower())
    chosen = known[chosen_format(asked, output, list(known)) or "json"]
    with reading(source, plugins) as (memoires, report):
        if output is not None:
            with writing(output, force=force) as file:
                chosen.write(memoires, file)
            note(_("Écrit dans {file}.").format(file=output))
        else:
            _to_stdout(lambda file: chosen.write(memoires, file))
    tell(report)
    return DONE
