"""All commands by name: where each one is defined and what it is for. Nothing of them is imported here."""

from __future__ import annotations

from typing import NamedTuple

from allies_sync.text.messages import _

PACKAGE = "allies_sync.cli"


class Entry(NamedTuple):
    """One command: the module and the attribute that define it, and one line about it."""

    module: str
    attribute: str
    summary: str


def entries() -> dict[str, Entry]:
    """The commands, in the order in which a person meets them."""
    return {
        "init": Entry("setup", "init", _("Écrit une première configuration, allies-sync.toml.")),
        "doctor": Entry("setup", "doctor", _("Vérifie la configuration et les plateformes, sans rien modifier.")),
        "login": Entry("login", "login", _("Donne à ce poste son propre accès à une plateforme.")),
        "logout": Entry("login", "logout", _("Retire à ce poste son accès à une plateforme.")),
        "new-engagement": Entry("opening", "new_engagement", _("Ouvre l'espace de travail d'un accompagnement.")),
        "edit": Entry("editing", "edit", _("Change les données d'un accompagnement : une date, le programme…")),
        "extend": Entry("extending", "extend", _("Prolonge les liens d'un accompagnement.")),
        "plan": Entry("syncing", "plan", _("Montre ce que « sync » ferait, sans rien modifier.")),
        "sync": Entry("syncing", "sync", _("Met un espace de travail en accord avec ses données et son modèle.")),
        "status": Entry("overview", "status", _("Où en est chaque accompagnement, et ce qui est à faire.")),
        "answers": Entry("answers", "app", _("Les réponses aux questionnaires : lire, compter, ajouter, retirer.")),
        "bilan": Entry("bilan", "app", _("Le brouillon du bilan, et les citations à choisir.")),
        "publish-bilan": Entry("bilan", "publish_bilan", _("Publie le bilan : PDF, page du wiki et liens.")),
        "add": Entry("adding", "add", _("Ajoute un document : cahier des charges, proposition, bilan, ressource.")),
        "consent": Entry("adding", "consent", _("Note l'accord du client pour publier un document.")),
        "archive": Entry("archiving", "app", _("Archive un accompagnement terminé en mémoire d'action.")),
        "unarchive": Entry("archiving", "unarchive", _("Rouvre un accompagnement archivé, avec ses droits d'avant.")),
        "restore": Entry("archiving", "restore", _("Refait un espace à partir de son paquet, même ailleurs.")),
        "adopt": Entry("leaving", "adopt", _("Reprend un espace de travail ouvert depuis un autre poste.")),
        "cancel": Entry("leaving", "cancel", _("Annule un accompagnement : son espace passe en lecture seule.")),
        "remove": Entry("leaving", "remove", _("Supprime un espace, sauf ce que des personnes y ont écrit.")),
        "memoires": Entry("memoires", "app", _("Les mémoires d'action : importer, vérifier, compléter, exporter…")),
        "templates": Entry("templates", "app", _("Les modèles d'espaces : liste, contenu, vérification.")),
        "plugins": Entry("plugins", "app", _("Les greffons : plateformes, modèles et commandes en plus.")),
    }
