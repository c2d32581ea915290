# ruff: noqa: E501 - what is replaced stands on one line
"""The suite is worth something only if it fails: each mistake in the documented platform is caught by name."""

from __future__ import annotations

import re

import pytest

from tests.platforms.documented import run_pytest, source

pytestmark = pytest.mark.slow

MODULE = source("allies_sync_sqlite.py")

# a name for the mistake: what is written instead of what, and tests that have to fail because of it
MISTAKES: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "creates_over_what_is_there": (
        [("ON CONFLICT DO NOTHING", "ON CONFLICT (path) DO UPDATE SET data = excluded.data")],
        [
            "test_a_creation_never_writes_over_what_came_in_between",
            "test_a_creation_never_writes_over_a_persons_thing",
        ],
    ),
    "updates_without_precondition": (
        [('"WHERE space = ? AND id = ? AND revision = ?"', '"WHERE space = ? AND id = ? AND revision >= \'\' || ifnull(0, ?)"')],
        [
            "test_a_persons_words_win",
            "test_an_update_based_on_an_older_version_is_not_done",
            "test_the_tool_deletes_nothing_that_a_person_changed",
            "test_one_that_fails_stops_no_other",
        ],
    ),
    "says_absent_when_it_is_down": (
        [
            ('raise errors.Unavailable(f"La base de données ne répond pas ({error}).") from error', "return []"),
        ],
        [
            "test_nothing_is_absent_while_it_is_unreachable",
            "test_an_unreachable_state_is_not_an_empty_one",
            "test_another_connection_is_refused_in_words_too",
        ],
    ),
    "raises_what_the_library_raises": (
        [("except sqlite3.Error as error", "except sqlite3.Warning as error")],
        [
            "test_nothing_is_absent_while_it_is_unreachable",
            "test_nothing_is_done_while_it_is_unreachable",
            "test_an_unreachable_state_is_not_an_empty_one",
        ],
    ),
    "deletes_folders_with_what_is_in_them": (
        [(" AND NOT EXISTS ({inside})", "")],
        [
            "test_a_folder_with_a_persons_things_is_never_deleted",
            "test_a_folder_is_deleted_after_what_the_tool_put_in_it",
        ],
    ),
    "believes_the_remote_id": (
        [
            ("WHERE space = ? AND {column} = ?", "WHERE ? IS NOT NULL AND {column} = ?"),
            ('"WHERE space = ? AND id', '"WHERE ? IS NOT NULL AND id'),
        ],
        ["test_a_memory_that_names_anothers_thing_reaches_nothing"],
    ),
    "believes_the_address": (
        [
            ('("id", known.remote_id) if known else', '("path", known.address.path) if known and hasattr(known, "details") else'),
            ("WHERE space = ? AND {column} = ?", "WHERE ? IS NOT NULL AND {column} = ?"),
        ],
        ["test_a_memory_that_names_anothers_thing_reaches_nothing"],
    ),
    "believes_the_container": (
        [('not f"{parent}/".startswith(f"{space.slug}/") or ', "")],
        ["test_a_container_that_is_anothers_gets_nothing"],
    ),
    "takes_names_as_they_come": (
        [('name in ("", ".", "..") or set(name) & set("/\\\\\\0")', "False")],
        ["test_a_name_leads_nowhere_else"],
    ),
    "takes_slugs_as_they_come": (
        [('if slug in ("", ".", "..") or set(slug) & set("/\\\\\\0")', "if False")],
        ["test_a_slug_leads_nowhere_else"],
    ),
    "two_forms_of_an_accent_are_two_names": (
        [('normalize("NFC", resource.name)', "resource.name")],
        ["test_composed_and_decomposed_accents_are_one_name"],
    ),
    "does_not_freeze": (
        [('change.access.write or ""', 'change.access.write or "team"')],
        ["test_a_frozen_workspace_refuses_what_people_write", "test_rights_can_be_changed_and_changed_back"],
    ),
    "opens_what_should_be_closed": (
        [("(change.access.read, ", '("public", ')],
        ["test_rights_are_what_was_asked_for"],
    ),
    "marks_nothing": (
        [("space.mark(change.key)", '""')],
        ["test_the_mark_is_read_back"],
    ),
    "marks_without_the_engagement": (
        [("space.mark(change.key)", "change.key")],
        ["test_the_mark_is_read_back"],
    ),
    "rights_count_as_content": (
        [("sha256(data).hexdigest(), mark", "sha256(data + writers.encode()).hexdigest(), mark")],
        ["test_rights_can_be_changed_and_changed_back", "test_the_fingerprint_is_the_foretold_one"],
    ),
    "half_written_when_killed": (
        [
            (
                "return self.sql(\"INSERT INTO things VALUES (NULL, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING\", *row)",
                "row = (*row[:3], b'', *access, now); "
                'done = self.sql("INSERT INTO things VALUES (NULL, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", *row); '
                'self.sql("UPDATE things SET data = ? WHERE path = ? AND data = ?", data, row[1], b""); return done',
            )
        ],
        ["test_an_opening_killed_anywhere_is_finished_by_a_rerun"],
    ),
    "open_before_it_is_closed": (
        [
            (
                "return self.sql(\"INSERT INTO things VALUES (NULL, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING\", *row)",
                "row = (*row[:4], 'public', 'team', now); "
                'done = self.sql("INSERT INTO things VALUES (NULL, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", *row); '
                'self.sql("UPDATE things SET readers = ?, writers = ? WHERE path = ?", *access, row[1]); return done',
            )
        ],
        ["test_an_opening_killed_anywhere_is_finished_by_a_rerun"],
    ),
    "leaves_rubbish_when_killed": (
        [
            (
                '        data = self.render(space, change.resource).data if change.content else None\n',
                "        data = self.render(space, change.resource).data if change.content else None\n"
                '        rubbish = ("tmp", f"tmp{time.time_ns()}", "", b"", "team", "", now)\n'
                '        self.sql("INSERT INTO things VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", *rubbish)\n'
                '        self.sql("DELETE FROM things WHERE path = ?", rubbish[1])\n',
            )
        ],
        ["test_an_opening_killed_anywhere_is_finished_by_a_rerun"],
    ),
    "makes_again_what_people_deleted": (
        [
            (
                'return self.sql(f"UPDATE things SET {parts} {where}", *values)',
                'done = self.sql(f"UPDATE things SET {parts} {where}", *values); row = (space.slug, '
                "self.predict(space, change.resource).path, space.mark(change.key), data, *access, now); return done or "
                'self.sql("INSERT INTO things VALUES (NULL, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", *row)',
            )
        ],
        ["test_what_a_person_deleted_is_not_made_again"],
    ),
    "stops_at_the_first_failure": (
        [
            (
                "                yield api.Done(change.key, seen) if done else api.Overtaken(change.key, seen)\n",
                "                yield api.Done(change.key, seen) if done else api.Overtaken(change.key, seen)\n"
                "                if not done:\n                    raise errors.Unavailable('stop')\n",
            )
        ],
        ["test_one_that_fails_stops_no_other"],
    ),
    "answers_from_what_it_was_told": (
        [("yield api.Done(change.key, seen) if done", "yield api.Done(change.key, change.seen or seen) if done")],
        ["test_an_update_based_on_what_is_there"],
    ),
    "the_menu_counts_as_content": (
        [('text = f"{resource.title}\\n\\n{text}"', 'text = f"{resource.title}{space.menu}\\n\\n{text}"'),
         ("sha256(data).hexdigest(), mark", "sha256(data + str(len(space.menu)).encode()).hexdigest(), mark")],
        ["test_another_menu_is_no_persons_change"],
    ),
    "shares_one_place": (
        [("api.Address(f\"{space.slug}//{resource.id}\")", "api.Address(f\"all//{resource.id}\")"),
         ("WHERE space = ? AND {column} = ?", "WHERE ? IS NOT NULL AND {column} = ?")],
        ["test_two_engagements_do_not_see_each_other", "test_the_shared_place_is_a_place_of_its_own"],
    ),
    "needs_every_address": (
        [("space.addresses.get(it[1], api.Address('')).path", "space.addresses[it[1]].path")],
        ["test_a_link_may_lead_to_what_has_no_address_yet"],
    ),
    "leases_for_everybody": (
        [("WHERE run = ? OR ends < ?", "WHERE run <> ? OR ends < ?")],
        ["test_a_lease_is_held", "test_exactly_one_of_many_threads_wins"],
    ),
    "looks_before_it_takes_the_lease": (
        [
            (
                "        self.load(slug)\n        ours",
                "        self.load(slug)\n"
                '        taken = self.sql("SELECT 1 FROM states WHERE slug = ? AND run <> ? AND ends > ?", slug, lease.run, time.time())\n'
                "        time.sleep(0.05)\n"
                "        if not taken:\n"
                '            self.sql("DELETE FROM states WHERE slug = ? AND files IS NULL", slug)\n'
                "        ours",
            )
        ],
        ["test_exactly_one_of_many_threads_wins", "test_exactly_one_of_many_processes_wins"],
    ),
    "never_ends_a_lease": (
        [("WHERE run = ? OR ends < ?", "WHERE run = ? OR ends < 0 * ?")],
        ["test_a_dead_holder_is_replaced_and_cannot_come_back", "test_a_lease_is_given_back"],
    ),
    "saves_without_the_lease": (
        [("WHERE slug = ? AND run = ? AND ends > ? AND revision IS ?", "WHERE slug = ? AND ifnull(?, ?) <> '' AND revision IS ?")],
        ["test_nothing_is_saved_without_the_lease", "test_a_dead_holder_is_replaced_and_cannot_come_back"],
    ),
    "saves_over_another_revision": (
        [("AND revision IS ?", "AND ifnull(?, '') <> 'x'")],
        ["test_an_older_revision_is_not_saved"],
    ),
    "forgets_other_files": (
        [("json_patch(ifnull(files, '{}'), ?)", "?")],
        ["test_files_that_are_not_named_stay"],
    ),
    "releases_for_others": (
        [("SET ends = 0 WHERE slug = ? AND run = ?", "SET ends = 0 WHERE slug = ? AND run <> ''||substr(?, 1, 0)")],
        ["test_a_lease_is_given_back"],
    ),
    "erases_without_the_lease": (
        [("DELETE FROM states WHERE slug = ? AND run = ? AND ends > ?", "DELETE FROM states WHERE slug = ? AND ? <> ?")],
        ["test_nothing_is_erased_without_the_lease"],
    ),
    "erases_what_is_not_its_own": (
        [
            (
                'return not self.sql("SELECT 1 FROM things WHERE space = ?", slug)',
                'return bool(self.sql("DELETE FROM things WHERE space = ?", slug)) or True',
            )
        ],
        ["test_only_the_description_is_erased"],
    ),
    "an_engagement_that_never_moves": (
        [("s.revision || ifnull(max(t.revision), '') || count(*)", "s.revision")],
        ["test_the_revision_of_an_engagement_moves_with_what_is_in_it"],
    ),
    "takes_over_a_persons_folder": (
        [('raise errors.Foreign(f"Autre chose porte le nom « {slug} ».")', "pass")],
        ["test_something_else_of_that_name_is_foreign"],
    ),
}  # fmt: skip

CHOOSE = """
import pytest

WANTED = {wanted!r}


def pytest_collection_modifyitems(items):
    items[:] = [it for it in items if it.function.__name__ in WANTED.get(it.cls.__name__, ())]
"""


def broken(mistake: str) -> str:
    code = MODULE
    for old, new in MISTAKES[mistake][0]:
        assert old in code, f"{mistake}: the documented platform has no {old!r} any more"
        code = code.replace(old, new)
    return code


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The tests that failed for each mistake: one run of pytest for all."""
    folder = tmp_path_factory.mktemp("mistakes")
    tests = source("test_allies_sync_sqlite.py")
    for mistake in MISTAKES:
        (folder / f"{mistake}.py").write_text(broken(mistake), "utf-8")
        own = tests.replace("from allies_sync_sqlite", f"from {mistake}").replace("TestSqlite", f"Test_{mistake}")
        own = own.replace('["files", "wiki"]', '["files"]')
        (folder / f"test_{mistake}.py").write_text(own, "utf-8")
    wanted = {f"Test_{mistake}": tests for mistake, (_, tests) in MISTAKES.items()}
    (folder / "conftest.py").write_text(CHOOSE.format(wanted=wanted), "utf-8")
    result = run_pytest(folder, "-q", "--tb=line", "-rf", *(f"test_{mistake}.py" for mistake in MISTAKES))
    found: dict[str, set[str]] = {mistake: set() for mistake in MISTAKES}
    for mistake, test in re.findall(r"^FAILED test_(\w+)\.py::\w+::(\w+)", result.stdout, re.MULTILINE):
        found[mistake].add(test)
    assert "error" not in result.stdout.splitlines()[-1], result.stdout[-3000:]
    return found


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_caught(failed: dict[str, set[str]], mistake: str) -> None:
    assert set(MISTAKES[mistake][1]) <= failed[mistake], sorted(failed[mistake])
