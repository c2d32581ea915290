"""Where an engagement lives on the server, and what may be written there: nothing outside, nothing of the state."""

from __future__ import annotations

import unicodedata
from urllib.parse import parse_qs, quote, unquote, urlsplit

from allies_sync.model.resources import Resource, container
from allies_sync.platforms.errors import Refused, Suspicious
from allies_sync.platforms.http import origin
from allies_sync.platforms.interface import COLLECTIVE, Address, Space
from allies_sync.text.messages import _
from allies_sync.text.names import is_slug, safe_filename
from allies_sync_nextcloud import lease as leases
from allies_sync_nextcloud.settings import NextcloudSettings

STATE = "_allies-sync"
BUNDLE = "espace.json"
READABLE = "engagement.toml"
_LONGEST_PATH = 1500


class Places:
    """Addresses. A resource's path counts from its engagement's folder; the folder's own from the account's files."""

    def __init__(self, settings: NextcloudSettings) -> None:
        self.settings = settings

    def engagement(self, slug: str) -> str:
        """The engagement's folder. Raises Refused for what can be no slug."""
        if not is_space(slug):
            raise Refused(
                _("« {slug} » ne peut pas être l'identifiant d'un espace de travail.").format(slug=slug[:100])
            )
        return f"{self.settings.root}/{slug}"

    def slug_of(self, path: str) -> str:
        """The engagement that a path of the account's files leads into; "" for none."""
        top = f"{self.settings.root}/"
        return path.removeprefix(top).split("/", 1)[0] if path.startswith(top) else ""

    def is_state(self, path: str) -> bool:
        """Whether a path of an engagement leads into the folder of its description."""
        return path.split("/", 1)[0].casefold() == STATE

    def state(self, slug: str) -> str:
        """The folder of the description. In the collective's space there is little else, and no folder for it."""
        return self.engagement(slug) if slug == COLLECTIVE else f"{self.engagement(slug)}/{STATE}"

    def in_tree(self, slug: str, path: str) -> str:
        """A path of an engagement as if every description had a folder of its own."""
        top = path.split("/", 1)[0].casefold()
        own = slug == COLLECTIVE and (top == BUNDLE or leases.of_name(top) is not None)
        return f"{STATE}/{path}" if own else path

    def inside(self, slug: str, path: str) -> str:
        """A resource's path from the account's files. Raises Suspicious for one that leads elsewhere."""
        segments = unicodedata.normalize("NFC", path).split("/")
        bad = any(part in ("", ".", "..") or any(char < " " or char == "\\" for char in part) for part in segments)
        if bad or self.is_state(self.in_tree(slug, segments[0])) or len(path) > _LONGEST_PATH:
            raise Suspicious(
                _("Le chemin « {path} » ne mène pas dans l'espace « {slug} » : il a été refusé.").format(
                    path=path[:100], slug=slug
                ),
                _("Rien n'a été modifié. Si personne n'a touché au dossier « {folder} », signalez-le.").format(
                    folder=STATE
                ),
            )
        return f"{self.engagement(slug)}/{'/'.join(segments)}"

    def predict(self, space: Space, resource: Resource) -> Address:
        """Where a folder or document will be."""
        holder = container(resource)
        address = space.addresses.get(holder) if holder else None
        name = name_of(resource)
        return self.address(
            space.slug, f"{address.path}/{name}" if address else name, folder=resource.kind == "folder"
        )

    def address(self, slug: str, path: str, *, folder: bool) -> Address:
        """A thing's address: for people it is shown in the folder that holds it."""
        if folder:
            return Address(path, self._browse(slug, path))
        parent, _slash, name = path.rpartition("/")
        return Address(path, f"{self._browse(slug, parent)}&scrollto={quote(name, safe='')}")

    def locate(self, slug: str) -> Address:
        return Address(self.engagement(slug), self._browse(slug, ""))

    def _browse(self, slug: str, path: str) -> str:
        """The page of the web interface on which the team sees a folder: shared folders stand at its own root."""
        top = slug if self.settings.team_group else f"{self.settings.root}/{slug}"
        return f"{self.settings.url}/index.php/apps/files/?dir=/{quote(f'{top}/{path}'.rstrip('/'))}"

    def resolve(self, place: str) -> str | None:
        """The slug of the engagement at a path or URL that a person typed, if it can be one."""
        text = unicodedata.normalize("NFC", place.strip().strip('"'))
        path: str | None = text
        tops = [f"{self.settings.root}/"]
        if "://" in text:
            path = self._path_of(text)
            if self.settings.team_group:
                tops.append("")
        for top in tops:
            inside = (path or "").strip("/")
            if inside.startswith(top):
                slug = inside.removeprefix(top).partition("/")[0]
                if is_slug(slug):
                    return slug
        return None

    def _path_of(self, url: str) -> str | None:
        """What a URL of this server shows, as a path of files."""
        if origin(url) != origin(self.settings.url):
            return None
        parts = urlsplit(url)
        path = unquote(parts.path).removeprefix(urlsplit(self.settings.url).path.rstrip("/"))
        dav = f"/remote.php/dav/files/{self.settings.user}/"
        if path.startswith(dav):
            return path.removeprefix(dav)
        if "/apps/files" in path:
            return next(iter(parse_qs(parts.query).get("dir", [])), None)
        return None


def is_space(name: str) -> bool:
    """Whether a folder of the root may be an engagement's, or the collective's."""
    return is_slug(name) or name == COLLECTIVE


def name_of(resource: Resource) -> str:
    """A name that Windows clients take too. Raises Refused when nothing of it can be kept."""
    try:
        return safe_filename(getattr(resource, "name", ""))
    except ValueError as error:
        raise Refused(str(error)) from error
