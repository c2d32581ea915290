"""Licences under which a collective may publish. Values are SPDX identifiers."""

from __future__ import annotations

from enum import StrEnum


class Licence(StrEnum):
    """What others may do with what is published."""

    CC_BY_SA = "CC-BY-SA-4.0"
    CC_BY = "CC-BY-4.0"
    CC_BY_NC_SA = "CC-BY-NC-SA-4.0"
    CC_BY_ND = "CC-BY-ND-4.0"
    CC0 = "CC0-1.0"

    @property
    def label(self) -> str:
        """Its name in French."""
        return _TEXTS[self][0]

    @property
    def short(self) -> str:
        """The form that people use: ``CC BY-SA``."""
        return _TEXTS[self][1]

    @property
    def url(self) -> str:
        """Its text in French."""
        return f"https://creativecommons.org/{_TEXTS[self][2]}/deed.fr"


_TEXTS = {
    Licence.CC_BY_SA: (
        "Creative Commons Attribution – Partage dans les mêmes conditions 4.0 International",
        "CC BY-SA 4.0",
        "licenses/by-sa/4.0",
    ),
    Licence.CC_BY: (
        "Creative Commons Attribution 4.0 International",
        "CC BY 4.0",
        "licenses/by/4.0",
    ),
    Licence.CC_BY_NC_SA: (
        "Creative Commons Attribution – Pas d'utilisation commerciale – Partage dans les mêmes conditions 4.0 "
        "International",
        "CC BY-NC-SA 4.0",
        "licenses/by-nc-sa/4.0",
    ),
    Licence.CC_BY_ND: (
        "Creative Commons Attribution – Pas de modification 4.0 International",
        "CC BY-ND 4.0",
        "licenses/by-nd/4.0",
    ),
    Licence.CC0: (
        "Creative Commons Zéro 1.0 – Transfert dans le domaine public",
        "CC0 1.0",
        "publicdomain/zero/1.0",
    ),
}
