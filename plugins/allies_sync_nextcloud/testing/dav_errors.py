"""DAV errors, with the XML bodies that the real server sends."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from allies_sync_nextcloud.testing.exchange import Answer

_SABRE = "Sabre\\DAV\\Exception\\"
_NEXTCLOUD = "OCA\\DAV\\Connector\\Sabre\\Exception\\"

ALLOWED = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT"


class DavError(Exception):
    """What a DAV request is refused with."""

    def __init__(
        self,
        status: int,
        exception: str,
        message: str = "",
        headers: Iterable[tuple[str, str]] = (),
        extra: Iterable[str] = (),
        own_namespace: bool = False,
    ) -> None:
        super().__init__(f"{status} {exception}: {message}")
        self.status = status
        self.exception = exception
        self.message = message
        self.headers = list(headers)
        self.extra = list(extra)
        self.own_namespace = own_namespace

    def answer(self) -> Answer:
        lines = [
            '<?xml version="1.0" encoding="utf-8"?>',
            '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"'
            + (' xmlns:o="http://owncloud.org/ns">' if self.own_namespace else ">"),
            f"  <s:exception>{escape(self.exception)}</s:exception>",
            f"  <s:message>{escape(self.message)}</s:message>" if self.message else "  <s:message/>",
            *(f"  {line}" for line in self.extra),
            "</d:error>",
        ]
        body = "\n".join(lines) + "\n"
        return Answer(self.status, [*self.headers, ("Content-Type", "application/xml; charset=utf-8")], body.encode())


def not_found(message: str) -> DavError:
    return DavError(404, _SABRE + "NotFound", message)


def forbidden(message: str = "") -> DavError:
    return DavError(403, _SABRE + "Forbidden", message)


def conflict(message: str) -> DavError:
    return DavError(409, _SABRE + "Conflict", message)


def bad_request(message: str) -> DavError:
    return DavError(400, _SABRE + "BadRequest", message)


def method_not_allowed(message: str, allowed: str) -> DavError:
    return DavError(405, _SABRE + "MethodNotAllowed", message, [("Allow", allowed)])


def already_exists(allowed: str) -> DavError:
    return method_not_allowed("The resource you tried to create already exists", allowed)


def precondition_failed(header: str, message: str, etag: str | None = None) -> DavError:
    headers = [("ETag", etag)] if etag else []
    return DavError(412, _SABRE + "PreconditionFailed", message, headers, [f"<s:header>{header}</s:header>"])


def failed_condition(message: str) -> DavError:
    return DavError(412, _SABRE + "PreconditionFailed", message)


def insufficient_storage(path: str, required: int, available: int) -> DavError:
    message = f"Insufficient space in {path}, {required} required, {available} available"
    return DavError(507, _SABRE + "InsufficientStorage", message)


def not_implemented(method: str) -> DavError:
    message = f"There was no plugin in the system that was willing to handle this {method} method."
    return DavError(501, _SABRE + "NotImplemented", message)


def unsupported_media_type(message: str = "") -> DavError:
    return DavError(415, _SABRE + "UnsupportedMediaType", message)


def range_not_satisfiable(start: int, size: int, headers: Iterable[tuple[str, str]]) -> DavError:
    message = f"The start offset ({start}) exceeded the size of the entity ({size})"
    return DavError(416, _SABRE + "RequestedRangeNotSatisfiable", message, headers)


def internal(message: str, exception: str = "Sabre\\DAV\\Exception") -> DavError:
    return DavError(500, exception, message)


def locked(path: str) -> DavError:
    """``path`` as the server names it: without a leading slash, within the user's files."""
    return DavError(423, _NEXTCLOUD + "FileLocked", f'"{path}" is locked')


def lock_failure(path: str) -> DavError:
    """The lock that comes out as an internal error (seen when a folder moved while files were put into it)."""
    return DavError(500, "OCP\\Lock\\LockedException", f'"{path}" is locked')


def invalid_path(reason: str) -> DavError:
    return _with_reason(400, _NEXTCLOUD + "InvalidPath", reason)


def view_only() -> DavError:
    reason = "Access to this resource has been denied because it is in view-only mode."
    return _with_reason(403, _NEXTCLOUD + "Forbidden", reason)


def too_many_requests() -> DavError:
    return DavError(
        429,
        _NEXTCLOUD + "TooManyRequests",
        "",
        extra=['<o:hint xmlns:o="o:">too many requests</o:hint>'],
        own_namespace=True,
    )


def not_authenticated(message: str) -> DavError:
    challenge = 'Basic realm="Nextcloud", charset="UTF-8"'
    return DavError(401, _SABRE + "NotAuthenticated", message, [("WWW-Authenticate", challenge)])


def maintenance() -> DavError:
    return DavError(503, "OCA\\DAV\\Exception\\ServerMaintenanceMode", "System is in maintenance mode.")


def _with_reason(status: int, exception: str, reason: str) -> DavError:
    extra = [
        '<o:retry xmlns:o="o:">false</o:retry>',
        f'<o:reason xmlns:o="o:">{escape(reason)}</o:reason>',
    ]
    return DavError(status, exception, reason, extra=extra, own_namespace=True)
