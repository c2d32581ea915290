"""What a saved page of a list, or a feed, leaves out, and how all of it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from allies_sync.platforms.memoires import Remark
from allies_sync.text.messages import _
from allies_sync_yeswiki.memoires_pages import Survey
from allies_sync_yeswiki.memoires_text import base_of

_NUMBER = re.compile(r"(?<=[?&])pageID=\d+&?")


def left_out(page: Survey) -> Iterator[Remark]:
    """What a person should know who gave only a part, when nothing else can be asked for."""
    if page.feed:
        text = _(
            "Un flux ne donne que les dernières fiches, et ne dit pas combien il y en a. Pour les lire toutes, "
            "donnez l'adresse du wiki : {url}"
        )
        yield Remark(text.format(url=base_of(page.feed).removesuffix("wiki=").rstrip("?")[:200]))
    elif page.more:
        text = _(
            "La liste {url} a plusieurs pages. Un fichier enregistré n'en contient qu'une, et ses liens ne sont pas "
            "suivis : pour lire toute la liste, donnez cette adresse, ou un dossier où toutes ses pages sont "
            "enregistrées."
        )
        yield Remark(text.format(url=_NUMBER.sub("", page.more[0]).rstrip("?&")[:200]))
