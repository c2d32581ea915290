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
        return self.label_in("fr")

    def label_in(self, language: str) -> str:
        """Its name in a language: as Creative Commons gives it, in English for any that is not French."""
        return _TEXTS[self][0] if language == "fr" else _ENGLISH[self]

    @property
    def short(self) -> str:
        """The form that people use: ``CC BY-SA``."""
        return _TEXTS[self][1]

    @property
    def url(self) -> str:
        """Its text in French."""
        return self.url_in("fr")

    def url_in(self, language: str) -> str:
        """Its text in a language."""
        return f"https://creativecommons.org/{_TEXTS[self][2]}/deed.{'fr' if language == 'fr' else 'en'}"


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
_ENGLISH = {
    Licence.CC_BY_SA: "Creative Commons Attribution-ShareAlike 4.0 International",
    Licence.CC_BY: "Creative Commons Attribution 4.0 International",
    Licence.CC_BY_NC_SA: "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
    Licence.CC_BY_ND: "Creative Commons Attribution-NoDerivatives 4.0 International",
    Licence.CC0: "Creative Commons Zero 1.0 Universal",
}
