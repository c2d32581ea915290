"""Why nothing came over HTTP, as sentences for the person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import requests

from allies_sync.platforms.errors import PlatformError, Unavailable
from allies_sync.text.messages import _


def failure(host: str, error: BaseException) -> PlatformError:
    """Why nothing came, as a sentence. The library's own words stay out: they quote addresses and what came."""
    known = {
        requests.exceptions.SSLError: _("Le certificat de {host} n'est pas valable, ou la connexion n'est pas sûre."),
        requests.exceptions.ProxyError: _("Le serveur mandataire (proxy) ne laisse pas joindre {host}."),
        requests.ConnectTimeout: _("{host} ne répond pas : la connexion n'aboutit pas."),
        requests.Timeout: _("{host} ne répond pas à temps."),
        requests.exceptions.ChunkedEncodingError: _("{host} a coupé la connexion au milieu de sa réponse."),
        requests.exceptions.ContentDecodingError: _("{host} envoie une réponse abîmée."),
    }
    sentence = next((text for kind, text in known.items() if isinstance(error, kind)), "")
    if not sentence and isinstance(error, requests.ConnectionError):
        sentence = _connection(_causes(error))
    return Unavailable(
        (sentence or _("{host} ne peut pas être joint.")).format(host=host),
        _("Vérifiez votre connexion et l'adresse, puis relancez la même commande : elle reprendra où elle en était."),
    )


def _connection(causes: Iterable[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return _("{host} refuse la connexion : le serveur est sans doute arrêté.")
        if type(cause).__name__ in ("gaierror", "NameResolutionError"):
            return _("L'adresse {host} est introuvable.")
        if isinstance(cause, ConnectionResetError | BrokenPipeError) or type(cause).__name__ == "RemoteDisconnected":
            return _("{host} a coupé la connexion.")
    return _("{host} ne peut pas être joint.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made of, which the libraries wrap in several ways."""
    waiting: list[BaseException] = [error]
    known: set[int] = set()
    while waiting and len(known) < 30:
        cause = waiting.pop(0)
        if id(cause) in known:
            continue
        known.add(id(cause))
        yield cause
        inner = [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        waiting += [it for it in inner if isinstance(it, BaseException)]
