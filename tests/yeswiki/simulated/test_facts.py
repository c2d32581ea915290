"""Facts that were noted between the recorded exchanges: what texts turn into, and which names are legal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from allies_sync_yeswiki.testing import Dialect, SimulatedWiki

from .conftest import Hands
from .replaying import BASES, FOLDERS, recordings_folder

pytestmark = pytest.mark.skipif(recordings_folder() is None, reason="no recordings at ../shared/recordings/yeswiki")

FIELDS = (
    "texte***bf_q1***Q1***60***255*** *** ***text***",
    "textelong***bf_q2***Q2***40***5*** *** ***nohtml***",
    "textelong***bf_q7***Q7***40***5*** *** ***html***",
    "textelong***bf_q8***Q8***40***5*** *** ***wiki***",
)
TEMPLATE = "\r\n".join(("texte***bf_titre***Titre***60***255*** *** ***text***", *FIELDS))


def fact(dialect: Dialect, recording: str, start: str) -> dict[str, Any]:
    folder = recordings_folder()
    assert folder is not None
    noted = json.loads((folder / FOLDERS[dialect] / f"{recording}.json").read_text("utf-8"))
    found: dict[str, Any] = next(one["fact"] for one in noted if one["name"].startswith(start))
    return found


@pytest.mark.parametrize("dialect", FOLDERS)
def test_what_the_purifier_leaves(dialect: Dialect) -> None:
    matrix = fact(dialect, "05b-entries-update-security", "sanitisation-matrix")
    with SimulatedWiki(dialect) as wiki:
        number = wiki.control.add_form("F", TEMPLATE)
        for name, one in matrix.items():
            wiki.clock.advance(2)
            wiki.control.answer(number, {"id_fiche": "X", **dict.fromkeys(one["stored"], one["sent"])})
            stored = wiki.control.entries()["X"]
            assert {key: stored[key] for key in one["stored"]} == one["stored"], name
            shown = Hands(wiki).get("?X")
            assert shown.status_code == one["page_status"], name


@pytest.mark.parametrize("dialect", FOLDERS)
def test_tricks_with_entities(dialect: Dialect) -> None:
    noted = fact(dialect, "10-extra", "neutralisation of untrusted text in Bazar")
    with SimulatedWiki(dialect) as wiki:
        number = wiki.control.add_form("F", TEMPLATE)
        for name, one in noted.items():
            wiki.clock.advance(2)
            wiki.control.answer(number, {"id_fiche": "X", **dict.fromkeys(("bf_q1", "bf_q8"), one["sent"])})
            stored = wiki.control.entries()["X"]
            assert (stored["bf_q1"], stored["bf_q8"]) == (one["stored_q1"], one["stored_q8"]), name
            assert (Hands(wiki).get("?X").status_code == 302) == (one["rendered"].get("status") == 302), name


@pytest.mark.parametrize("dialect", FOLDERS)
def test_what_runs_in_a_page(dialect: Dialect) -> None:
    noted = fact(dialect, "10-extra", "neutralisation of untrusted text in wiki page")
    bodies = {
        "raw": '{{redirect page="PagePrincipale"}}\n""<script>alert(1)</script>""',
        "wrap-escape": '""{{redirect page=&quot;PagePrincipale&quot;}} &lt;script&gt;""',
        "code-block": '%%\n{{redirect page="PagePrincipale"}}\n%%',
    }
    with SimulatedWiki(dialect) as wiki:
        for name, body in bodies.items():
            wiki.control.write("X", body)
            assert Hands(wiki).get("?X").status_code == noted[name]["show"], name


@pytest.mark.parametrize("dialect", FOLDERS)
def test_names_of_pages(dialect: Dialect) -> None:
    rules = fact(dialect, "02-pages", "tag-rules")
    with SimulatedWiki(dialect) as wiki:
        tool = Hands(wiki, "cle-de-l-outil-0123456789abcdef0123456789abcdef")
        riddle = tool.riddle()
        for tag, (status, place, raw, api) in rules.items():
            if "chars)" in tag:
                tag = tag[0] + tag[1] * (int(tag.partition("(")[2].partition(" ")[0]) - 1)
            answer = tool.edit(tag, f"contenu de {tag}"[:40] if len(tag) > 30 else f"contenu de {tag}", riddle=riddle)
            assert answer.status_code == status, tag
            if status == 302:
                assert answer.headers["Location"].startswith(f"{wiki.url}/?"), place
                assert place.startswith(BASES[dialect])
            found = tool.get(f"?api/pages/{tag}")
            assert found.status_code == api, tag
            if api == 200:
                assert tool.get(f"?{tag}/raw").text.startswith(raw[:20])
