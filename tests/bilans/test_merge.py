"""Refreshing a draft never costs anybody a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allies_sync.bilans.merge import dump, heading_of, load, merge, written
from allies_sync.bilans.parts import Part
from allies_sync.text.blocks import join, likeness, split
from tests.bilans.editors import renormalised

BASE = (
    Part("titre", "# Bilan"),
    Part("demande/titre", "## La demande"),
    Part("demande/1", "Une journée sur la *coopération*."),
    Part("reponses/titre", "## Ce que disent les réponses"),
    Part("reponses/a/titre", "### Vos attentes"),
    Part("reponses/a/table", "| Réponse | Nombre |\n|---|---:|\n| Oui | 3 |\n| Non | 2 |"),
    Part("reponses/a/mots", "[À écrire : ce que disent ces réponses]"),
    Part("suites/titre", "## Les suites"),
    Part("suites/1", "- un"),
    Part("suites/2", "- deux"),
)
NEW_TABLE = "| Réponse | Nombre |\n|---|---:|\n| Oui | 8 |\n| Non | 2 |"


def changed(parts: Sequence[Part], **texts: str) -> tuple[Part, ...]:
    return tuple(Part(part.key, texts.get(part.key.replace("/", "_"), part.text)) for part in parts)


NEW = changed(BASE, reponses_a_table=NEW_TABLE)


def test_an_untouched_draft_becomes_the_new_one() -> None:
    merged = merge(BASE, written(BASE), NEW)
    assert merged.text == written(NEW)
    assert merged.renewed == ("reponses/a/table",)


def test_without_a_change_not_even_a_space_moves() -> None:
    for theirs in (renormalised(written(BASE)), written(BASE).replace("\n", "\r\n"), "\ufeff" + written(BASE)):
        assert merge(BASE, theirs, BASE).text == theirs


def test_what_an_editor_renormalised_is_still_the_tools_own() -> None:
    theirs = renormalised(written(BASE)).replace("### Vos attentes", "### Vos attentes\n\nMa phrase.")
    merged = merge(BASE, theirs, NEW)
    assert "| Oui | 8 |" in merged.text
    assert "Oui            | 3" not in merged.text
    assert merged.text.count("Ma phrase.") == 1


def test_a_rewritten_part_stays_and_is_told() -> None:
    theirs = written(BASE).replace("| Non | 2 |", "| Non, pas encore | 2 |")
    merged = merge(BASE, theirs, NEW)
    assert merged.text == theirs
    assert merged.stale == ("reponses/a/table",)


def test_a_place_that_was_filled_in_and_a_section_that_was_taken_out_are_not_told() -> None:
    base = [
        *BASE,
        Part("reponses/b/titre", "### Une autre"),
        Part("reponses/b/lecture", "[À écrire : de 3 réponses]"),
    ]
    mine = [*base[:-1], Part("reponses/b/lecture", "[À écrire : de 9 réponses]")]
    assert merge(base, written(base).replace(base[-1].text, "Mes mots."), mine).stale == ()
    gone = written(BASE).replace(written([it for it in BASE if it.section == "reponses/a"]).strip(), "")
    assert "reponses/a/table" not in merge(BASE, gone, NEW).stale


def test_people_know_a_part_by_its_heading() -> None:
    assert heading_of(BASE, "reponses/a/table") == "Vos attentes"


def test_a_deleted_part_does_not_come_back() -> None:
    theirs = written(BASE).replace(BASE[5].text + "\n\n", "")
    assert merge(BASE, theirs, NEW).text == theirs
    section = written(BASE).partition("### Vos attentes")[0] + written(BASE).partition("## Les suites")[2]
    more = (*BASE[:6], Part("reponses/a/note", "Une note."), *BASE[6:])
    assert merge(BASE, section, more).text == section


def test_a_new_part_stands_after_what_was_written_below_the_one_before_it() -> None:
    theirs = written(BASE).replace("[À écrire : ce que disent ces réponses]", "Le groupe est partagé.")
    mine = (*NEW[:7], Part("reponses/b/titre", "### Une autre question"), *NEW[7:])
    text = merge(BASE, theirs, mine).text
    assert text.index("Le groupe est partagé.") < text.index("### Une autre question") < text.index("## Les suites")
    assert "| Oui | 8 |" in text


def test_a_part_that_is_no_more_goes_but_its_heading_stays_above_words() -> None:
    mine = tuple(part for part in BASE if not part.key.startswith("reponses/a"))
    assert "Vos attentes" not in merge(BASE, written(BASE), mine).text
    theirs = written(BASE).replace("[À écrire : ce que disent ces réponses]", "Mes mots.")
    text = merge(BASE, theirs, mine).text
    assert "| Oui" not in text
    assert "### Vos attentes\n\nMes mots." in text


def test_a_moved_part_is_renewed_where_it_is() -> None:
    moved = written(BASE).replace(BASE[5].text + "\n\n", "").replace("# Bilan\n", f"# Bilan\n\n{BASE[5].text}\n", 1)
    text = merge(BASE, moved, NEW).text
    assert text.startswith(f"# Bilan\n\n{NEW_TABLE}\n\n## La demande")
    assert text.count("| Oui |") == 1


def test_a_part_copied_elsewhere_is_not_multiplied() -> None:
    theirs = written(BASE) + "\n" + BASE[2].text + "\n"
    merged = merge(BASE, theirs, changed(BASE, demande_1="Autre chose."))
    assert merged.text.count("Autre chose.") + merged.text.count("coopération") == 2


def test_a_run_that_died_before_it_could_remember_is_finished_by_the_next() -> None:
    third = changed(BASE, reponses_a_table=NEW_TABLE.replace("8", "9"))
    half = merge(BASE, written(NEW), NEW)
    assert half.text == written(NEW)
    assert "| 9 |" in merge(NEW, half.text, third).text


def test_without_memory_nothing_is_touched() -> None:
    theirs = written(BASE) + "Mes mots.\n"
    assert merge((), theirs, NEW).text == theirs


def test_an_emptied_draft_stays_empty() -> None:
    assert merge(BASE, "", NEW).text == ""
    assert merge(BASE, "\n", NEW).text == "\n"


def test_what_looks_like_the_target_of_a_link_is_kept() -> None:
    theirs = written(BASE) + "\n[note]: à revoir avec le groupe\n"
    assert merge(BASE, theirs, NEW).text.endswith("\n[note]: à revoir avec le groupe\n")


def test_what_is_remembered_is_read_back() -> None:
    assert load(dump(BASE)) == BASE
    assert load("autre chose") == ()


# --- properties --------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    "le *souvent* [ici] : a_b 3 < 4 «oui» #1 1. - | ~~non~~ \\ & é! https://exemple.org [À écrire".split(" ")  # noqa: SIM905
)
SENTENCE = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
TOOL_KINDS = ("- {}", "Compte {}.", "> {} réponses", "| n |\n|---|\n| {} |", "[À écrire : {}]")
KINDS = ("{}", "- {}", "* {}\n  - fin", "> {}", "### {}", "```\n{}\n```", "1. {}", "| a | b |\n|---|---|\n| x | {} |")


def is_one_block(text: str) -> bool:
    return len(split(text)[0]) == 1 and split(text)[0][0].text == text


@st.composite
def drafts(draw: st.DrawFn) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """What the tool wrote, and what it would write now: some parts renewed, some new, some gone."""
    base, mine = [], []
    for section in range(draw(st.integers(1, 4))):
        for number in range(draw(st.integers(1, 4))):
            key = f"s{section}/{number}"
            kind = "## Partie {}" if number == 0 else draw(st.sampled_from(TOOL_KINDS))
            before = Part(key, kind.format(f"{section} {number} {draw(st.integers(0, 3))}"))
            after = Part(key, kind.format(f"{section} {number} {draw(st.integers(0, 3))}"))
            fate = draw(st.sampled_from(("both", "both", "both", "new", "gone")))
            base += [before] if fate != "new" else []
            mine += [after] if fate != "gone" else []
    assume(base)
    return tuple(base), tuple(mine)


@st.composite
def situations(draw: st.DrawFn) -> tuple[tuple[Part, ...], str, tuple[Part, ...], list[str], set[str]]:
    """A draft, what people made of it, the new draft; their own blocks in order, and the keys that they deleted or
    rewrote."""
    base, mine = draw(drafts())
    theirs, own, lost = list[str](), list[str](), set[str]()
    serial = 0

    def words() -> str:
        nonlocal serial
        serial += 1
        text = draw(st.sampled_from(KINDS)).format(f"n{serial}n {draw(SENTENCE)}")
        assume(is_one_block(text))
        return text

    for part in base:
        if draw(st.integers(0, 5)) == 0:
            own.append(words())
            theirs.append(own[-1])
        fate = draw(st.sampled_from(("keep", "keep", "keep", "delete", "rewrite")))
        if fate == "keep":
            theirs.append(part.text)
            continue
        lost.add(part.key)
        if fate == "rewrite":
            serial += 1
            rewritten = f"{part.text} n{serial}n"
            assume(is_one_block(rewritten))
            own.append(rewritten)
            theirs.append(rewritten)
    text = draw(st.sampled_from(("\n\n", "\n \n"))).join(theirs) + "\n"
    tool = {likeness(part.text) for part in (*base, *mine)}
    # blocks that grew together, or read like the tool's own, are no longer known as theirs
    assume([block.text for block in split(text)[0]] == theirs)
    assume(not any(likeness(block) in tool for block in own))
    return base, text, mine, own, lost


@settings(max_examples=150, deadline=None)
@given(situations(), st.booleans())
def test_refreshing_never_changes_drops_doubles_or_moves_what_a_person_wrote(
    situation: tuple[tuple[Part, ...], str, tuple[Part, ...], list[str], set[str]], windows: bool
) -> None:
    base, theirs, mine, own, lost = situation
    merged = merge(base, theirs.replace("\n", "\r\n") if windows else theirs, mine)
    text = merged.text.replace("\r\n", "\n")
    assert windows is False or "\n" not in merged.text.replace("\r\n", "")
    tool = {likeness(part.text) for part in (*base, *mine)}
    left = [block.text for block in split(text)[0]]
    position = 0
    for block in own:
        assert text.count(block) == 1
        position = text.index(block, position) + len(block)
    # and nothing else is there but the tool's own (two lists may have grown together)
    for block in left:
        assert likeness(block) in tool or re.search(r"n[0-9]+n", block)
    # what is the tool's own is up to date, and what was deleted stays away
    new = {part.key: part.text for part in mine}
    old = {part.key: part.text for part in base}
    for key in lost:
        if key in new and [part.text for part in (*base, *mine)].count(new[key]) == (
            2 if new[key] == old[key] else 1
        ):
            assert new[key] not in left
    for key in old.keys() - lost:
        if key in new:
            assert new[key] in left
    assert set(merged.added) <= new.keys() - old.keys()
    # a second time, nothing changes
    assert merge(mine, merged.text, mine).text == merged.text


@settings(max_examples=80, deadline=None)
@given(situations())
def test_an_editor_that_renormalises_changes_nothing_of_that(
    situation: tuple[tuple[Part, ...], str, tuple[Part, ...], list[str], set[str]],
) -> None:
    base, theirs, mine, _own, _lost = situation
    edited = renormalised(theirs)
    assume(
        [likeness(block.text) for block in split(edited)[0]] == [likeness(block.text) for block in split(theirs)[0]]
    )
    plain = merge(base, theirs, mine)
    merged = merge(base, edited, mine)
    assert [likeness(block.text) for block in split(merged.text)[0]] == [
        likeness(block.text) for block in split(plain.text)[0]
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(SENTENCE, st.sampled_from(("", " ", "[a]: b", "***", "    code", "\t", "<b>", "[x]: y\nz"))))
)
def test_blocks_put_together_are_the_text_again(pieces: list[str]) -> None:
    for between in ("\n", "\n\n", "\n \n\n"):
        source = between.join(pieces)
        blocks, tail = split(source)
        assert join(blocks, tail) == source
        assert all(block.text.strip() for block in blocks)
        assert re.sub(r"\s", "", join(blocks)) == re.sub(r"\s", "", source)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- a\n- b", "* a\n* b"),
        ("- a\n- b", "* a\n\n* b"),
        ("[À écrire : x]", "\\[À écrire : x\\]"),
        ("*a* **b**", "_a_ __b__"),
        ("a\\\nb", "a  \nb"),
        ("| a | b |\n|---|--:|\n| 1 | 2 |", "|a  | b|\n| --- | --- |\n| 1   | 2 |"),
        ("Voir https://exemple.org", "Voir <https://exemple.org>"),
        ("# Titre", "Titre\n====="),
        ("a\u00a0: b", "a : b"),
        ("é", "e\u0301"),
        ("---", "***"),
        ("a &amp; b", "a & b"),
    ],
)
def test_spellings_of_the_same(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- a", "1. a"),
        ("a", "*a*"),
        ("[a](https://x.org)", "[a](https://y.org)"),
        ("# a", "## a"),
        ("a", "a."),
        ("![a](x.svg)", "![b](x.svg)"),
        ("`a`", "a"),
        ("[a]: b", "[a]: c"),
        ("> a", "a"),
        ("<b>a</b>", "a"),
    ],
)
def test_other_words_are_other_blocks(one: str, other: str) -> None:
    assert likeness(one) != likeness(other)
