"""Hypothesis strategies for engagements, for the tests of every part that takes one."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from allies_sync.model.engagement import Context, Engagement, Process, Tool
from allies_sync.model.licence import Licence
from allies_sync.model.lifecycle import State
from allies_sync.model.people import About, Contact, Organisation, Person, Privacy, Section
from allies_sync.model.price import Deliverable, Phase, Price, PriceLine
from allies_sync.model.programme import Module, Part, ProgrammeItem, Session
from allies_sync.model.territory import (
    Actor,
    Alliance,
    Committee,
    CommitteeTask,
    Diagnosis,
    Member,
    Project,
    ProjectState,
    Scale,
    StartingPoint,
    Step,
    StepState,
    Territory,
    Trace,
    TraceForm,
)

# what French people type, and what breaks writers of TOML, Markdown and wikis
_CHARS = st.one_of(
    st.sampled_from("aeéèçœÉ '’\"\\#=[]{}.,;:!?«»·–\u00a0\u202f\t\n\r`*_<>|&%$€0123456789"),
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]),
)
texts = st.one_of(
    st.text(_CHARS, max_size=60),
    st.sampled_from(
        [
            '"""',
            "'''",
            'fin "',
            "a\n\n\nb",
            "\\",
            "a\\\nb",
            "[x]\ny = 1",
            "- un\n- deux",
            "é" * 150,
            "un deux  trois\t" * 30,
            'a " \\ b\n\n' * 25,
        ]
    ),
)
lines = texts.map(lambda text: text[:190])
labels = lines.map(lambda text: f"x{text}")
titles = st.one_of(st.sampled_from(["Dynamiques de coopération", "L'été — 2027", "Allié·e·s"]), labels)
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
amounts = st.integers(-1_000_000, 10_000_000).map(lambda cents: Decimal(cents) / 100)
quantities = st.integers(0, 3000).map(lambda cents: Decimal(cents) / 100)
counts = st.integers(0, 500)
urls = st.sampled_from(["https://exemple.org/?Page", "http://exemple.org:8080/é?a=b&c=%20#d"])
slugs = st.from_regex(r"20[0-9]{2}-[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def few(strategy: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=most).map(tuple)


statements = few(labels)
organisations = st.builds(Organisation, name=titles, kind=lines, contact=lines, place=lines, url=maybe(urls))
contacts = st.builds(Contact, email=maybe(st.just("camille@exemple.org")), phone=lines)
persons = st.builds(
    Person,
    name=labels,
    role=lines,
    bio=texts,
    support=st.booleans(),
    references=statements,
    contact=maybe(contacts),
)
modules = st.builds(Module, title=labels, objectives=statements, description=texts)
parts = st.builds(Part, title=lines, objectives=statements, description=texts, actions=statements)


@st.composite
def items(draw: st.DrawFn, start: int | None = None, duration: int | None = None) -> ProgrammeItem:
    choice = draw(few(modules))
    return ProgrammeItem(
        start=None if start is None else time(*divmod(start, 60)),
        duration=duration,
        title=draw(labels),
        objectives=draw(statements),
        description=draw(texts),
        outcomes=draw(statements),
        parallel=draw(maybe(st.integers(1, len(choice)))) if choice else None,
        modules=choice,
    )


@st.composite
def programmes(draw: st.DrawFn) -> tuple[ProgrammeItem, ...]:
    minute, programme = draw(st.integers(0, 600)), []
    for _ in range(draw(st.integers(0, 3))):
        duration = draw(st.integers(1, 120))
        programme.append(draw(items(minute, draw(st.sampled_from([None, duration])))))
        minute += duration + draw(st.integers(0, 30))
    return tuple(programme)


@st.composite
def sessions(draw: st.DrawFn, identifier: str = "jour-1") -> Session:
    start = draw(maybe(st.integers(0, 1000)))
    end = draw(maybe(st.integers(1, 400))) if start is not None else None
    return Session(
        id=identifier,
        title=draw(titles),
        date=draw(maybe(days)),
        when=draw(lines),
        start=None if start is None else time(*divmod(start, 60)),
        end=None if start is None or end is None else time(*divmod(start + end, 60)),
        place=draw(lines),
        access=draw(texts),
        link=draw(maybe(urls)),
        participants=draw(maybe(counts)),
        description=draw(texts),
        note=draw(texts),
        preparation=draw(maybe(parts)),
        programme=draw(programmes()),
        follow_up=draw(maybe(parts)),
    )


price_lines = st.builds(
    PriceLine,
    label=labels,
    people=maybe(counts),
    support_people=counts,
    amount=amounts,
    vat=maybe(st.sampled_from([Decimal("5.5"), Decimal(20), Decimal("8.25"), Decimal(0)])),
)
phases = st.builds(
    Phase,
    label=labels,
    on_site=st.booleans(),
    days=maybe(quantities),
    people=maybe(counts),
    actions=statements,
    when=lines,
    start=maybe(st.just(date(2027, 1, 1))),
    end=maybe(st.just(date(2027, 2, 1))),
)
abouts = st.builds(
    About,
    name=lines,
    tagline=lines,
    address=lines,
    url=maybe(urls),
    presentation=texts,
    missions=statements,
    means=statements,
    approach=few(st.builds(Section, title=labels, text=texts)),
)
steps = st.lists(st.integers(0, 6), unique=True, max_size=3).flatmap(
    lambda numbers: st.tuples(
        *(
            st.builds(
                Step,
                number=st.just(number),
                state=st.sampled_from(StepState),
                start=maybe(st.just(date(2027, 1, 1))),
                end=maybe(st.just(date(2027, 1, 1))),
                note=texts,
            )
            for number in numbers
        )
    )
)
territories = st.builds(
    Territory,
    starting_point=maybe(st.sampled_from(StartingPoint)),
    starting_note=texts,
    scale=maybe(st.sampled_from(Scale)),
    place=lines,
    perimeter=texts,
    theme=lines,
    intention=texts,
    hypotheses=statements,
    objectives=statements,
    funding=texts,
    expertise=statements,
    toolbox=statements,
    committee=st.builds(
        Committee,
        members=few(st.builds(Member, organisation=titles, role=lines, person=lines)),
        tasks=few(st.sampled_from(CommitteeTask)),
        rhythm=lines,
        note=texts,
    ),
    diagnosis=st.builds(Diagnosis, summary=texts, methods=statements, findings=statements),
    actors=few(st.builds(Actor, name=labels, kind=lines, why=texts, on_board=st.booleans())),
    alliances=few(
        st.builds(
            Alliance,
            title=labels,
            partners=statements,
            description=texts,
            practices=statements,
            existing=st.booleans(),
        )
    ),
    projects=few(
        st.builds(
            Project,
            title=labels,
            description=texts,
            led_by=lines,
            horizon=lines,
            state=st.sampled_from(ProjectState),
            next_steps=statements,
        )
    ),
    traces=few(st.builds(Trace, title=labels, form=st.sampled_from(TraceForm), description=texts, url=maybe(urls))),
    steps=steps,
)
processes = st.builds(
    Process,
    overview=texts,
    before=texts,
    during=texts,
    after=texts,
    tools=few(st.builds(Tool, title=labels, description=texts)),
)


@st.composite
def engagements(draw: st.DrawFn) -> Engagement:
    start = draw(days)
    count = draw(st.integers(0, 3))
    return Engagement(
        slug=draw(maybe(slugs)),
        title=draw(titles),
        subtitle=draw(lines),
        template=draw(st.sampled_from(["accompagnement", "alliees", "cercle-de-dialogue"])),
        kind=draw(lines),
        state=draw(st.sampled_from(State)),
        start=start,
        end=draw(maybe(st.integers(0, 400).map(lambda n: start + timedelta(n)))),
        opened=draw(maybe(days)),
        cancelled=draw(maybe(days)),
        archived=draw(maybe(days)),
        archived_from=draw(maybe(st.sampled_from(State))),
        links_until=draw(maybe(days)),
        participants=draw(maybe(counts)),
        audience=draw(texts),
        demand=draw(texts),
        approach=draw(texts),
        result=draw(texts),
        programme_note=draw(texts),
        licence=draw(st.sampled_from(Licence)),
        stories_licence=draw(maybe(st.sampled_from(Licence))),
        client=draw(organisations),
        commissioned_by=draw(maybe(organisations)),
        partners=draw(few(organisations)),
        context=draw(st.builds(Context, overview=texts, stakes=texts)),
        process=draw(processes),
        sessions=tuple(draw(sessions(f"jour-{number}")) for number in range(count)),
        people=draw(few(persons)),
        price=draw(st.builds(Price, lines=few(price_lines), note=texts)),
        calendar=draw(few(phases)),
        deliverables=draw(few(st.builds(Deliverable, title=labels, horizon=lines, description=texts))),
        about=draw(abouts),
        privacy=draw(
            st.builds(
                Privacy,
                readers=lines,
                purpose=texts,
                contact=lines,
                retention_months=st.integers(1, 120),
            )
        ),
        territory=draw(maybe(territories)),
    )
