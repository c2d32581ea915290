"""Error messages in the user's language. The French ones were read from the answers of a real server."""

from __future__ import annotations

_FRENCH = {
    "Please specify a file or folder path": "Veuillez indiquer un fichier ou un chemin",
    "Wrong path, file/folder does not exist": "Chemin incorrect, le fichier/dossier n'existe pas",
    "Wrong share ID, share does not exist": "ID de partage erroné, ce partage n'existe pas",
    "Expiration date is in the past": "La date d’expiration est dans le passé",
    "Invalid date, date format must be YYYY-MM-DD": "Date non valide, le format doit être DD/MM/YYYY",
    "Invalid permissions": "Autorisations non valides",
    "Unknown share type": "Type de partage inconnu",
    "Please specify a valid user": "Veuillez entrer un utilisateur valide",
    "Please specify a valid group": "Veuillez entrer un groupe valide",
    "Public upload is only possible for publicly shared folders": (
        "Les envois publics sont possibles uniquement pour les dossiers partagés publiquement"
    ),
    "Not a directory": "N'est pas un dossier",
    "Wrong or no update parameter given": "Mauvais ou aucun paramètre donné ",
    "Share must at least have READ or CREATE permissions": (
        "Le partage nécessite de disposer à minima des permissions de LECTURE et de CREATION"
    ),
    "Share must have READ permission if UPDATE or DELETE permission is set": (
        "Le partage doit disposer de l'autorisation LECTURE si l'autorisation METTRE À JOUR ou SUPPRIMER est définie"
    ),
    "Cannot increase permissions of %s": "Impossible d'augmenter les permissions de %s",
    "You are not allowed to share %s": "Vous n’êtes pas autorisé à partager %s",
    "Shared link": "Lien partagé",
    "Logged in user must be an admin": "L'utilisateur connecté doit être un administrateur",
}


def translated(message: str, language: str, argument: str | None = None) -> str:
    """Messages that the real server does not translate stay English here too."""
    chosen = _FRENCH.get(message, message) if language.startswith("fr") else message
    return chosen if argument is None else chosen.replace("%s", argument)
