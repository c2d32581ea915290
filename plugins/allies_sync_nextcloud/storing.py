"""Folders and documents: each write with the server's own precondition, and read back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from allies_sync.model.resources import Document, Resource, Rights
from allies_sync.platforms.errors import Refused, Unavailable
from allies_sync.platforms.http import tries
from allies_sync.platforms.http_time import http_date
from allies_sync.platforms.interface import Change, Done, Outcome, Overtaken, Seen, Space
from allies_sync.text.messages import _
from allies_sync_nextcloud.buried import restore_buried
from allies_sync_nextcloud.dav import Node, complaint, etag_of, file_id
from allies_sync_nextcloud.documents import Looked, checksum, digest, source_of
from allies_sync_nextcloud.looking import Looker
from allies_sync_nextcloud.tree import look

if TYPE_CHECKING:
    import requests


class Storer:
    """Makes, replaces and deletes."""

    def __init__(self, looker: Looker) -> None:
        self.looker = looker
        self.server = looker.server
        self.places = looker.places

    # --- folders ----------------------------------------------------------------------------------------------

    def make_folder(self, space: Space, change: Change) -> Outcome:
        """With our mark from the first moment; one that is there already is ours only if it bears it."""
        path = self.places.predict(space, wanted(change)).path
        where = self.places.inside(space.slug, path)
        mark = space.mark(change.key)
        answer = self.server.dav.make_folder(where, {"mark": mark})
        if answer.status_code == 201:
            node = Node(path, True, file_id(answer), properties={"mark": mark})
            return Done(change.key, self._made(space, change, node))
        if answer.status_code == 409:
            raise self._no_parent(path)
        if answer.status_code not in (207, 405, 403, 423):
            raise self.server.refusal(answer, path)
        # somebody was faster, or an answer of ours was lost, or the mark was refused
        found = look(self.server, where, "0")
        if found is None:
            raise self.server.refusal(answer, path)
        node = replace(found[0][0], path=path)
        if node.folder and node.mark == mark:
            return Done(change.key, self._made(space, change, node))
        return Overtaken(change.key, self.looker.folder(space.slug, node, None))

    def _made(self, space: Space, change: Change, node: Node) -> Seen:
        access = change.access if change.rights else None
        if access is not None and access.read is Rights.PUBLIC:
            access = None
        if access is not None and access.write is None and self.looker.frozen.get(space.slug) is not True:
            access = None  # alone it cannot be closed to those who may write around it
        return self.looker.folder(space.slug, node, access)

    def delete_folder(self, space: Space, change: Change) -> Outcome:
        """Only when nothing is in it. What lands there meanwhile goes to the trash with it, and can be restored."""
        if change.seen is None:
            return Overtaken(change.key, None)
        where = self.places.inside(space.slug, change.seen.address.path)
        found = look(self.server, where, "1")
        if found is None:
            return Done(change.key, None)
        nodes = found[0]
        node = replace(nodes[0], path=change.seen.address.path)
        if len(nodes) > 1 or not node.folder or node.id != change.seen.remote_id or node.unscanned:
            return Overtaken(change.key, self.looker.folder(space.slug, node, None))
        return self._deleted(change, self.server.dav.delete(where), node.path)

    # --- documents --------------------------------------------------------------------------------------------

    def write(self, space: Space, change: Change, *, again: bool = False) -> Outcome:
        """Creates where nothing is, replaces what is still as it was seen. ``again``: this run may have made it."""
        document = wanted_document(change)
        data = source_of(space, document)
        if change.seen is None:
            path = self.places.predict(space, document).path
            return self._put(space, change, path, data, {"If-None-Match": "*"}, again=again)
        path = change.seen.address.path
        if change.seen.fingerprint == digest(data):
            return Done(change.key, change.seen)
        changed = self._changed(space, change, change.seen)
        if changed is not None:
            return changed
        base = self.looker.looked[space.slug, path]
        outcome = self._put(space, change, path, data, {"If-Match": change.seen.revision})
        if isinstance(outcome, Done) and outcome.seen is not None:
            buried = restore_buried(self.looker, space, outcome.seen, base, len(data))
            if buried:
                return Overtaken(change.key, self.looker.again(space, path))
        return outcome

    def delete_file(self, space: Space, change: Change) -> Outcome:
        if change.seen is None:
            return Overtaken(change.key, None)
        changed = self._changed(space, change, change.seen)
        if changed is not None:
            gone = isinstance(changed, Overtaken) and changed.seen is None
            return Done(change.key, None) if gone else changed
        where = self.places.inside(space.slug, change.seen.address.path)
        answer = self.server.dav.delete(where, {"If-Match": change.seen.revision})
        if answer.status_code == 412:
            seen = self.looker.again(space, change.seen.address.path)
            return Overtaken(change.key, seen) if seen else Done(change.key, None)
        return self._deleted(change, answer, change.seen.address.path)

    def _changed(self, space: Space, change: Change, seen: Seen) -> Outcome | None:
        """Overtaken when a file is no longer what was seen; None when the ETag can be trusted to tell from now on."""
        looked = self.looker.looked.get((space.slug, seen.address.path))
        if looked is not None and looked.settled and looked.etag == seen.revision:
            return None
        # seen too soon after its last change, or by another process: looked at and read again
        now = self.looker.again(space, seen.address.path)
        if now is None or (now.fingerprint, now.revision) != (seen.fingerprint, seen.revision):
            return Overtaken(change.key, now)
        return None

    def _put(
        self, space: Space, change: Change, path: str, data: bytes, condition: dict[str, str], *, again: bool = False
    ) -> Outcome:
        document = wanted_document(change)
        where = self.places.inside(space.slug, path)
        headers = {"OC-Checksum": checksum(data), "X-Hash": "sha1", **condition}
        if document.data is None:
            headers["Content-Type"] = document.media_type
        answer = self.server.dav.put(where, data, headers)
        if answer.status_code in (201, 204):
            return Done(change.key, self._stored(space, path, data, answer, change.seen))
        if answer.status_code == 412 or (answer.status_code == 409 and change.seen is None):
            now = self.looker.again(space, path)
            # an answer to the same request was lost, and it is our own file that is in the way
            if now is not None and (again or tries(answer) > 1) and now.fingerprint == digest(data):
                return Done(change.key, now)
            return Overtaken(change.key, now)
        if answer.status_code == 404 and complaint(answer).kind == "NotFound":
            if change.seen is not None:
                return Overtaken(change.key, None)
            raise self._no_parent(path)
        raise self.server.refusal(answer, path)

    def _stored(self, space: Space, path: str, data: bytes, answer: requests.Response, seen: Seen | None) -> Seen:
        told = answer.headers.get("X-Hash-SHA1", "").lower()
        if told and told != hashlib.sha1(data, usedforsecurity=False).hexdigest():
            raise Unavailable(
                _("« {thing} » est arrivé abîmé sur {host}.").format(thing=path, host=self.server.host),
                _("Relancez la commande avec --replace pour l'envoyer de nouveau."),
            )
        etag = etag_of(answer)
        number = file_id(answer) or (seen.remote_id if seen else "")
        now = http_date(answer.headers.get("Date", ""))
        # the time that an answer bears may be that of its request: the file is no older than the answer's end
        latest = now + answer.elapsed if now else None
        node = Node(path, False, number, etag, now, len(data), checksum(data))
        return self.looker.file(space.slug, node, digest(data), Looked(etag, latest, now))

    def _deleted(self, change: Change, answer: requests.Response, path: str) -> Outcome:
        if answer.status_code in (204, 404):
            return Done(change.key, None)
        raise self.server.refusal(answer, path)

    def _no_parent(self, path: str) -> Refused:
        folder = path.rpartition("/")[0]
        return Refused(
            _("Le dossier « {folder} », où « {name} » devait aller, n'est pas là.").format(
                folder=folder or "/", name=path.rpartition("/")[2]
            ),
            _("Relancez la commande pour voir ce qui est en place."),
        )


def wanted(change: Change) -> Resource:
    """What a creation or update is to make."""
    if change.resource is None:
        raise TypeError("a creation or update bears what is wanted")
    return change.resource


def wanted_document(change: Change) -> Document:
    document = wanted(change)
    if not isinstance(document, Document):
        raise TypeError("no document")
    return document
