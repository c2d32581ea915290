"""The HTTP session that plugins share: polite to servers, bounded, and closed to what a hostile one could ask for.

* At most a few connections, time limits, answers of a bounded size.
* A passing refusal (locked, overloaded, connection lost) is tried again later, but only where repeating does no harm.
* Credentials go to one origin and are never carried along a redirect; cookies live as long as the session.
* On the first 401 everything stops: a server that counts bad logins would lock the whole office out.

:class:`HttpSession` is a :class:`requests.Session`, so that libraries which want one can be given it.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar

from allies_sync.platforms.errors import Denied, Suspicious, Unavailable
from allies_sync.platforms.http_failures import failure
from allies_sync.platforms.http_time import ServerClock, retry_after
from allies_sync.text.messages import _, format_decimal

log = logging.getLogger("allies_sync.http")

MEGABYTE = 1024 * 1024
HIDDEN = "•••"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much, how often. Times are in seconds; ``patience`` is for all tries of one request together."""

    connections: int = 4
    connect: float = 10.0
    read: float = 40.0
    whole: float = 300.0
    size: int = 20 * MEGABYTE
    tries: int = 6
    first_pause: float = 0.3
    longest_pause: float = 10.0
    patience: float = 45.0


@dataclass(frozen=True, slots=True)
class Options:
    """How one request is to be sent.

    ``repeat``: doing it twice does no harm. ``anonymous``: without credentials and cookies. ``cookies``: with the
    session's cookies (False: the credentials alone have to be good). ``follow``: how many redirects on the same
    origin, for reading only and without credentials.
    """

    repeat: bool = False
    anonymous: bool = False
    cookies: bool = True
    follow: int = 0


_USUAL = Options()
_options: ContextVar[Options] = ContextVar("allies_sync_http_options", default=_USUAL)


@contextmanager
def sending(**options: Any) -> Iterator[None]:
    """How requests are sent inside the ``with`` block, also by a library that knows nothing of it."""
    token = _options.set(replace(_options.get(), **options))
    try:
        yield
    finally:
        _options.reset(token)


class _Nobody(AuthBase):
    """No credentials, and none from a ``.netrc`` either."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class HttpSession(requests.Session):
    """All requests to one server as one identity.

    ``auth`` gives the credentials when the first request needs them. ``passing`` recognises an answer that will be
    another in a moment (423 and 503 unless said otherwise), ``refused`` one that says that the credentials are wrong.
    ``notice`` is told of every retry. Raises :class:`~allies_sync.platforms.errors.Unavailable` for what did not
    come, and :class:`~allies_sync.platforms.errors.Denied` from the first refusal on; answers of any other status
    are returned, whole.
    """

    def __init__(
        self,
        base: str,
        *,
        auth: Callable[[], AuthBase | None] = lambda: None,
        agent: str = "allies-sync",
        limits: Limits | None = None,
        passing: Callable[[requests.Response], bool] = lambda response: response.status_code in (423, 503),
        refused: Callable[[requests.Response], bool] = lambda response: response.status_code == 401,
        notice: Callable[[str], None] = log.info,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__()
        self.base = base.rstrip("/")
        self.origin = origin(self.base)
        self.host = urlsplit(self.base).hostname or self.base
        self.limits = limits or Limits()
        self.counts: Counter[str] = Counter()
        self.sleep = sleep
        self.clock = ServerClock()
        self._credentials = auth
        self._auth: AuthBase | None = None
        self._passing = passing
        self._refused = refused
        self._notice = notice
        self._secrets: set[str] = set()
        self._surroundings: dict[str, Any] | None = None
        self._stopped: Denied | None = None
        self._guard = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.limits.connections)
        self.headers["User-Agent"] = agent
        adapter = HTTPAdapter(
            pool_connections=2, pool_maxsize=self.limits.connections, pool_block=True, max_retries=0
        )
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    # --- what plugins use -----------------------------------------------------------------------------------

    @property
    def answered(self) -> bool:
        """Whether the server was ever there."""
        return self.clock.now() is not None

    @property
    def sent(self) -> int:
        """How many requests went out so far."""
        return sum(self.counts.values())

    def keep_secret(self, *secrets: str) -> None:
        """These never stand in a message."""
        self._secrets.update(secret for secret in secrets if len(secret) >= 4)

    def redact(self, text: str) -> str:
        """``text`` without any secret that the session was told of."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def url(self, path: str) -> str:
        """An address on this server; ``path`` is already quoted."""
        return path if "://" in path else f"{self.base}/{path.lstrip('/')}"

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Sends a request, if need be several times. See :class:`Options` and :func:`sending`."""
        options = _options.get()
        if args:
            raise TypeError("keyword arguments only")
        url = self.url(str(url))
        if origin(url) != self.origin:
            raise Suspicious(_("Une adresse d'un autre serveur que {host} a été refusée.").format(host=self.host))
        response = self._persistently(method.upper(), url, options, kwargs)
        for _hop in range(options.follow):
            target = self._redirect(response, method)
            if target is None:
                break
            response = self._persistently("GET", target, replace(options, anonymous=True), {})
        return response

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Proxies and certificates as the environment has them, looked up once: all requests go to one origin."""
        if proxies or verify is not None or cert is not None:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        if self._surroundings is None:
            self._surroundings = dict(super().merge_environment_settings(self.base, {}, None, None, None))
        return {**self._surroundings, "proxies": dict(self._surroundings["proxies"]), "stream": stream}

    def stop(self, error: Denied) -> None:
        """No further request goes out; each fails with this."""
        with self._guard:
            self._stopped = self._stopped or error

    # --- one request, as often as it takes --------------------------------------------------------------------

    def _persistently(self, method: str, url: str, options: Options, kwargs: dict[str, Any]) -> requests.Response:
        deadline = time.monotonic() + self.limits.patience
        for attempt in range(1, self.limits.tries + 1):
            last = attempt == self.limits.tries or not options.repeat
            pause = self._pause(attempt)
            try:
                response = self._once(method, url, options, kwargs)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
                # a server that never answered is not waited for as long as one that was there a moment ago
                last = last or isinstance(error, requests.exceptions.SSLError) or (attempt > 1 and not self.answered)
                if last or time.monotonic() + pause > deadline:
                    self._failed(error)
                why = _("connexion perdue")
            except requests.Timeout as error:
                # a server that does not answer in time is not asked six times over
                if last or attempt > 1:
                    self._failed(error)
                why = _("pas de réponse à temps")
            except requests.RequestException as error:
                self._failed(error)
            else:
                response.allies_sync_tries = attempt  # type: ignore[attr-defined]
                if not self._passing(response):
                    return response
                asked = retry_after(response)
                pause = max(pause, asked or 0.0)
                if last or time.monotonic() + pause > deadline:
                    return response
                why = _("réponse {status}").format(status=response.status_code)
            self._notice(
                self.redact(
                    _("{method} {path} : {why}, nouvel essai dans {pause} s").format(
                        method=method, path=urlsplit(url).path, why=why, pause=format_decimal(pause)
                    )
                )
            )
            self.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _pause(self, attempt: int) -> float:
        """Exponential, with full jitter, so that two machines do not meet again and again."""
        longest = min(self.limits.longest_pause, self.limits.first_pause * 2**attempt)
        return random.uniform(longest / 3, longest)  # noqa: S311 - no secret depends on it

    def _once(self, method: str, url: str, options: Options, kwargs: dict[str, Any]) -> requests.Response:
        settings = dict(kwargs)
        settings.pop("auth", None)
        settings["timeout"] = (self.limits.connect, self.limits.read)
        settings["allow_redirects"] = False
        settings["stream"] = True
        settings["auth"] = _Nobody() if options.anonymous else self._authenticated()
        if not options.cookies or options.anonymous:
            sender: Callable[..., requests.Response] = self._without_cookies().request
        else:
            sender = super().request
        with self._slots:
            # looked at here and not before: another thread may have been refused while this one waited its turn
            if self._stopped and not options.anonymous:
                raise self._stopped
            self.counts[method] += 1
            response = sender(method, url, **settings)
            self._read(response)
            self.clock.hear(response)
            if not options.anonymous and self._refused(response):
                self.stop(
                    Denied(
                        _("{host} refuse ces identifiants (réponse {status}).").format(
                            host=self.host, status=response.status_code
                        ),
                        _("Rien d'autre ne lui a été demandé. Relancez « allies-sync login » pour ce rôle."),
                    )
                )
        return response

    def _authenticated(self) -> AuthBase:
        with self._guard:
            if self._auth is None:
                self._auth = self._credentials() or _Nobody()
            return self._auth

    def _without_cookies(self) -> requests.Session:
        """A session that shares the connections, but neither sends nor keeps a cookie."""
        bare = requests.Session()
        bare.headers.update(self.headers)
        bare.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        around = self.merge_environment_settings(self.base, None, None, None, None)
        bare.trust_env = False
        bare.proxies, bare.verify, bare.cert = around["proxies"], around["verify"], around["cert"]
        bare.adapters.clear()
        for prefix, adapter in self.adapters.items():
            bare.adapters[prefix] = adapter
        return bare

    def _read(self, response: requests.Response) -> None:
        """Takes the whole body in, as long as it is not too much. Raises Unavailable otherwise."""
        limit = self.limits.size
        declared = response.headers.get("Content-Length", "")
        body = bytearray()
        over = threading.Event()
        # a chunk that comes a byte at a time is waited for by the library, as long as it comes at all
        watch = threading.Timer(self.limits.whole, _cut, (response, over))
        watch.daemon = True
        watch.start()
        try:
            if response.request.method != "HEAD" and declared.isdigit() and int(declared) > limit:
                self._too_long(limit)
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > limit:
                    self._too_long(limit)
                if over.is_set():
                    break
            if over.is_set():
                raise requests.Timeout
        except BaseException as error:
            response.close()
            if over.is_set() and isinstance(error, requests.RequestException):
                raise requests.Timeout from error
            raise
        finally:
            watch.cancel()
        response._content = bytes(body)
        response._content_consumed = True  # type: ignore[attr-defined]

    def _too_long(self, limit: int) -> NoReturn:
        raise Unavailable(
            _("{host} envoie une réponse de plus de {size} Mo : elle n'a pas été lue.").format(
                host=self.host, size=limit // MEGABYTE
            )
        )

    def _redirect(self, response: requests.Response, method: str) -> str | None:
        if not response.is_redirect or method.upper() not in ("GET", "HEAD"):
            return None
        target = urljoin(response.url, response.headers.get("Location", ""))
        return target if origin(target) == self.origin else None

    def _failed(self, error: requests.RequestException) -> NoReturn:
        raise failure(self.host, error) from None


def _cut(response: requests.Response, over: threading.Event) -> None:
    """Ends an answer that takes too long, from another thread: whoever reads it finds its end."""
    over.set()
    with suppress(AttributeError, OSError, ValueError, RuntimeError):  # older libraries cannot
        response.raw.shutdown()


def tries(response: requests.Response) -> int:
    """How often a request was sent before this answer came: what an earlier one did may show in it."""
    return int(getattr(response, "allies_sync_tries", 1))


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; None when it is none that a request could go to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return scheme, parts.hostname.lower(), port or _DEFAULT_PORTS[scheme]
