"""A wiki that is asked for more: its API, the JSON of older ones, its pages; and what it may not make us do."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from allies_sync.memoires.importing import Report, read_all
from allies_sync.memoires.pinned import Bounds
from allies_sync.memoires.source import open_source
from allies_sync.memoires.web import Web, permitted
from allies_sync.model.memoire import Memoire
from allies_sync.model.memoire_labels import place
from allies_sync.platforms.errors import PlatformError, Refused, Suspicious, Unavailable
from allies_sync_yeswiki.memoires_importer import WikiImporter
from tests.memoires.wikis import PAGES, forms, moved, needs_shared, normal, old_exchange, serving, true_values

HTML, JSON = "text/html; charset=UTF-8", "application/json"
NEW, OLD = "http://127.0.0.1:8083", "http://127.0.0.1:8084"
NOTHING = (200, HTML, b"<p>Le nom de la page est incorrect.</p>")


def read(url: str, bounds: Bounds | None = None) -> tuple[list[Memoire], Report]:
    return read_all(open_source(url, bounds), [WikiImporter()])


def same(found: list[Memoire]) -> bool:
    true = true_values()
    by_tag = {memoire.tag: memoire for memoire in found}
    return all(normal(by_tag[tag].to_json()) == normal(item) for tag, item in true.items())


class Wiki:
    """Answers as one of the real wikis did. ``closed``: without its JSON."""

    def __init__(self, version: str, *, closed: bool = False) -> None:
        self.version = version
        self.closed = closed
        self.url = ""

    def __call__(self, path: str) -> tuple[int, str, bytes]:
        status, kind, body = self.old(path) if self.version == "old" else self.new(path)
        return status, kind, moved(moved(body, NEW, self.url), OLD, self.url)

    def page(self, name: str) -> tuple[int, str, bytes]:
        return 200, HTML, (PAGES / self.version / "html" / name).read_bytes()

    def new(self, path: str) -> tuple[int, str, bytes]:
        if "api/" in path or "/json" in path:
            if self.closed:
                return 403, HTML, b""
            if path.endswith("api/forms"):
                return 200, JSON, json.dumps(forms(self.version)).encode()
            whole = json.loads((PAGES / self.version / "html" / "entries-by-form-json.txt").read_text("utf-8"))
            if "api/entries/json/" in path:
                tag = path.rpartition("/")[2]
                return 200, JSON, json.dumps({tag: whole[tag]} if tag in whole else {}).encode()
            return 200, JSON, json.dumps(whole).encode()
        if "Dyn" in path:
            return self.page("bazarliste-dynamic-card.html")
        if "AccompagnementDUnReseau" in path:
            return self.page("voir-fiche-bazar.html" if self.version == "dev" else "entry-page.html")
        if path.endswith("vue=consulter"):
            return self.page("bazar-consulter.html")
        return self.page("page-principale.html" if path == "/" else "bazar-consulter-form.html")

    def old(self, path: str) -> tuple[int, str, bytes]:
        if "/json" in path:
            if self.closed:
                return 200, HTML, b'<i>M&eacute;thode inconnue "page/json.php"</i>'
            if "demand=forms" in path:
                return 200, JSON, old_exchange("03-forms-lists-pages.json", "forms").encode()
            return 200, JSON, json.dumps(self.entries()).encode()
        for word, name in (
            ("BazaR/rss", "rss-all.xml"),
            ("MemoiresAccordeon", "bazarliste-accordeon.html"),
            ("MemoiresLiens", "bazarliste-liste_liens.html"),
            ("MemoiresDamier", "bazarliste-damier.html"),
            ("pageID=2", "bazarliste-pagination-2.html"),
            ("pageID=9", "bazarliste-pagination-9.html"),
            ("pageID=3", "bazarliste-pagination-9.html"),
            ("pageID=4", "bazarliste-pagination-9.html"),
            ("MemoiresPagination", "bazarliste-pagination-1.html"),
            ("vue=consulter", "BazaR-vue-consulter-form-1.html"),
        ):
            if word in path:
                return self.page(name)
        tag = path.rpartition("=")[2]
        if tag in true_values():
            return 200, HTML, self.entry_page(tag)
        return self.page("page-with-links-to-entries.html")

    def entries(self) -> dict[str, Any]:
        """What the JSON route gave. The recording is cut: the rest is made of the true values, in its shape."""
        found: dict[str, Any] = {}
        for name in ("entries-query-year", "entries-query-two-values", "entries-q-accent", "entries-q"):
            found |= json.loads(old_exchange("01-entries.json", name))
        assert len(found) > 20
        [form] = json.loads(old_exchange("03-forms-lists-pages.json", "forms-one"))
        fields = {place(str(field["label"])): field for field in form["prepared"]}
        for tag, item in true_values().items():
            found.setdefault(tag, {"id_fiche": tag, "id_typeannonce": "1"} | _stored(item, fields))
        return found

    def entry_page(self, tag: str) -> bytes:
        """An entry's own page, cut out of the list in which it was recorded."""
        from allies_sync_yeswiki.memoires_scan import pieces

        page = (PAGES / "old/html/bazarliste-accordeon.html").read_bytes()
        for piece in pieces([page]):
            if piece.attributes.get("data-id_fiche") == tag:
                start = piece.html.index('<div class="BAZ_cadre_fiche')
                return f"<html><body class='yeswiki'>{piece.html[start:]}</body></html>".encode()
        raise LookupError(tag)


def _stored(item: dict[str, Any], fields: dict[Any, Any]) -> dict[str, str]:
    """A mémoire as an old wiki keeps it: keys of options joined by commas, line ends of the web."""
    stored = {}
    for name, value in item.items():
        if name == "tag":
            continue
        labels = fields[name]["values"]["label"] if fields[name]["values"] else {}
        keys = {label: key for key, label in labels.items()}
        values = value if isinstance(value, list) else [value] if value else []
        stored[fields[name]["id"]] = ",".join(keys[it] if keys else it.replace("\n", "\r\n") for it in values)
    return stored


def served(wiki: Wiki) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def run() -> Any:
        with serving(wiki) as at:
            wiki.url = at.url
            yield at

    return run()


# --- the ways in ------------------------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize("version", ["dev", "4.4.4"])
@pytest.mark.parametrize("page", ["", "?ListeMemoires", "?ListeMemoiresDyn"])
def test_the_api_gives_the_38(version: str, page: str):
    with served(Wiki(version)) as at:
        found, report = read(f"{at.url}/{page}")
    assert len(found) == 40
    assert same(found)
    assert not report.remarks
    assert len(at.asked) == 3  # the page, the forms, their entries


@needs_shared
@pytest.mark.parametrize("version", ["dev", "4.4.4"])
def test_an_entry_page_is_read_through_the_api(version: str):
    tag = "AccompagnementDUnReseauAssociatifSurLaMu"
    with served(Wiki("4.4.4")) as at:
        found, _report = read(f"{at.url}/?{tag}")
    assert [memoire.tag for memoire in found] == [tag]
    assert normal(found[0].to_json()) == normal(true_values()[tag])


@needs_shared
@pytest.mark.parametrize("version", ["dev", "4.4.4"])
def test_with_a_closed_api_the_list_gives_the_same(version: str):
    with served(Wiki(version, closed=True)) as at:
        found, _report = read(f"{at.url}/?ListeMemoires")
    assert same(found)


@needs_shared
@pytest.mark.parametrize("version", ["dev", "4.4.4"])
def test_with_a_closed_api_a_wiki_is_searched_where_it_shows_all_entries(version: str):
    with served(Wiki(version, closed=True)) as at:
        found, report = read(f"{at.url}/")
    assert (len(found), same(found)) == (40, True)
    assert report.other_forms == 16


@needs_shared
def test_the_routes_of_an_older_wiki_give_the_same():
    with served(Wiki("old")) as at:
        for page in ("wakka.php?wiki=MemoiresAccordeon", "wakka.php?wiki=PagePrincipale"):
            found, report = read(f"{at.url}/{page}")
            assert (len(found), same(found)) == (38, True)
            assert not report.remarks
        assert not any(path.endswith(tuple(true_values())) for path in at.asked)  # no entry was asked for by itself


@needs_shared
def test_what_an_older_wiki_gives_away_but_does_not_show_is_left_alone():
    wiki = Wiki("old")
    whole = wiki.entries()
    whole["FichePrivee"] = {**next(iter(whole.values())), "id_fiche": "FichePrivee", "bf_titre": "Privée"}
    wiki.entries = lambda: whole  # type: ignore[method-assign]
    with served(wiki) as at:
        found, _report = read(f"{at.url}/wakka.php?wiki=PagePrincipale")
    assert "FichePrivee" not in {memoire.tag for memoire in found}


@needs_shared
def test_an_older_wiki_without_json_is_read_by_its_pages():
    with served(Wiki("old", closed=True)) as at:
        found, _report = read(f"{at.url}/wakka.php?wiki=MemoiresAccordeon")
        assert (len(found), same(found)) == (38, True)


@needs_shared
def test_a_list_of_titles_is_followed_to_its_entries():
    with served(Wiki("old", closed=True)) as at:
        found, report = read(f"{at.url}/wakka.php?wiki=MemoiresLiens")
        assert (len(found), same(found), report.partial) == (38, True, 0)
        assert len(at.asked) == 3 + 38 - 1  # forms are asked for once; nothing is asked for twice


@needs_shared
def test_slides_without_names_are_looked_for_among_all_entries():
    with served(Wiki("old", closed=True)) as at:
        found, report = read(f"{at.url}/wakka.php?wiki=MemoiresDamier")
    assert (len(found), same(found), report.partial) == (38, True, 0)


@needs_shared
@pytest.mark.parametrize("closed", [False, True])
def test_a_feed_leads_to_all_entries(closed: bool):
    with served(Wiki("old", closed=closed)) as at:
        found, report = read(f"{at.url}/wakka.php?wiki=BazaR/rss")
    assert (len(found), same(found), report.remarks) == (38, True, [])


@needs_shared
def test_the_pages_of_a_list_are_followed_and_no_page_twice():
    with served(Wiki("old", closed=True)) as at:
        found, _report = read(f"{at.url}/wakka.php?wiki=MemoiresPagination")
    assert len(found) == 28
    asked = [path for path in at.asked if "pageID" in path]
    assert len(asked) == len(set(asked))


# --- what a wiki may not make us do -----------------------------------------------------------------------

ENTRY = (
    '<div class="bazar-entry" data-id_fiche="{tag}" data-id_typeannonce="1"><div class="BAZ_cadre_fiche id1">'
    '<h1 class="BAZ_fiche_titre">{tag}</h1><div class="BAZ_rubrique"><span class="BAZ_label">Nature de l\'action'
    '</span><span class="BAZ_texte">Formation</span></div></div></div>'
)
PAGE = "<html><head><link href='tools/bazar/x.css'></head><body>{body}</body></html>"


def page(body: str) -> tuple[int, str, bytes]:
    return 200, HTML, PAGE.format(body=body).encode()


def refused(url: str, kind: type[PlatformError], bounds: Bounds | None = None) -> str:
    with pytest.raises(kind) as caught:
        read(url, bounds)
    return caught.value.message


def test_a_list_that_links_to_itself_without_end_is_read_once():
    numbers = iter(range(10**9))

    def respond(path: str) -> tuple[int, str, bytes]:
        more = "".join(f'<a href="?Liste&amp;pageID={next(numbers)}">x</a>' for _ in range(3))
        return page(ENTRY.format(tag="Une") + f'<a href="?Liste">moi</a>{more}')

    with serving(respond) as at:
        found, _report = read(f"{at.url}/?Liste")
        assert [memoire.tag for memoire in found] == ["Une"]
        assert len(at.asked) < 10


def test_a_list_without_end_stops_at_the_bound_of_pages():
    def respond(path: str) -> tuple[int, str, bytes]:
        number = int(path.rpartition("=")[2]) if "pageID=" in path else 1
        return page(ENTRY.format(tag=f"Fiche{number}") + f'<a href="?Liste&amp;pageID={number + 1}">suite</a>')

    with serving(respond) as at:
        message = refused(f"{at.url}/?Liste", Refused, Bounds(pages=20))
        assert "20 pages" in message
        assert len(at.asked) == 20


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://127.0.0.1:22/", "file:///etc/passwd",
               "http://[::1]:80/", "//127.0.0.2/", "http://user:secret@127.0.0.1/", "gopher://127.0.0.1/"]
)  # fmt: skip
def test_a_redirect_to_somewhere_else_is_not_followed(target: str):
    with serving(lambda path: (302, HTML, b"", {"Location": target})) as at:
        message = refused(f"{at.url}/?Liste", Suspicious)
        assert len(at.asked) == 1
    assert "secret" not in message


def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever():
    with serving(lambda path: page(ENTRY.format(tag="Une")) if "Liste" in path else (
        302, HTML, b"", {"Location": "/?Liste"})) as at:  # fmt: skip
        assert len(read(f"{at.url}/")[0]) == 1
    with serving(lambda path: (302, HTML, b"", {"Location": path + "x"})) as at:
        assert "sans fin" in refused(f"{at.url}/?L", Refused)


def test_an_answer_over_the_size_limit_is_not_read():
    def respond(path: str) -> tuple[int, str, bytes]:
        return 200, HTML, b"<p>yeswiki</p>" + b"x" * 300_000

    with serving(respond) as at:
        assert "dépasse" in refused(f"{at.url}/", Refused, Bounds(size=200_000))
    with serving(lambda path: (200, HTML, b"yeswiki", {"Content-Length": "999999999999"})) as at:
        assert "dépasse" in refused(f"{at.url}/", Refused)
    with serving(lambda path: (200, HTML, b"yeswiki", {"Content-Length": "700"})) as at:
        refused(f"{at.url}/", Unavailable, Bounds(wait=0.5, answer=1.0))


@contextmanager
def dripping(head: bytes, piece: bytes, pause: float, count: int = 10_000) -> Iterator[str]:
    """A server that says ``head`` at once, and then a piece at a time."""
    server = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{server.getsockname()[1]}/"

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(1000)
            connection.sendall(head.replace(b"HERE", url.encode()))
            for _number in range(count):
                connection.sendall(piece)
                time.sleep(pause)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield url
    finally:
        server.close()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nX-Drip: ",
    ],
)
def test_a_server_that_drips_is_not_waited_for(head: bytes):
    began = time.monotonic()
    with dripping(head, b"x", 0.05) as url, pytest.raises(Unavailable, match="trop lentement"):
        open_source(url, Bounds(wait=5.0, patience=0.6))
    assert time.monotonic() - began < 4


def test_no_answer_goes_on_for_ever_at_any_pace():
    head = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"
    began = time.monotonic()
    for bounds in (Bounds(wait=5.0, patience=0.2, answer=0.6), Bounds(wait=5.0, answer=0.6)):
        with dripping(head, b"x" * 5_000, 0.05) as url, pytest.raises(Unavailable, match="trop lentement"):
            open_source(url, bounds)
    assert time.monotonic() - began < 6


def test_redirects_do_not_make_a_slow_server_patient():
    """Each hop is slow enough to be endured by itself."""
    head = b"HTTP/1.0 302 Found\r\nLocation: HERE?again\r\n"
    began = time.monotonic()
    with dripping(head, b"X-Drip: x\r\n", 0.1, 4) as url, pytest.raises(Unavailable, match="trop lentement"):
        open_source(url, Bounds(wait=5.0, patience=0.6, hops=50))
    assert time.monotonic() - began < 4


def test_a_slow_but_honest_server_is_read_to_the_end():
    head = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>yeswiki</p>"
    with dripping(head, b"x" * 5_000, 0.05, 20) as url:
        source = open_source(url, Bounds(wait=5.0, patience=0.2))
    assert sum(map(len, source.start.chunks())) > 100_000 if source.start else False


def test_names_are_resolved_and_checked_for_each_request():
    """DNS that says something else the second time gains nothing: what was checked is what is connected to."""
    answers = iter([["127.0.0.1"], ["10.1.2.3"], ["203.0.113.7", "127.0.0.1"]])
    web = Web("http://localhost:1/", resolve=lambda host, port: next(answers), bounds=Bounds(wait=0.2))
    with pytest.raises(Unavailable):
        web.get("http://localhost:1/")  # allowed, and nobody there
    for _attempt in range(2):
        with pytest.raises(Suspicious):
            web.get("http://localhost:1/")


@pytest.mark.parametrize(
    ("address", "typed", "allowed"),
    [
        ("93.184.215.14", "https://wiki.example/", True),
        ("2606:2800:21f::1", "https://wiki.example/", True),
        ("127.0.0.1", "https://wiki.example/", False),
        ("127.0.0.1", "http://localhost:8080/", True),
        ("::1", "http://localhost/", True),
        ("127.0.0.1", "http://127.0.0.1:81/", True),
        ("::ffff:127.0.0.1", "https://wiki.example/", False),
        ("64:ff9b::7f00:1", "https://wiki.example/", False),
        ("2002:7f00:1::", "https://wiki.example/", False),
        ("10.0.0.5", "https://wiki.example/", False),
        ("10.0.0.5", "http://10.0.0.5/", True),
        ("10.0.0.6", "http://10.0.0.5/", False),
        ("169.254.169.254", "http://169.254.169.254/", False),
        ("0.0.0.0", "http://0.0.0.0/", False),
        ("224.0.0.1", "https://wiki.example/", False),
        ("fe80::1%eth0", "https://wiki.example/", False),
        ("nonsense", "https://wiki.example/", False),
    ],
)
def test_which_addresses_may_be_connected_to(address: str, typed: str, allowed: bool):
    assert permitted(address, typed) is allowed


@pytest.mark.parametrize("status", [404, 500])
def test_an_error_is_told(status: int):
    with serving(lambda path: (status, HTML, b"yeswiki")) as at:
        assert str(status) in refused(f"{at.url}/", Unavailable)


def test_what_is_no_wiki_is_not_taken_for_one():
    with serving(lambda path: (200, HTML, b"<p>Bonjour</p>")) as at:
        assert "reconnue" in refused(f"{at.url}/", Refused)


# --- nothing there ----------------------------------------------------------------------------------------


def told(respond: Any, path: str = "?Accueil") -> tuple[str, list[str]]:
    with serving(respond) as at:
        found, report = read(f"{at.url}/{path}")
        assert not found and report.nothing_in == f"{at.url}/{path}"
        return " ".join(report.remarks), at.asked


def answering(body: str, api: tuple[int, str, bytes]) -> Any:
    return lambda path: api if "api/" in path else page(body)


def test_a_page_without_entries_says_what_was_looked_for_and_what_to_try():
    said, asked = told(answering("<p>Bonjour</p>", (404, HTML, b"")))
    assert "?Accueil n'en montre aucune" in said and "Bazar" in said
    assert "API" in said and "Essayez" in said and "?BazaR, qui montre toutes les fiches" in said
    assert len(asked) == 4  # the page, both routes of the data, all entries


def test_a_closed_api_is_said_to_be_closed():
    said, _asked = told(answering("<p>Bonjour</p>", (403, JSON, b'{"error": "no"}')))
    assert "fermée" in said and "403" in said


@pytest.mark.parametrize(
    "words",
    [
        '<div class="alert">Vous n\'&ecirc;tes pas autoris&eacute; &agrave; lire cette page</div>',
        "<div>Vous n'êtes pas autorisé à lire cette page</div>",
    ],
)
def test_a_page_that_needs_a_login_is_told(words: str):
    said, _asked = told(answering(words, (403, JSON, b"{}")))
    assert "identifié" in said and "navigateur" in said and "Bazar" not in said


def test_a_page_that_is_not_there_is_told():
    said, _asked = told(
        answering("<p>Cette page n'existe pas encore, voulez vous la cr&eacute;er ?</p>", (404, HTML, b""))
    )
    assert "n'existe pas sur ce wiki" in said


def test_forms_of_something_else_are_counted():
    other = {"1": {"bn_id_nature": "1", "bn_label_nature": "Annuaire", "prepared": []}}
    said, _asked = told(answering("<p>Bonjour</p>", (200, JSON, json.dumps(other).encode())))
    assert "1 formulaire, qui n'a pas les questions" in said


def test_a_saved_page_or_answer_without_entries_is_told(tmp_path: Any):
    for name, text in (("page.html", PAGE.format(body="<p>Bonjour</p>")), ("a.json", '{"fieldMapping": {}}')):
        (tmp_path / name).write_text(text)
        found, report = read_all(open_source(str(tmp_path / name)), [WikiImporter()])
        assert not found and report.nothing_in and "aucune" in " ".join(report.remarks), name
