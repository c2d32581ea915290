"""One Nextcloud as one account: its session, its files by DAV, its OCS interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from requests.auth import HTTPBasicAuth

from allies_sync.platforms.errors import Denied, PlatformError
from allies_sync.platforms.http import HttpSession, Limits, sending
from allies_sync.text.messages import _
from allies_sync_nextcloud import wording
from allies_sync_nextcloud.dav import Dav, Garbled

if TYPE_CHECKING:
    import requests
    from requests.auth import AuthBase

    from allies_sync_nextcloud.settings import NextcloudSettings

AGENT = "allies-sync (+https://allies-sync.org)"
Fields = Mapping[str, str | int]

T = TypeVar("T")
R = TypeVar("R")


class OcsRefusal(Exception):
    """The server's own plain "no" to an OCS request: status, and its words in its language (never shown)."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(status)
        self.status = status
        self.words = words


class Server:
    """A connection. Nothing is sent before it is needed."""

    def __init__(
        self, settings: NextcloudSettings, secret: Callable[[], str | None], limits: Limits | None = None
    ) -> None:
        self.settings = settings
        self._secret = secret
        self.http = HttpSession(settings.url, auth=self._auth, agent=AGENT, limits=limits, passing=wording.passing)
        self.host = self.http.host
        #: told of every path of the account's files that was, or may have been, written to or shared
        self.written: list[Callable[[str], None]] = []
        self._pool: ThreadPoolExecutor | None = None

    def _auth(self) -> AuthBase:
        secret = self._secret()
        if not secret:
            raise Denied(
                _("Le mot de passe d'application du compte « {user} » manque pour {host}.").format(
                    user=self.settings.user, host=self.host
                ),
                _("Lancez « allies-sync login files »."),
            )
        self.http.keep_secret(secret, quote(secret, safe=""))
        return HTTPBasicAuth(self.settings.user.encode(), secret.encode())

    @cached_property
    def dav(self) -> Dav:
        return Dav(self.http, self.settings.user, self.wrote)

    def wrote(self, path: str) -> None:
        """To be said of every write."""
        for listener in self.written:
            listener(path)

    # --- answers --------------------------------------------------------------------------------------------

    def refusal(self, answer: requests.Response, thing: str = "") -> PlatformError:
        """The error for an answer that nobody expected."""
        return wording.explain(self.host, answer, thing)

    def nonsense(self) -> PlatformError:
        return wording.nonsense(self.host)

    def ocs(self, method: str, path: str, fields: Fields | None = None, *, repeat: bool = True, **query: str) -> Any:
        """The ``data`` of an OCS answer. Raises OcsRefusal for a plain no, PlatformError for the rest."""
        answer = self.ocs_answer(method, path, fields, repeat=repeat, **query)
        meta, data = self.unpack(answer)
        if answer.status_code == 200:
            return data
        raise OcsRefusal(answer.status_code, meta)

    def ocs_answer(
        self, method: str, path: str, fields: Fields | None = None, *, repeat: bool = True, **query: str
    ) -> requests.Response:
        """The answer itself."""
        url = f"ocs/v2.php/{path}?{urlencode({**query, 'format': 'json'})}"
        headers = {"OCS-APIRequest": "true", "Accept": "application/json"}
        with sending(repeat=repeat):
            return self.http.request(method, url, headers=headers, data=dict(fields) if fields else None)

    def unpack(self, answer: requests.Response) -> tuple[str, Any]:
        """The server's words and the data. Raises PlatformError for what is no OCS answer, or no plain one."""
        if answer.status_code in (401, 429, 503) or answer.status_code >= 500 or 300 <= answer.status_code < 400:
            raise self.refusal(answer)
        try:
            ocs = answer.json()["ocs"]
            words = str(ocs["meta"].get("message") or "")
            return words, ocs["data"]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise self.nonsense() from None

    def json(self, answer: requests.Response) -> dict[str, Any]:
        """An answer that is a plain JSON object. Raises PlatformError."""
        if answer.status_code != 200:
            raise self.refusal(answer)
        try:
            data = answer.json()
        except (ValueError, RecursionError):
            raise self.nonsense() from None
        if not isinstance(data, dict):
            raise self.nonsense()
        return data

    # --- several at once ------------------------------------------------------------------------------------

    def each(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[tuple[T, R | PlatformError]]:
        """Does the work for each item, a few at once, and gives the results in the order of the items."""
        if len(items) <= 1:
            for item in items:
                yield item, self._safely(work, item)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.http.limits.connections, thread_name_prefix="allies-sync-dav")
        futures: list[Future[R | PlatformError]] = [
            self._pool.submit(copy_context().run, self._safely, work, item) for item in items
        ]
        try:
            for item, future in zip(items, futures, strict=True):
                yield item, future.result()
        finally:
            for future in futures:
                future.cancel()

    def _safely(self, work: Callable[[T], R], item: T) -> R | PlatformError:
        try:
            return work(item)
        except PlatformError as error:
            return error
        except Garbled:
            return self.nonsense()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        self.http.close()
