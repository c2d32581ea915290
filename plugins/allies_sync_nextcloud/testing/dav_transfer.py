"""MOVE and COPY."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from allies_sync_nextcloud.testing import dav_errors as errors
from allies_sync_nextcloud.testing import names, permissions
from allies_sync_nextcloud.testing.dav_write import created, remove, user_path
from allies_sync_nextcloud.testing.exchange import Answer, Request, decode_path
from allies_sync_nextcloud.testing.scope import Place, Scope
from allies_sync_nextcloud.testing.tree import stored_bytes


@dataclass(frozen=True)
class Destination:
    segments: list[str]
    parent: Place
    existing: Place | None


def destination_path(request: Request, base: str) -> str:
    """The decoded path of the Destination header; its host is not looked at, a raw UTF-8 one is taken too."""
    sent = request.headers.get("Destination")
    if not sent:
        raise errors.bad_request("The destination header was not supplied")
    path = urlsplit(sent).path
    if not path.startswith(base):
        raise errors.forbidden(f"Requested uri ({path}) is out of base uri ({base})")
    return decode_path(path)


def _destination(scope: Scope, source: list[str], request: Request, base: str) -> Destination:
    path = destination_path(request, base)
    overwrite = request.headers.get("Overwrite", "T").upper()
    if overwrite not in ("T", "F"):
        raise errors.bad_request("The HTTP Overwrite header should be either T or F")
    if not path.startswith(scope.prefix + "/"):
        raise errors.conflict("The destination node is not found")
    segments = names.split_path(path.removeprefix(scope.prefix))
    parent = scope.find(segments[:-1])
    if parent is None or not segments:
        raise errors.conflict("The destination node is not found")
    if parent.folder is None:
        raise errors.unsupported_media_type("The destination node is not a collection")
    existing = scope.child(parent, segments[-1])
    if existing is not None and overwrite == "F":
        message = "The destination node already exists, and the overwrite header is set to false"
        raise errors.precondition_failed("Overwrite", message)
    if segments == source:
        raise errors.forbidden("Source and destination uri are identical.")
    if segments[: len(source)] == source:
        raise errors.conflict("The destination may not be part of the same subtree as the source path.")
    return Destination(segments, parent, existing)


def move(scope: Scope, segments: list[str], request: Request, base: str) -> Answer:
    target = _destination(scope, segments, request, base)
    source = scope.locate(segments)
    same_folder = segments[:-1] == target.segments[:-1]
    if not same_folder and not (source.is_mount or source.may(permissions.DELETE)):
        raise errors.forbidden(f"files/{scope.owner.uid}/{'/'.join(segments)} cannot be deleted")
    if not source.is_mount:
        allowed = permissions.UPDATE if same_folder or target.existing else permissions.CREATE
        if not target.parent.may(allowed):
            raise errors.forbidden()
    names.check(target.segments[-1])
    if target.existing is not None:
        remove(scope, target.existing)
    if source.is_mount and source.mount is not None:
        scope.state.shares.rename_mount(scope.owner.uid, source.mount, tuple(map(names.nfc, target.segments)))
    else:
        scope.state.tree.move(source.node, target.parent.inside, names.nfc(target.segments[-1]))
    _move_properties(scope, source, target)
    node = source.node
    headers = [("OC-FileId", scope.state.oc_fileid(node.fileid))]
    if not node.is_folder:
        headers = [("OC-ETag", f'"{node.etag}"'), ("ETag", f'"{node.etag}"'), *headers]
    return Answer(204, headers) if target.existing else created(*headers)


def copy(scope: Scope, segments: list[str], request: Request, base: str) -> Answer:
    """Shares, tags and dead properties are not copied; below the first level nothing is scanned."""
    target = _destination(scope, segments, request, base)
    source = scope.locate(segments)
    free = scope.free_space(target.parent)
    required = stored_bytes(source.node)
    if free is not None and required > free:
        path = user_path(target.segments if target.existing else target.segments[:-1])
        raise errors.insufficient_storage(path, required, free)
    if not target.parent.may(permissions.CREATE):
        raise errors.forbidden()
    if scope.refuse_download(source):
        raise errors.view_only()
    names.check(target.segments[-1])
    if target.existing is not None:
        remove(scope, target.existing)
    copied = scope.state.tree.copy(source.node, target.parent.inside, names.nfc(target.segments[-1]))
    headers = [("OC-FileId", scope.state.oc_fileid(copied.fileid))]
    return Answer(204, headers) if target.existing else created(*headers)


def _move_properties(scope: Scope, source: Place, target: Destination) -> None:
    """Only those of the moved node itself: those of what it contains stay behind at the old paths."""
    if scope.user is None:
        return
    old = (scope.user.uid, scope.property_path(source))
    new = (scope.user.uid, "/".join(["files", scope.owner.uid, *target.segments]))
    if old in scope.state.properties:
        scope.state.properties[new] = scope.state.properties.pop(old)
