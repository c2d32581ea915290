"""Charts: the numbers that were counted, as a picture, as words, and as nothing but text."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allies_sync.model.resources import FieldKind
from allies_sync.model.tally import Bar, QuestionTally
from allies_sync.text.characters import MOST_MARKS, calm_marks
from allies_sync.text.charts import chart_svg, chart_text, share

SVG = "{http://www.w3.org/2000/svg}"
ANY = st.text(st.characters(codec=None), max_size=400)  # lone surrogates too


def question(*numbers: int, kind: FieldKind = FieldKind.SCALE, answered: int = 0, **more: object) -> QuestionTally:
    labels = ("Pas du tout", "Un peu", "Plutôt oui", "Tout à fait", "Sans avis")
    bars = tuple(
        Bar(str(index), label, number) for index, (label, number) in enumerate(zip(labels, numbers, strict=False))
    )
    fields: dict[str, object] = {"id": "q", "label": "Avez-vous appris ?", "personal": False, "bars": bars} | more
    return QuestionTally(kind=kind, answered=answered or sum(numbers), **fields)  # type: ignore[arg-type]


def drawn(tally: QuestionTally, answers: int = 26, language: str = "fr") -> ElementTree.Element:
    svg = chart_svg(tally, answers, language)
    assert svg is not None
    return ElementTree.fromstring(svg)


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def test_each_answer_in_its_order_with_its_number_and_share() -> None:
    assert texts(drawn(question(0, 2, 13, 9))) == [
        "Avez-vous appris ?",
        "Pas du tout",
        "0 (0\u202f%)",
        "Un peu",
        "2 (8\u202f%)",
        "Plutôt oui",
        "13 (54\u202f%)",
        "Tout à fait",
        "9 (38\u202f%)",
        "24 réponses à cette question, sur 26 reçues.",
    ]


def test_a_screen_reader_hears_the_question_and_every_number() -> None:
    root = drawn(question(0, 2, 13, 9))
    title, description = root[0], root[1]
    assert root.get("role") == "img"
    assert root.get("lang") == "fr"
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert root.get("aria-labelledby") == title.get("id")
    assert root.get("aria-describedby") == description.get("id")
    assert title.text == "Avez-vous appris ?"
    assert description.text == (
        "24 réponses à cette question, sur 26 reçues. Pas du tout : 0, soit 0\u202f%. Un peu : 2, soit 8\u202f%. "
        "Plutôt oui : 13, soit 54\u202f%. Tout à fait : 9, soit 38\u202f%."
    )
    assert chart_text(question(0, 2, 13, 9), 26) == f"{title.text} {description.text}"


def test_a_question_that_stands_above_the_picture_is_heard_and_not_drawn() -> None:
    svg = chart_svg(question(0, 2, 13, 9), 26, titled=False)
    assert svg is not None
    root = ElementTree.fromstring(svg)
    assert root[0].text == "Avez-vous appris ?"
    assert texts(root)[0] == "Pas du tout"


def test_bars_are_as_long_as_the_shares() -> None:
    root = drawn(question(0, 6, 12, 6))
    full = next(float(r.get("width", "")) for r in root.iter(f"{SVG}rect") if r.get("fill") == "none")
    bars = [r for r in root.iter(f"{SVG}rect") if r.get("fill") not in ("none", "#ffffff")]
    assert [float(bar.get("width", "")) / full for bar in bars] == [0.25, 0.5, 0.25]
    assert all(bar.get("stroke") for bar in bars)  # seen without colours too


def test_shares_are_of_those_who_answered_the_question_and_several_choices_are_told() -> None:
    tally = question(5, 8, kind=FieldKind.CHOICES, answered=10)
    assert texts(drawn(tally))[-1] == "10 réponses à cette question, sur 26 reçues. Plusieurs choix possibles."
    assert "5 (50\u202f%)" in texts(drawn(tally))
    assert "8 (80\u202f%)" in texts(drawn(tally))
    assert texts(drawn(tally, answers=10))[-1] == "10 réponses. Plusieurs choix possibles."


@pytest.mark.parametrize(
    ("number", "answered", "shown"),
    [(0, 9, "0 %"), (1, 8, "13 %"), (1, 300, "< 1 %"), (299, 300, "> 99 %"), (7, 7, "100 %"), (0, 0, "0 %")],
)
def test_share(number: int, answered: int, shown: str) -> None:
    assert share(number, answered).replace("\u202f", " ").replace("\u00a0", " ") == shown


def test_nothing_is_drawn_that_could_tell_who_answered() -> None:
    four = question(1, 3)
    assert chart_svg(four, 26) is None
    assert chart_text(four, 26) is None
    assert chart_svg(question(1, 4), 26) is not None
    assert chart_svg(four, 26, threshold=4) is not None
    assert chart_svg(question(3, 7), 26, threshold=11) is None
    assert chart_svg(question(3, 7, personal=True), 26) is None
    assert chart_svg(question(answered=9, kind=FieldKind.LONG_TEXT), 26) is None
    assert chart_svg(question(0, 0), 26, threshold=0) is None


def test_in_english() -> None:
    root = drawn(question(2, 3), language="en")
    assert root.get("lang") == "en"
    assert "2 (40%)" in texts(root)
    with pytest.raises(ValueError, match="langue"):
        chart_svg(question(2, 3), 26, "xx")


def test_long_labels_are_wrapped_inside_the_picture() -> None:
    long = "Une réponse que quelqu'un a écrite avec beaucoup de soin et sans se soucier de la place " * 4
    root = drawn(question(3, 4, label=long, bars=(Bar("a", long, 3), Bar("b", "x" * 5000, 4))))
    lines = [element for element in root.iter(f"{SVG}text") if not element.get("text-anchor")]
    assert all(len(element.text or "") <= 100 for element in lines)
    assert len(lines) < 30
    heights = [float(element.get("y", "")) for element in lines]
    assert all(before < after for before, after in pairwise(heights))
    assert heights[-1] < float(root.get("height", ""))


def test_a_heap_of_answers_that_are_no_options_is_bounded() -> None:
    bars = tuple(Bar(str(number), f"réponse {number}", 1) for number in range(5000))
    root = drawn(question(bars=bars, answered=5000, kind=FieldKind.CHOICE))
    assert len(texts(root)) < 100
    assert "4961 autres réponses, ensemble 4961 (99\u202f%)" in " ".join(texts(root))


def test_the_same_counts_give_the_same_characters() -> None:
    assert chart_svg(question(1, 5), 7) == chart_svg(question(1, 5), 7)
    assert drawn(question(1, 5))[0].get("id") != drawn(question(2, 5))[0].get("id")  # both may stand in one page


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "{{ bazar }} {% raw %}",
        '""<b onclick="x">""',
        "]]> --> &amp; &lt; <!-- <![CDATA[",
        '#import "x"; #read("/etc/passwd")',
        "\x00\x01\x1b[31m\ufffe\ud800",
        "&xxe; <!DOCTYPE svg>",
    ],
)
def test_typed_words_are_text(typed: str) -> None:
    root = drawn(question(label=typed, bars=(Bar(typed, typed, 9),), answered=9))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "rect",
        "text",
        "path",
    }
    readable = re.sub("[\x00-\x1f\ufffe\ud800]", "", typed)
    assert root[0].text == (readable or "(sans libellé)")
    assert " ".join(texts(root)).count(readable) == 2


def test_writing_directions_stay_inside_labels() -> None:
    root = drawn(question(bars=(Bar("a", "مرحبا 12", 9), Bar("b", "\u202emal\u2066", 1)), answered=10))
    assert "\u2068مرحبا 12\u2069 : 9, soit" in (root[1].text or "")
    assert "mal : 1, soit" in (root[1].text or "")
    assert "\u202e" not in "".join(root.itertext())


def test_piles_of_accents_are_bounded() -> None:
    assert calm_marks("e" + "\u0301" * 9 + "x\u0489\u0489") == "e" + "\u0301" * MOST_MARKS + "x\u0489\u0489"
    assert calm_marks("plain") == "plain"
    assert "\u0301" * (MOST_MARKS + 1) not in "".join(
        drawn(question(label="Z" + "\u0301" * 99, answered=9, bars=(Bar("a", "b", 9),))).itertext()
    )


@given(ANY, st.lists(st.tuples(ANY, st.integers(0, 10_000)), min_size=1, max_size=8), st.integers(5, 10_000))
def test_whatever_was_typed_the_picture_is_xml_and_says_every_number(
    label: str, bars: list[tuple[str, int]], answered: int
) -> None:
    tally = question(label=label, bars=tuple(Bar("k", *bar) for bar in bars), answered=answered)
    root = drawn(tally)
    values = [text for text in texts(root) if text.endswith("\u202f%)")]
    assert [int(value.split(" ")[0]) for value in values][-len(bars) :] == [number for _label, number in bars]
