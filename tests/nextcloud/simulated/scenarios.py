"""For each recording: who speaks, what happens outside of HTTP, and what is not covered, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from allies_sync_nextcloud.testing import Locked, LockFailure
from allies_sync_nextcloud.testing.shares import LINK

from .replaying import Before, Exchange, Login, Replay, Scenario, recorded_people

ADMIN, ALICE, ALLIES, BOB = Login("admin"), Login("alice"), Login("allies"), Login("bob")

# Reasons for which an exchange is left out.
TAGS = "collaborative tags: the simulated server has none (the plugin does not use them)"
COMMENTS = "comments: the simulated server has none (the plugin does not use them)"
VERSIONS = "versions of files: the simulated server keeps none"
RACE = "outcome of a race between eight clients"
SPLIT_LOCK = "a lock on the server's own temporary name"
STOPPED = "the server was stopped: no exchange took place"
CUT_PAGE = "the recorded page is HTML for browsers"
EXACT_TIMES = "an order by the second in which each of 500 folders was made"
UNRECORDED = "the request's body was not recorded"
LARGE = "listing of a whole home in database order"

# Whole recordings that hold no exchanges.
WITHOUT_EXCHANGES = {
    "09_timings": "a table of durations",
    "09b_parallel_cookies": "a table of durations",
    "10_webdavclient3": "a table of what webdavclient3 sent, without the answers",
    "10b_webdavclient3_hook": "a table of what webdavclient3 sent, without the answers",
    "mariadb/09_timings": "a table of durations",
}

_SUBFOLDERS_FROM = datetime(2026, 11, 21, 19, 29, 42, 345000, tzinfo=UTC)
QUOTA_PROPERTIES = frozenset({"quota-used-bytes"})
HOME_PROPERTIES = frozenset({"quota-used-bytes", "getlastmodified"})
"""Of a home that had been used by all recordings before."""


def _each(numbers: Any, value: Any) -> dict[int, Any]:
    return dict.fromkeys(numbers, value)


def _link(number: int, password: str = "") -> Callable[[Replay], Login]:
    """Basic credentials of a link: its token, and its password."""
    return lambda replay: Login(replay.tokens[number], password)


def _app_password(replay: Replay) -> Login:
    return Login("allies", replay.app_password)


def _policies(**changed: Any) -> Before:
    def change(replay: Replay) -> None:
        default = type(replay.control.policies)()
        for name in vars(default):
            setattr(replay.control.policies, name, changed.get(name, getattr(default, name)))

    return change


def _maintenance(on: bool) -> Before:
    def switch(replay: Replay) -> None:
        replay.control.maintenance = on

    return switch


def races(exchanges: list[Exchange]) -> tuple[dict[int, Before], dict[int, str]]:
    """Of eight clients at once: who found a lock is given one; what depends on who came first is left out."""
    before: dict[int, Before] = {}
    left_out: dict[int, str] = {}
    there: set[str] = set()
    for number, exchange in enumerate(exchanges):
        method, path = exchange["request"]["method"], exchange["request"]["path"]
        status, body = exchange["response"]["status"], exchange["response"]["body"]
        if status in (423, 500):
            inner = path.removeprefix("/remote.php/dav/files/allies/")
            if f'"{inner}" is locked' in body:
                before[number] = _locked(failure=status == 500)
            else:
                left_out[number] = SPLIT_LOCK
        elif method in ("MKCOL", "PUT"):
            if (status == 201) == (path in there) or status in (403, 404):
                left_out[number] = RACE
            elif status == 201:
                there.add(path)
        elif method == "DELETE" and number > 0:
            if (status == 204) != (path in there):
                left_out[number] = RACE
            else:
                there.discard(path)
    return before, left_out


def _locked(failure: bool) -> Before:
    def lock(replay: Replay) -> None:
        replay.control.inject(LockFailure() if failure else Locked())

    return lock


def _people_of_second_server(replay: Replay) -> None:
    for uid in ("allies", "bob"):
        replay.control.user(uid).display_name = uid
    replay.control.make_folder("allies", "/T8")


def _already_shared(replay: Replay) -> None:
    """Another client was first."""
    replay.control.share_with_user("allies", "/T8/sh", "bob", 1)


def _folders(*paths: str, uid: str = "allies") -> Before:
    def make(replay: Replay) -> None:
        for path in paths:
            replay.control.make_folder(uid, path)

    return make


def _large_tree(replay: Replay) -> None:
    """Five hundred engagements, and two folders in each of the first fifty, which took three seconds."""
    for number in range(500):
        replay.control.make_folder("allies", f"/T7/ENG-{number:03} client été")
        replay.clock.advance(0.0325)
    replay.clock.freeze(_SUBFOLDERS_FROM)
    for number in range(50):
        for below in ("1-Cadrage", "2-Pièces"):
            replay.control.make_folder("allies", f"/T7/ENG-{number:03} client été/{below}")
            replay.clock.advance(0.0336)


def _links_on_large_tree(replay: Replay) -> None:
    for number in range(200):
        share = replay.control.share("allies", f"/T7/ENG-{number:03} client été", LINK, permissions=17)
        share.label = "allies"


def _leftover_of_earlier_recordings(replay: Replay) -> None:
    replay.control.make_folder("allies", "/evade")


def _template(replay: Replay) -> None:
    """``T13/_Modele`` of the recording before."""
    control = replay.control
    for below in ("1-Cadrage", "2-Pièces", "3-Livrables/brouillons", "4-Échanges"):
        control.make_folder("allies", f"/T13/_Modele/{below}")
    for number in range(3):
        control.write("allies", f"/T13/_Modele/1-Cadrage/modele{number}.docx", b"x" * 5000, seconds_later=0)


def _forget_failed_logins(replay: Replay) -> None:
    replay.control.forget_failed_logins()


def _skip_share_numbers(first: int) -> Before:
    """Shares that were made and removed in between."""

    def skip(replay: Replay) -> None:
        replay.server.state.shares.next_number = max(first, replay.server.state.shares.next_number)

    return skip


def _restored_version(replay: Replay) -> None:
    """The first version of ``ver.txt``, brought back."""
    file = replay.control.write("allies", "/T3/ver.txt", "one", seconds_later=0)
    replay.server.state.tree.touch(file, 1600000000)


def _frozen_share_of_bob(replay: Replay) -> None:
    """What earlier recordings had shared with him."""
    control = replay.control
    no_download = '[{"scope":"permissions","key":"download","enabled":false}]'
    for path, attributes, bits in (("/T4b/frz", no_download, 1), ("/T4b/tr", None, 1), ("/T8/sh", None, 1)):
        control.make_folder("allies", path)
        share = control.share_with_user("allies", path, "bob", bits)
        share.attributes = attributes


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "01_capabilities",
        users={
            9: Login("allies", "wrong"),
            10: Login("nobody", "wrong"),
            15: Login("allies", "wrong"),
            17: ALLIES,
            **_each((24, 25, 28, 29), _app_password),
            26: lambda replay: Login("allies", replay.app_password, bearer=True),
            27: Login("ALLIES"),
        },
        ignored={20: frozenset({"getlastmodified"})},
    ),
    Scenario("02_folders", users=_each((25, 26, 27, 123), ALLIES)),
    Scenario("03b_etags", late=frozenset({2, 12})),
    Scenario(
        "03_files",
        setup=_folders("/T3"),
        before={98: _restored_version},
        late=frozenset({0}),
        left_out=_each((94, 95, 96, 97), VERSIONS),
        ignored={101: frozenset({"ETag"})},
    ),
    Scenario(
        "04_shares",
        users={
            54: BOB,
            56: ALICE,
            69: ALICE,
            **_each((79, 80, 81, 82, 83, 84), _link(1)),
            85: Login("doesnotexist123", ""),
            89: _link(3),
            90: _link(3, "wrong"),
            **_each((91, 92, 93, 94), _link(3, "S3cret-link!")),
            **_each(range(96, 102), _link(4)),
            108: BOB,
        },
        ignored=_each((79, 80, 91, 99), QUOTA_PROPERTIES),
        late=frozenset({94}),
    ),
    Scenario(
        "04b_shares_filedrop_freeze",
        requires=("04_shares",),
        before={0: _forget_failed_logins, 5: _skip_share_numbers(27)},
        users={**_each(range(15, 23), _link(27)), 42: ALICE},
    ),
    Scenario(
        "05_groups_users",
        default_user="admin",
        users={35: Login("zoe", "zoe-pw-1234"), **_each((40, 41, 42, 43, 44, *range(46, 56)), ALLIES)},
    ),
    Scenario(
        "06_tags_comments",
        left_out={
            **_each((*range(8, 24), 25, 26, 34, 35, 36, 37), TAGS),
            24: TAGS,
            **_each(range(38, 45), COMMENTS),
        },
    ),
    Scenario(
        "07_search_batch",
        requires=("04_shares", "04b_shares_filedrop_freeze"),
        before={2: _large_tree, 31: _links_on_large_tree},
        left_out={23: EXACT_TIMES, 26: LARGE, 27: LARGE},
    ),
    Scenario(
        "08_concurrency_errors",
        races=True,
        before={56: lambda replay: _already_shared(replay)},
        left_out={57: RACE},
    ),
    Scenario(
        "08b_maintenance_quota_down",
        users={**_each((12,), Login("small")), 29: Login("small")},
        before={1: _maintenance(True), 11: _maintenance(False)},
        left_out={29: UNRECORDED, 37: STOPPED},
        ignored=_each((38, 39), HOME_PROPERTIES),
    ),
    Scenario(
        "08c_bruteforce",
        users={
            **_each((1, 5, 10, 15, 29, 33), lambda replay: Login("allies", _bearer(replay), bearer=True)),
            **_each((3, 7, 8, 12, 13, 17, 18, 19, 20, 21, 22, 23, 25), Login("bob", "wrong")),
        },
        before={32: _forget_failed_logins},
        ignored=_each(range(35), HOME_PROPERTIES),
    ),
    Scenario(
        "09c_cookie_semantics", users={5: ALICE, 6: ALICE}, setup=_folders("/T9b"), ignored={0: HOME_PROPERTIES}
    ),
    Scenario(
        "09d_cookie_bad_password",
        users=_each((1, 2), Login("allies", "wrong")),
        setup=_folders("/T9b"),
        ignored=_each((0, 1), HOME_PROPERTIES),
    ),
    Scenario(
        "11_recipes_settings",
        setup=_frozen_share_of_bob,
        before={
            98: _policies(link_password_enforced=True),
            99: _policies(links=False),
            100: _policies(public_upload=False),
            102: _policies(link_expiry_days=7),
            103: _policies(link_expiry_days=7, link_expiry_enforced=True),
            105: _policies(group_members_only=True),
            107: _policies(groups=False),
            108: _policies(sharing=False),
            109: _policies(),
            110: _policies(outgoing_federation=False),
            112: _policies(),
        },
        users={56: BOB},
        ignored={56: frozenset({"stime"})},
    ),
    Scenario("11b_copy_unscanned", setup=_template, ignored={7: frozenset({"unordered"})}),
    Scenario("12_misc", left_out={25: TAGS, 27: COMMENTS}),
    Scenario(
        "13_restricted_tag",
        default_user="admin",
        left_out={**_each((3, 4, 5, 6, 7, 9, 18), TAGS)},
    ),
    Scenario(
        "mariadb/08_concurrency_errors",
        setup=_people_of_second_server,
        races=True,
        before={54: lambda replay: _already_shared(replay)},
        left_out={55: RACE},
    ),
)


def _bearer(replay: Replay) -> str:
    if not replay.app_password:
        replay.app_password = replay.control.app_password("allies")
    return replay.app_password


__all__ = ["SCENARIOS", "WITHOUT_EXCHANGES", "recorded_people"]
