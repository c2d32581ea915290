"""A YesWiki in memory, on a port of this machine, for tests.

    with SimulatedWiki(dialect="dev") as wiki:
        wiki.control.write("PageDeZoe", "Bonjour", user="Zoe")
        requests.get(f"{wiki.url}/?api/pages", headers=wiki.bearer())
        assert wiki.log.count("GET", "api/pages") == 1

``dialect``: ``444`` is a released 4.4.4, ``dev`` what becomes 4.5; ``wiki.control.upgrade()`` turns one into the
other. ``wiki.control`` is everything that happens behind the wiki's back: people, pages, answers, settings
(``control.config.bazarIgnoreAcls = False``), faults (``control.inject(DatabaseDown(), at=5)``), races
(``control.slip_in(…)``). ``wiki.log`` has every request, with its user and connection. ``wiki.clock`` is the wiki's
time: it ticks, and is advanced or frozen; its ``sleep`` is for clients under test.

It knows from the start ``WikiAdmin`` and ``BotAllie`` (both administrators; the second one's key is ``KEY``) and
``Zoe``, with passwords ``<name>-password``.
"""

from __future__ import annotations

import threading
from types import TracebackType

from allies_sync.platforms.testing.clock import Clock
from allies_sync.platforms.testing.faults import Faults
from allies_sync.platforms.testing.http_server import HttpServer, serve
from allies_sync.platforms.testing.log import RequestLog
from allies_sync_yeswiki.testing.accounts import ADMINS
from allies_sync_yeswiki.testing.app import Application
from allies_sync_yeswiki.testing.control import Control
from allies_sync_yeswiki.testing.state import Dialect, WikiState

ADMIN, SERVICE, PERSON = "WikiAdmin", "BotAllie", "Zoe"
KEY = "cle-de-l-outil-0123456789abcdef0123456789abcdef"
PAGES = {
    "PagePrincipale": '======Félicitations !======\n{{button link="BacASable" text="Essayer"}}',
    "PageTitre": '{{configuration param="wakka_name"}}',
    "PageMenuHaut": " - [[PagePrincipale Accueil]]",
    "PageRapideHaut": "{{moteurrecherche}}\n{{login}}",
    "PageHeader": "",
    "PageFooter": "Bas de page",
    "PageMenu": " - [[PagePrincipale Accueil]]",
    "BazaR": "{{bazar}}",
    "BacASable": "# Bac à sable\nÉcrivez ici.",
    "GererSite": '{{nav links="GererSite, GererDroits, GererUtilisateurs, GererConfig"}}',
    "GererDroits": "{{gererdroits}}",
    "GererUtilisateurs": "{{editgroups}}",
    "GererConfig": "{{editconfig}}",
    "RechercheTexte": "{{newtextsearch}}",
    "TableauDeBord": "{{pageindex}}",
    "ParametresUtilisateur": "{{usersettings}}",
    "DerniersChangementsRSS": "{{recentchangesrss}}",
}
ADMIN_PAGES = ("GererSite", "GererDroits", "GererUtilisateurs", "GererConfig")
_IDLE, _MOST = 5.0, 100


class SimulatedWiki:
    """``idle`` and ``most``: when connections are closed, in seconds without a request and in requests."""

    def __init__(
        self, dialect: Dialect = "444", *, people: bool = True, port: int = 0, idle: float = _IDLE, most: int = _MOST
    ) -> None:
        self.state = WikiState(dialect=dialect)
        self.log = RequestLog()
        self.faults = Faults()
        self.application = Application(self.state, self.faults, self.log)
        self.control = Control(self.state, self.faults)
        self._port = port
        self._limits = idle, most
        self._server: HttpServer | None = None
        self._thread: threading.Thread | None = None
        if people:
            self._populate()

    def _populate(self) -> None:
        self.control.add_user(ADMIN, ADMINS)
        self.control.add_user(SERVICE, ADMINS, key=KEY)
        self.control.add_user(PERSON)
        for tag, body in PAGES.items():
            self.state.save(tag, body, ADMIN, bypass_acls=True)
            self.control.set_acl(tag, write="@admins" if tag in ADMIN_PAGES else None)

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @property
    def url(self) -> str:
        """Without a slash or a question mark at its end."""
        return f"http://127.0.0.1:{self._port}"

    def bearer(self, key: str = KEY) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def start(self) -> None:
        """Listen, on the same port as before if it was stopped."""
        if self._server is None:
            self._server = HttpServer(self.application, self._port, *self._limits)
            self._port = self._server.port
            self.state.base = self.url
            self._thread = serve(self._server)

    def stop(self) -> None:
        """Connections are refused from now on; what the wiki knows stays. ``start`` brings it back."""
        if self._server is not None:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> SimulatedWiki:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
