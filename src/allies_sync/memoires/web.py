"""Reading addresses that strangers wrote: bounded, polite, and never led to where the person did not mean to go.

Each name is resolved here, each of its addresses checked, and the connection made to one that was: a name that
means something else a moment later changes nothing. No cookie, no credentials, no proxy.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import quote, urljoin, urlsplit

from allies_sync import __version__
from allies_sync.memoires.pinned import DEFAULT_PORTS, MEGABYTE, Bounds, Pinned, Place
from allies_sync.platforms.errors import PlatformError, Refused, Suspicious, Unavailable
from allies_sync.text.messages import _

HEAD = 64 * 1024
_CHUNK = 64 * 1024
_MOVED = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PASSWORD = re.compile(r"//[^/?#]*@")
_SAFE = "%/:=&?~#+!$,;'@()*[]"


def place_of(url: str) -> Place:
    """The place of an address. Raises Suspicious for one that is no plain web address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc:
        raise Suspicious(_("« {url} » n'est pas une adresse web simple.").format(url=_shown(url)))
    return Place(parts.scheme, host.rstrip(".").lower(), port or DEFAULT_PORTS[parts.scheme])


class Reply:
    """One answer, kept on the disk. See :class:`allies_sync.platforms.memoires.Answer`."""

    def __init__(self, url: str, status: int, headers: Any, file: IO[bytes]) -> None:
        self.url = url
        self.status = status
        kind = str(headers.get("Content-Type", "")) if headers else ""
        self.media_type = kind.partition(";")[0].strip().lower()
        self.charset = next((part.partition("=")[2].strip(" \"'").lower() for part in kind.split(";")[1:]
                             if part.strip().lower().startswith("charset")), "")  # fmt: skip
        self._file = file

    @property
    def head(self) -> bytes:
        self._file.seek(0)
        return self._file.read(HEAD)

    def chunks(self) -> Iterator[bytes]:
        at = 0
        while True:
            self._file.seek(at)
            chunk = self._file.read(_CHUNK)
            if not chunk:
                return
            at += len(chunk)
            yield chunk


@dataclass(slots=True)
class Web:
    """Reads addresses for one command. ``typed``: the address that the person gave, which says what is allowed.

    A public address is always allowed; this computer itself only when the person typed its name, an address of a
    private network only when the person typed that very address.
    """

    typed: str
    bounds: Bounds = field(default_factory=Bounds)
    resolve: Callable[[str, int], list[str]] = field(default=lambda host, port: resolved(host, port))
    pages: int = 0
    read: int = 0
    _began: float = field(default_factory=time.monotonic)

    # --- what importers use -----------------------------------------------------------------------------------

    def get(self, url: str) -> Reply:
        """Reads an address of the typed host, following redirects that stay there. Raises PlatformError."""
        home = place_of(self.typed)
        target, began = url, time.monotonic()
        for _hop in range(self.bounds.hops + 1):
            self._stay(home, target)
            response, connection = self._open("GET", target, began)
            try:
                if response.status in _MOVED and response.headers.get("Location"):
                    target = _joined(target, response.headers["Location"])
                    continue
                return self._kept(target, response, connection)
            finally:
                connection.finish()
        raise Refused(
            _("{host} renvoie sans fin d'une adresse à une autre.").format(host=home.name),
            _("Ouvrez cette adresse dans un navigateur, et donnez celle de la page où vous arrivez."),
        )

    def probe(self, url: str) -> int:
        """The status of any public address, redirects followed wherever they lead; only its first bytes are read."""
        target, method, began = url, "HEAD", time.monotonic()
        for _hop in range(2 * self.bounds.hops):
            response, connection = self._open(method, target, began)
            try:
                status = response.status
                if status in _MOVED and response.headers.get("Location"):
                    target = _joined(target, response.headers["Location"])
                elif method == "HEAD" and status in (400, 403, 404, 405, 500, 501):
                    method = "GET"  # many servers answer HEAD carelessly
                else:
                    return status
            finally:
                connection.finish()
        return 310

    # --- one request ------------------------------------------------------------------------------------------

    def _stay(self, home: Place, url: str) -> None:
        there = place_of(url)
        same = there == home or (
            there.host == home.host and (home.scheme, home.port, there.port) == ("http", 80, 443)
        )
        if not same and there.host == home.host and (home.scheme, there.scheme) == ("https", "http"):
            raise Suspicious(
                _("{host} renvoie vers une adresse qui n'est pas chiffrée : elle n'a pas été suivie.").format(
                    host=home.name
                ),
                _("Si c'est voulu, donnez vous-même cette adresse : {url}").format(url=_shown(url)),
            )
        if not same:
            raise Suspicious(
                _("{host} renvoie vers un autre serveur, {other} : l'import reste sur le serveur indiqué.").format(
                    host=home.name, other=_shown(there.name)
                ),
                _("Si c'est bien là que sont les mémoires, donnez cette adresse : {url}").format(url=_shown(url)),
            )

    def _open(self, method: str, url: str, began: float) -> tuple[http.client.HTTPResponse, Pinned]:
        self._count()
        there = place_of(url)
        parts = urlsplit(url)
        path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
        addresses = self._addresses(there)
        connection = Pinned(there, addresses, self.bounds, began)
        try:
            connection.request(
                method,
                path,
                headers={
                    "User-Agent": f"allies-sync/{__version__}",
                    "Accept": "*/*",
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                },
            )
            return connection.getresponse(), connection
        except ssl.SSLError as error:
            connection.finish()
            if connection.cut:
                raise _too_slow(there, connection) from error
            raise Unavailable(
                _("La connexion chiffrée avec {host} n'a pas pu être établie : {reason}.").format(
                    host=there.name, reason=_shown(error.reason or str(error))
                )
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.finish()
            raise (_too_slow(there, connection) if connection.cut else _no_answer(there)) from error

    def _count(self) -> None:
        self.pages += 1
        if self.pages > self.bounds.pages:
            raise Refused(
                _("L'import s'arrête : plus de {count} pages ont été demandées.").format(count=self.bounds.pages),
                _("Donnez l'adresse d'une liste qui montre les mémoires en entier, ou celle d'une partie."),
            )
        self._in_time()

    def _in_time(self) -> None:
        if time.monotonic() - self._began > self.bounds.seconds:
            raise Refused(
                _("L'import s'arrête : il a pris plus de {count} minutes.").format(
                    count=round(self.bounds.seconds / 60)
                )
            )

    def _addresses(self, there: Place) -> list[str]:
        try:
            found = self.resolve(there.host, there.port)
        except (OSError, UnicodeError):
            raise Unavailable(_("Aucun serveur ne s'appelle {host}.").format(host=_shown(there.host))) from None
        for address in found:
            if not permitted(address, self.typed):
                raise Suspicious(
                    _(
                        "{host} mène à une adresse qui n'est pas publique ({address}) : elle n'a pas été ouverte."
                    ).format(host=_shown(there.name), address=address),
                    _("Si c'est voulu, donnez vous-même une adresse qui commence par http://{address}").format(
                        address=f"[{address}]" if ":" in address else address
                    ),
                )
        return found

    def _kept(self, url: str, response: http.client.HTTPResponse, connection: Pinned) -> Reply:
        """The whole answer, in a file that vanishes with it."""
        there = place_of(url)
        declared = response.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > self.bounds.size:
            raise self._too_large(there)
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise Refused(
                _("{host} répond sous une forme compressée qui n'a pas été demandée.").format(host=there.name)
            )
        file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=MEGABYTE)  # noqa: SIM115 - lives with the reply
        size = 0
        try:
            while chunk := response.read1(_CHUNK):
                size += len(chunk)
                connection.received = size
                self.read += len(chunk)
                if size > self.bounds.size:
                    raise self._too_large(there)
                if self.read > self.bounds.total:
                    raise Refused(_("L'import s'arrête : {host} a déjà envoyé {size} Mo.").format(
                        host=there.name, size=self.read // MEGABYTE))  # fmt: skip
                file.write(chunk)
                self._in_time()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise (_too_slow(there, connection) if connection.cut else _no_answer(there)) from error
        if connection.cut:
            raise _too_slow(there, connection)
        if declared.isdigit() and size < int(declared):
            raise _no_answer(there)
        return Reply(url, response.status, response.headers, file)

    def _too_large(self, there: Place) -> Refused:
        return Refused(
            _("La réponse de {host} dépasse {size} Mo : elle n'a pas été lue.").format(
                host=there.name, size=self.bounds.size // MEGABYTE
            ),
            _("Donnez l'adresse d'une liste plus courte, ou d'une seule fiche."),
        )


def resolved(host: str, port: int) -> list[str]:
    """All addresses of a name. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def permitted(address: str, typed: str) -> bool:
    """Whether an address may be connected to, given what the person typed."""
    try:
        ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if ip.is_global and not ip.is_multicast:
        return True
    host = place_of(typed).host
    if ip.is_loopback:
        return host == "localhost" or host.endswith(".localhost") or _literal(host, loopback=True)
    if ip.is_private and not (ip.is_link_local or ip.is_unspecified or ip.is_multicast or ip.is_reserved):
        return _literal(host) and _inner(ipaddress.ip_address(host)) == ip
    return False


def _inner(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address that an IPv6 one wraps, if it does."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return ip.ipv4_mapped
        if ip.sixtofour:
            return ip.sixtofour
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _literal(host: str, *, loopback: bool = False) -> bool:
    try:
        ip = _inner(ipaddress.ip_address(host))
    except ValueError:
        return False
    return ip.is_loopback if loopback else True


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Suspicious(_("« {url} » n'est pas une adresse web simple.").format(url=_shown(location))) from None


def _no_answer(there: Place) -> PlatformError:
    return Unavailable(
        _("{host} ne répond pas, ou pas jusqu'au bout.").format(host=_shown(there.name)),
        _("Vérifiez l'adresse dans un navigateur, puis relancez la commande."),
    )


def _too_slow(there: Place, connection: Pinned) -> Unavailable:
    text = _("{host} répond trop lentement : après {seconds} secondes la page n'était pas là en entier.")
    return Unavailable(
        text.format(host=_shown(there.name), seconds=max(1, round(time.monotonic() - connection.began))),
        _("Ouvrez cette adresse dans un navigateur : si la page y vient, enregistrez-la et donnez le fichier."),
    )


def _shown(text: str) -> str:
    tame = "".join(char if char.isprintable() else "�" for char in _PASSWORD.sub("//", text))
    return tame if len(tame) <= 120 else tame[:119] + "…"
