"""The DAV client on a server that somebody else wrote: Apache's mod_dav, where it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import responses

from allies_sync.platforms.http import HttpSession, Limits
from allies_sync_nextcloud.dav import Dav, Garbled, complaint, etag_of

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
APACHE = shutil.which("apache2", path=PATH) or shutil.which("httpd", path=PATH)
PLACES = (Path("/usr/lib/apache2/modules"), Path("/usr/lib64/httpd/modules"))
MODULES = next((it for it in PLACES if it.is_dir()), None)
NAMES = ("Réunion d'été #1 ? 100 %.md", "a+b&c;d=e,f.txt", "💥 émoji", "(par) [enth] {èse}", "point.", "~x", "@y:z")


def configuration(base: Path, port: int) -> str:
    modules = ["mpm_prefork", "mpm_event", "authz_core", "dav", "dav_fs", "dav_lock", "alias", "unixd"]
    found = [name for name in modules if (MODULES or base).joinpath(f"mod_{name}.so").exists()]
    if "mpm_prefork" in found and "mpm_event" in found:
        found.remove("mpm_event")
    loads = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in found)
    files = base / "files"
    return f"""{loads}
ServerRoot {base}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {base}/pid
ErrorLog {base}/error.log
Mutex file:{base} default
DavLockDB {base}/locks
User #{os.getuid() or 65534}
Alias /remote.php/dav/files/allies {files}
<Directory {files}>
  Dav On
  DavDepthInfinity On
  Require all granted
</Directory>
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not APACHE or not MODULES or not (MODULES / "mod_dav_fs.so").exists():
        pytest.skip("no Apache with mod_dav on this machine")
    base = Path("/tmp") / f"allies-dav-{os.getpid()}"
    (base / "files").mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (base / "apache.conf").write_text(configuration(base, port))
    for path in (base, base / "files"):
        path.chmod(0o777)
    process = subprocess.Popen([APACHE, "-X", "-f", str(base / "apache.conf")])
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                requests.get(url, timeout=1)
                break
            except requests.ConnectionError:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.skip(f"Apache does not start: {(base / 'error.log').read_text()[-300:]}")
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def dav(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dav]:
    monkeypatch.setenv("no_proxy", "*")
    http = HttpSession(address, limits=Limits(patience=2))
    dav = Dav(http, "allies")
    yield dav
    for node in dav.look("", "1")[1][1:]:
        dav.delete(node.path)
    http.close()


def test_folders_and_files(dav: Dav) -> None:
    assert dav.make_folder("a").status_code == 201
    assert dav.make_folder("a").status_code == 405
    assert dav.make_folder("b/c").status_code == 409
    assert dav.put("a/x.txt", b"un", {"If-None-Match": "*"}).status_code == 201
    assert dav.put("a/x.txt", b"deux", {"If-None-Match": "*"}).status_code == 412
    assert dav.get("a/x.txt").content == b"un"
    answer, nodes = dav.look("a", "1")
    assert answer.status_code == 207
    assert [(node.path, node.folder) for node in nodes] == [("a", True), ("a/x.txt", False)]
    assert nodes[1].size == 2 and nodes[1].modified is not None
    assert dav.put("a/x.txt", b"deux", {"If-Match": '"other"'}).status_code == 412
    time.sleep(1.1)  # until then the server's ETag is a weak one
    etag = etag_of(dav.get("a/x.txt"))
    assert dav.put("a/x.txt", b"trois", {"If-Match": etag}).status_code == 204
    assert dav.move("a/x.txt", "a/y.txt").status_code == 201
    assert dav.put("a/x.txt", b"", {}).status_code == 201
    assert dav.move("a/x.txt", "a/y.txt").status_code == 412, "nothing is ever replaced"
    assert dav.delete("a").status_code == 204
    assert dav.look("a", "0")[0].status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_names(dav: Dav, name: str) -> None:
    assert dav.make_folder(name).status_code == 201
    assert dav.put(f"{name}/{name}", name.encode(), {}).status_code == 201
    _answer, nodes = dav.look(name, "infinity")
    assert [node.path for node in nodes] == [name, f"{name}/{name}"]
    assert dav.get(f"{name}/{name}").content == name.encode()


@pytest.mark.parametrize("path", ["../x", "a/../b", "a//b", ".", "a/./b", "a\0b"])
def test_paths_that_lead_elsewhere(dav: Dav, path: str) -> None:
    from allies_sync.platforms.errors import Suspicious

    with pytest.raises(Suspicious):
        dav.put(path, b"x", {})
    assert dav.http.sent == 0


def test_properties_of_ours(dav: Dav) -> None:
    dav.make_folder("a")
    dav.set_properties("a", {"mark": "allies-sync:é&<x>"})
    _answer, [node] = dav.look("a", "0")
    assert node.mark == "allies-sync:é&<x>"
    dav.set_properties("a", {"mark": None})
    assert dav.look("a", "0")[1][0].mark == ""


def test_one_connection_and_one_request_each(dav: Dav) -> None:
    before = dav.http.sent
    for number in range(20):
        dav.make_folder(f"f{number}")
    assert dav.http.sent == before + 20
    pools = dav.http.get_adapter(dav.http.base).poolmanager.pools  # type: ignore[attr-defined]
    assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 - no mapping


def test_nothing_is_printed(dav: Dav, capsys: pytest.CaptureFixture[str]) -> None:
    dav.make_folder("a")
    dav.put("a/x", b"", {})
    dav.delete("a")
    assert capsys.readouterr() == ("", "")


def test_a_page_is_no_listing(dav: Dav) -> None:
    answer = requests.Response()
    answer._content = b"<html><body>Bonjour"
    with pytest.raises(Garbled):
        list(dav._nodes(answer))
    assert complaint(answer).kind == ""


def test_a_server_in_a_folder_of_its_site(monkeypatch: pytest.MonkeyPatch) -> None:
    body = """<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response>
    <d:href>/mon%20nuage/remote.php/dav/files/jos%c3%a9/Engagements/</d:href><d:propstat><d:prop><oc:fileid>7</oc:fileid>
    <d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
    </d:response></d:multistatus>"""
    with responses.RequestsMock() as server:
        url = "https://exemple.org/mon%20nuage/remote.php/dav/files/jos%C3%A9/Engagements"
        server.add("PROPFIND", url, body=body, status=207)
        _answer, [node] = Dav(HttpSession("https://exemple.org/mon%20nuage"), "josé").look("Engagements", "1")
    assert node.path == "Engagements" and node.folder and node.id == "7"
