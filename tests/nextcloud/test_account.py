"""The account: how its secret is got, what ``doctor`` says, and that wrong passwords are tried once."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from allies_sync.platforms.errors import Denied, Full, PlatformError, Refused, Suspicious, Unavailable
from allies_sync.platforms.interface import Caveats, Checks, Credentials, Finding, Level, Login, Opening, StateStore
from allies_sync_nextcloud import allies_sync_platforms, groups
from allies_sync_nextcloud.platform import NextcloudFiles
from allies_sync_nextcloud.settings import NextcloudSettings
from allies_sync_nextcloud.testing import Html, Status
from tests.nextcloud.machine import ENDS, RESOURCES, Machine
from tests.nextcloud.stage import QUICK, Stage


def platform(stage: Stage, secret: str | None = "allies-password", **settings: object) -> NextcloudFiles:
    known = stage.settings().model_copy(update=settings)
    made = NextcloudFiles(Opening("files", known, lambda: secret), QUICK)
    made.server.http.sleep = stage.server.clock.sleep
    stage.platforms.append(made)
    return made


def test_the_plugin_announces_itself(stage: Stage) -> None:
    [kind] = allies_sync_platforms()
    assert kind.name == "nextcloud" and kind.roles == {"files"} and kind.title and kind.summary
    settings = kind.settings.model_validate({"url": stage.server.url, "user": "allies"})
    opened = kind.open(Opening("files", settings, lambda: None))
    for protocol in (StateStore, Checks, Login, Caveats):
        assert isinstance(opened, protocol)
    opened.close()
    assert len(stage.server.log) == 0, "nothing is asked before it is needed"


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {"url": "partage.exemple.org"},
        {"url": "http://partage.exemple.org"},
        {"url": "ftp://partage.exemple.org"},
        {"url": "https://allies:secret@partage.exemple.org"},
        {"url": "https://partage.exemple.org/?x=1"},
        {"url": ""},
        {"user": ""},
        {"user": "a/b"},
        {"root": "../dehors"},
        {"root": "a//b"},
        {"root": ""},
        {"team_group": "a/b"},
        {"password": "secret"},
    ],
)
def test_settings_that_are_refused(data: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as error:
        NextcloudSettings.model_validate({"url": "https://partage.exemple.org", "user": "allies", **data})
    assert "secret" not in str(error.value).replace("'secret'", "").replace("allies:secret", "")


def test_settings_are_made_regular() -> None:
    settings = NextcloudSettings.model_validate(
        {"url": " https://exemple.org/nuage/index.php/apps/files/?dir=/ ", "user": "allies", "root": "/Coll/Espaces/"}
    )
    assert settings.url == "https://exemple.org/nuage" and settings.root == "Coll/Espaces"


@pytest.mark.parametrize(
    ("place", "slug"),
    [
        ("Engagements/2027-essai", "2027-essai"),
        ("/Engagements/2027-essai/Proposition/x.md", "2027-essai"),
        ("{url}/index.php/apps/files/?dir=/2027-essai/Bilan", "2027-essai"),
        ("{url}/apps/files/?dir=/Engagements/2027-essai&fileid=3", "2027-essai"),
        ("{url}/remote.php/dav/files/allies/Engagements/2027-essai/", "2027-essai"),
        ("{url}/index.php/apps/files/?dir=/Autre Chose", None),
        ("{url}/index.php/s/AbCdEf", None),
        ("https://example.org/apps/files/?dir=/2027-essai", None),
        ("2027-essai", None),
        ("/etc/passwd", None),
        ("", None),
    ],
)
def test_places_that_people_type(stage: Stage, place: str, slug: str | None) -> None:
    assert platform(stage).resolve(place.format(url=stage.server.url)) == slug


# --- login --------------------------------------------------------------------------------------------------------


def test_login_through_the_browser(stage: Stage) -> None:
    opened = platform(stage, None)
    asked: list[str] = []

    def visit(url: str) -> None:
        asked.append(url)
        opened.server.http.sleep = lambda seconds: stage.server.control.approve_login("allies")

    found = opened.login(visit)
    assert isinstance(found, Credentials) and found.user == "allies" and found.secret not in repr(found)
    assert asked[0].startswith(f"{stage.server.url}/index.php/login/v2/flow/")
    Machine(platform(stage, found.secret)).done(RESOURCES[:1])


def test_nobody_agrees(stage: Stage) -> None:
    from allies_sync_nextcloud.login import by_browser

    with pytest.raises(Unavailable, match="accord"):
        by_browser(platform(stage, None).server, lambda url: None, patience=0.05)


def test_another_account_agrees(stage: Stage) -> None:
    with pytest.raises(Denied, match="alice"):
        platform(stage, None).login(lambda url: stage.server.control.approve_login("alice"))
    assert [it.status for it in stage.server.log if it.method == "DELETE"] == [200], "what was given is given back"


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "https://pirate.example.org"])
def test_a_login_never_leads_elsewhere(stage: Stage, base: str) -> None:
    stage.server.control.lead_logins_to(base)
    asked: list[str] = []

    def visit(url: str) -> None:
        asked.append(url)
        stage.server.control.approve_login("allies")

    try:
        platform(stage, None).login(visit)
    except (Suspicious, Unavailable):
        return
    assert all(url.startswith(stage.server.url) for url in asked)


def test_a_password_is_exchanged(stage: Stage) -> None:
    found = platform(stage, None).login(lambda url: pytest.fail("nobody is asked"), "allies-password")
    assert found.user == "allies" and found.secret != "allies-password"
    Machine(platform(stage, found.secret)).done(RESOURCES[:1])


def test_an_app_password_is_taken_as_it_is(stage: Stage) -> None:
    secret = stage.server.control.app_password("allies")
    assert platform(stage, None).login(lambda url: None, secret).secret == secret


def test_a_wrong_password_is_tried_once(stage: Stage) -> None:
    with pytest.raises(Denied, match="mot de passe") as error:
        platform(stage, None).login(lambda url: None, "faux-mot-de-passe")
    assert "faux-mot-de-passe" not in f"{error.value.message} {error.value.advice}"
    assert len([it for it in stage.server.log if it.status == 401]) == 1


def test_logout(stage: Stage) -> None:
    secret = stage.server.control.app_password("allies")
    platform(stage, secret).logout()
    with pytest.raises(Denied):
        platform(stage, secret).engagements()


# --- refusals -----------------------------------------------------------------------------------------------------


def test_no_secret_at_all(stage: Stage) -> None:
    with pytest.raises(Denied, match="manque") as error:
        platform(stage, None).engagements()
    assert "login files" in error.value.advice and len(stage.server.log) == 0


def test_a_wrong_secret_is_sent_once(stage: Stage) -> None:
    opened = platform(stage, "faux")
    for _attempt in range(3):
        with pytest.raises(Denied):
            opened.engagements()
    assert len(stage.server.log) == 1


@pytest.mark.parametrize("user", ["nobody", "alice"])
def test_another_user(stage: Stage, user: str) -> None:
    with pytest.raises(Denied):
        platform(stage, user=user).engagements()


def test_locked_out(stage: Stage) -> None:
    stage.server.control.failed_logins(20)
    with pytest.raises(Unavailable, match="bloque") as error:
        platform(stage).engagements()
    assert "bruteforce:reset" in error.value.advice


def test_full(stage: Stage) -> None:
    Machine(platform(stage)).done(RESOURCES[:4])
    stage.later()
    stage.server.control.set_quota("allies", 1)
    try:
        report = Machine(platform(stage)).sync(RESOURCES[:6])
        errors = [it.error for it in report.finished.values() if it.error] + [report.halted]
    except PlatformError as error:
        errors = [error]
    assert any(isinstance(it, Full) and it.advice for it in errors)


# --- the team's group ---------------------------------------------------------------------------------------------


def cached(stage: Stage, folder: Path, **settings: object) -> NextcloudFiles:
    """A machine that remembers."""
    known = stage.settings().model_copy(update=settings)
    made = NextcloudFiles(Opening("files", known, lambda: "allies-password", cache=folder), QUICK)
    made.server.http.sleep = stage.server.clock.sleep
    stage.platforms.append(made)
    return made


def halted(machine: Machine) -> PlatformError:
    try:
        error = machine.sync().halted
    except PlatformError as raised:
        error = raised
    assert isinstance(error, Refused) and "groupe" in error.message
    return error


@pytest.mark.parametrize("group", ["inconnu", "Equipe"])
def test_a_group_that_is_not_there(stage: Stage, tmp_path: Path, group: str) -> None:
    """Refused before anything is made, on an account with engagements and on a new one that doctor has looked at."""
    control = stage.server.control
    before = control.listing("allies")
    doctor(cached(stage, tmp_path, team_group=group))
    for _run in range(2):
        error = halted(Machine(cached(stage, tmp_path, team_group=group)))
        assert "Rien n'a été créé" in error.advice and ("« equipe »" in error.advice) is (group == "Equipe")
        assert control.listing("allies") == before
    Machine(platform(stage)).done()
    before = control.listing("allies")
    assert "Rien n'a été créé" in halted(Machine(platform(stage, team_group=group), "2027-autre")).advice
    assert control.listing("allies") == before
    control.add_group(group)
    Machine(cached(stage, tmp_path, team_group=group), "2027-autre").done()


def test_a_group_that_is_not_there_when_nobody_looked(stage: Stage) -> None:
    """The very first opening of all, with a secret out of the environment: told when it is shared."""
    for _run in range(2):
        halted(Machine(platform(stage, team_group="inconnu")))
    Machine(platform(stage)).done()  # the lease was given back
    assert any(it.share_with == "equipe" for it in stage.server.control.shares())


def test_a_group_that_the_server_does_not_show(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown is not absent: it is used when the account is in it, and when the server tells nothing."""
    control = stage.server.control
    control.add_group("membres", "allies")
    control.add_group("ca")
    Machine(platform(stage)).done()
    monkeypatch.setattr(groups, "like", lambda server, group: [])
    for name in ("membres", "ca"):
        Machine(platform(stage, team_group=name), f"2027-{name}").done()
    monkeypatch.setattr(groups, "like", lambda server, group: None)
    Machine(platform(stage), "2027-autre").done()


def test_a_group_that_is_there_is_asked_for_once(stage: Stage, tmp_path: Path) -> None:
    Machine(cached(stage, tmp_path / "one")).done()
    for place, asked in (("one", 0), ("other", 1), ("other", 0)):
        log = len(stage.server.log)
        Machine(cached(stage, tmp_path / place), f"2027-{place}-{asked}").done()
        assert sum("sharees" in it.path for it in list(stage.server.log)[log:]) == asked


def test_retries_are_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.server.control.inject(Status(503), times=2)
    with caplog.at_level(logging.INFO, "allies_sync.http"):
        platform(stage).engagements()
    assert len(caplog.records) == 2 and "503" in caplog.text and "allies-password" not in caplog.text


def test_threads_may_ask_at_once(stage: Stage) -> None:
    opened = platform(stage)
    Machine(opened).done()
    problems: list[BaseException] = []

    def look() -> None:
        try:
            Machine(opened).plan()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not problems


# --- doctor -------------------------------------------------------------------------------------------------------


def doctor(opened: NextcloudFiles) -> list[Finding]:
    return list(opened.check())


def worst(findings: list[Finding]) -> Level:
    return max((it.level for it in findings), key=[Level.OK, Level.NOTE, Level.WARNING, Level.FAULT].index)


def test_all_is_well(stage: Stage) -> None:
    found = doctor(platform(stage))
    assert worst(found) in (Level.OK, Level.NOTE)
    words = [" ".join(it.sentence.split()) for it in found]
    order = ["répond", "chiffrée", "maintenance", "Version", "compte", "quota", "liens", "equipe", "ralenti"]
    places = [next(n for n, text in enumerate(words) if part in text) for part in order]
    assert places == sorted(places), words
    assert len(stage.server.log) <= 7 and {it.method for it in stage.server.log} == {"GET"}


def test_credentials_are_tried_without_cookies(stage: Stage) -> None:
    doctor(platform(stage))
    asked = next(it for it in stage.server.log if it.path.endswith("/cloud/user"))
    assert not any(name.lower() == "cookie" for name in asked.headers)


@pytest.mark.parametrize(
    ("trouble", "level", "words"),
    [
        ("stopped", Level.FAULT, "refuse la connexion"),
        ("maintenance", Level.FAULT, "maintenance"),
        ("page", Level.FAULT, "autre chose"),
        ("password", Level.FAULT, "mot de passe"),
        ("quota", Level.WARNING, "Mo au compte"),
        ("no links", Level.WARNING, "liens publics sont désactivés"),
        ("no sharing", Level.WARNING, "partage est désactivé"),
        ("link password", Level.WARNING, "mot de passe pour chaque lien"),
        ("link expiry", Level.NOTE, "7 jours"),
        ("group expiry", Level.WARNING, "perdra alors l'accès"),
        ("no upload", Level.NOTE, "dépôt"),
        ("no groups", Level.WARNING, "groupe est désactivé"),
        ("throttled", Level.WARNING, "ralentit"),
        ("no such group", Level.WARNING, "Aucun groupe"),
        ("old", Level.NOTE, "pas été essayé"),
    ],
)
def test_doctor_says_what_is_wrong(stage: Stage, trouble: str, level: Level, words: str) -> None:
    control = stage.server.control
    settings: dict[str, object] = {"team_group": "nulle-part"} if trouble == "no such group" else {}
    opened = platform(stage, "faux" if trouble == "password" else "allies-password", **settings)
    policies = control.policies
    if trouble == "stopped":
        stage.server.stop()
    elif trouble == "maintenance":
        control.maintenance = True
    elif trouble == "page":
        control.inject(Html(), times=None)
    elif trouble == "quota":
        control.set_quota("allies", 100)
    elif trouble == "no links":
        policies.links = False
    elif trouble == "no sharing":
        policies.sharing = False
    elif trouble == "link password":
        policies.link_password_enforced = True
    elif trouble == "link expiry":
        policies.link_expiry_days, policies.link_expiry_enforced = 7, True
    elif trouble == "group expiry":
        policies.internal_expiry_days, policies.internal_expiry_enforced = 7, True
    elif trouble == "no upload":
        policies.public_upload = False
    elif trouble == "no groups":
        policies.groups = False
    elif trouble == "throttled":
        control.failed_logins(3)
    elif trouble == "old":
        control.set_version(20)
    found = doctor(opened)
    told = next((it for it in found if words in it.sentence), None)
    assert told is not None, [it.sentence for it in found]
    assert told.level is level and (told.advice or level is Level.NOTE)
    if level is Level.FAULT:
        assert found[-1] is told, "what depends on it is not tried"


# --- rules for links ----------------------------------------------------------------------------------------------

LINKS = RESOURCES[-3:]


def caveats(stage: Stage, cache: Path | None = None) -> dict[str, str]:
    opening = Opening("files", stage.settings(), lambda: "allies-password", cache=cache)
    opened = NextcloudFiles(opening, QUICK)
    stage.platforms.append(opened)
    return dict(opened.caveats(Machine(opened).space, RESOURCES))


def test_no_rule_no_caveat(stage: Stage) -> None:
    assert caveats(stage) == {}


def test_rules_are_told_before_anything_is_made(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = stage.server.control.policies
    policies.link_expiry_days, policies.link_expiry_enforced = 7, True
    assert set(caveats(stage)) == {it.id for it in LINKS}
    policies.link_expiry_enforced = False
    assert caveats(stage) == {}
    policies.link_password_enforced = True
    assert all("mot de passe" in text for text in caveats(stage).values())
    monkeypatch.setenv("ALLIES_SYNC_LINKS_PASSWORD", "Pour-nous-2027!")
    assert caveats(stage) == {}
    policies.public_upload = False
    assert set(caveats(stage)) == {"share:depot"}


def test_rules_are_asked_for_once_a_day(stage: Stage, tmp_path: Path) -> None:
    caveats(stage, tmp_path)
    assert stage.count(lambda: caveats(stage, tmp_path)) == 0


def test_a_link_ends_when_the_server_wants(stage: Stage) -> None:
    policies = stage.server.control.policies
    policies.link_expiry_days, policies.link_expiry_enforced = 7, True
    Machine(platform(stage)).done()
    ends = {share.expires for share in stage.server.control.shares() if share.is_link}
    assert len(ends) == 1 and max(it for it in ends if it) < ENDS
    stage.later()
    assert Machine(platform(stage)).actions() == {}, "it is as it was read back"


def test_links_with_the_collectives_password(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.server.control.policies.link_password_enforced = True
    report = Machine(platform(stage)).sync()
    error = report.finished["share:ressources"].error
    assert error is not None and "ALLIES_SYNC_LINKS_PASSWORD" in error.advice
    stage.later()
    monkeypatch.setenv("ALLIES_SYNC_LINKS_PASSWORD", "Pour-nous-2027!")
    Machine(platform(stage)).done()
    links = [share for share in stage.server.control.shares() if share.is_link]
    assert len(links) == 3 and all(share.password == "Pour-nous-2027!" for share in links)
    kept = [content or b"" for content in stage.server.control.listing("allies").values()]
    assert not any(b"Pour-nous" in content for content in kept), "passwords appear nowhere"
    assert not stage.windows


def test_no_upload_no_half_made_drop_box(stage: Stage) -> None:
    stage.server.control.policies.public_upload = False
    report = Machine(platform(stage)).sync()
    assert report.finished["share:depot"].error is not None
    assert not [share for share in stage.server.control.shares() if share.node.name == "Depot"]
    assert not stage.windows
