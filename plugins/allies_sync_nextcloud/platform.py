"""A Nextcloud for the role ``files``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from allies_sync.model.resources import Document, Resource, Rights, Share
from allies_sync.platforms.errors import Refused
from allies_sync.platforms.holdings import Holding
from allies_sync.platforms.http import Limits
from allies_sync.platforms.interface import (
    Address,
    Change,
    Content,
    Credentials,
    Features,
    Finding,
    Observation,
    Opening,
    Outcome,
    Space,
    Target,
)
from allies_sync.text.messages import _
from allies_sync_nextcloud import checks, holdings
from allies_sync_nextcloud import login as logins
from allies_sync_nextcloud.documents import as_content, digest, source_of
from allies_sync_nextcloud.groups import Team
from allies_sync_nextcloud.looking import FOLDER, Looker
from allies_sync_nextcloud.places import Places, name_of
from allies_sync_nextcloud.policy import Policies
from allies_sync_nextcloud.present import Present
from allies_sync_nextcloud.server import Server
from allies_sync_nextcloud.settings import NextcloudSettings
from allies_sync_nextcloud.snapshots import Snapshots, cache_folder
from allies_sync_nextcloud.state import State
from allies_sync_nextcloud.writing import Writer


class NextcloudFiles(State):
    """Folders, documents and links of engagements in one account's files."""

    def __init__(self, opening: Opening, limits: Limits | None = None) -> None:
        settings: NextcloudSettings = opening.settings
        kept = cache_folder(opening.cache, settings.url, settings.user, settings.root)
        super().__init__(Present(Server(settings, opening.secret, limits), Places(settings), Snapshots(kept)))
        read = {Rights.TEAM, Rights.PARTICIPANTS} if settings.participants_group else {Rights.TEAM}
        self._features = Features(
            kinds=frozenset({"folder", "document", "share"}),
            read=frozenset(read),
            # without a group people work with the account itself, which can always write
            freeze=settings.team_group is not None,
            marks=frozenset({"folder", "share"}),
            widgets=frozenset({"button", "contents", "files", "form", "include"}),
            expiry=True,
            versions=True,
        )
        self.looker = Looker(self.present, self._features)
        self.policies = Policies(self.server, kept)
        self.writer = Writer(self.looker, self.policies, self.register.surely_held)

    @property
    def features(self) -> Features:
        return self._features

    def predict(self, space: Space, resource: Resource) -> Address | None:
        return None if isinstance(resource, Share) else self.places.predict(space, resource)

    def fingerprint(self, space: Space, resource: Resource) -> str | None:
        if isinstance(resource, Document):
            return digest(source_of(space, resource))
        # what becomes of a link depends on the server's rules for links
        return None if isinstance(resource, Share) else FOLDER

    def observe(self, space: Space, targets: Sequence[Target]) -> Mapping[str, Observation]:
        for target in targets:
            access = self._features.narrow(target.resource.access) if target.resource else None
            self.writer.declare(space.slug, target.key, access)
        return self.looker.observe(space, targets)

    def apply(self, space: Space, changes: Sequence[Change]) -> Iterator[Outcome]:
        return self.writer.apply(space, changes)

    def read(self, space: Space, target: Target) -> Content:
        if target.kind == "share":
            url = target.known.address.url if target.known else None
            return Content(f"{url or ''}\n".encode(), "text/uri-list", url)
        if target.kind == "folder":
            return Content(b"", "httpd/unix-directory", "")
        if target.known is not None:
            path = target.known.address.path
        elif target.resource is not None:
            path = self.places.predict(space, target.resource).path
        else:
            raise Refused(_("Rien ne dit où cet élément se trouve."))
        answer = self.server.dav.get(self.places.inside(space.slug, path))
        if answer.status_code == 404:
            raise Refused(_("« {thing} » n'est plus là.").format(thing=path))
        if answer.status_code != 200:
            raise self.server.refusal(answer, path)
        return as_content(answer.content, path.rpartition("/")[2])

    def render(self, space: Space, resource: Resource) -> Content:
        if isinstance(resource, Document):
            return as_content(source_of(space, resource), name_of(resource))
        if isinstance(resource, Share):
            return Content(b"", "text/uri-list", "")
        return Content(b"", "httpd/unix-directory", "")

    def caveats(self, space: Space, resources: Sequence[Resource]) -> Mapping[str, str]:
        links = [it for it in resources if isinstance(it, Share)]
        return self.policies.caveats(links) if links else {}

    # --- for archives -----------------------------------------------------------------------------------------

    def holdings(self, space: Space) -> Iterator[Holding]:
        return holdings.files_in(self.server, self.places, space.slug)

    def fetch(self, space: Space, path: str) -> Iterator[bytes]:
        return holdings.blocks_of(self.server, self.places, space.slug, path)

    def deposit(self, space: Space, path: str, blocks: Iterable[bytes], size: int) -> bool:
        return holdings.make(self.server, self.places, space.slug, path, blocks)

    # --- the account ------------------------------------------------------------------------------------------

    def check(self) -> Iterator[Finding]:
        return checks.findings(self.server, self.present.team)

    def login(self, visit: Callable[[str], None], password: str | None = None) -> Credentials:
        user, secret = (
            logins.by_password(self.server, password) if password else logins.by_browser(self.server, visit)
        )
        # so that the very first opening knows, before it makes anything
        server = Server(self.server.settings, lambda: secret, self.server.http.limits)
        Team(server, self.present.snapshots.folder).look()
        server.close()
        return Credentials(user, secret)

    def logout(self) -> None:
        logins.revoke(self.server)

    def close(self) -> None:
        self.server.close()
