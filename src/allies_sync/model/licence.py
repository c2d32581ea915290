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

    @property
    def conditions(self) -> str:
        """What it allows and asks for, as the end of a French sentence: « Vous pouvez … »."""
        return _TEXTS[self][3]


_TEXTS = {
    Licence.CC_BY_SA: (
        "Creative Commons Attribution – Partage dans les mêmes conditions 4.0 International",
        "CC BY-SA 4.0",
        "licenses/by-sa/4.0",
        "le partager et l'adapter, même à des fins commerciales, en citant ses auteur·ices et en diffusant vos "
        "adaptations sous la même licence",
    ),
    Licence.CC_BY: (
        "Creative Commons Attribution 4.0 International",
        "CC BY 4.0",
        "licenses/by/4.0",
        "le partager et l'adapter, même à des fins commerciales, en citant ses auteur·ices",
    ),
    Licence.CC_BY_NC_SA: (
        "Creative Commons Attribution – Pas d'utilisation commerciale – Partage dans les mêmes conditions 4.0 "
        "International",
        "CC BY-NC-SA 4.0",
        "licenses/by-nc-sa/4.0",
        "le partager et l'adapter sans but commercial, en citant ses auteur·ices et en diffusant vos adaptations "
        "sous la même licence",
    ),
    Licence.CC_BY_ND: (
        "Creative Commons Attribution – Pas de modification 4.0 International",
        "CC BY-ND 4.0",
        "licenses/by-nd/4.0",
        "le partager sans le modifier, même à des fins commerciales, en citant ses auteur·ices",
    ),
    Licence.CC0: (
        "Creative Commons Zéro 1.0 – Transfert dans le domaine public",
        "CC0 1.0",
        "publicdomain/zero/1.0",
        "l'utiliser librement, sans aucune condition",
    ),
}
