"""What the operating system says when something cannot be read or written, in words that fit into a sentence."""

from __future__ import annotations

import errno

from allies_sync.text.messages import _


def system_words(error: OSError) -> str:
    """Why the operating system refused, as the end of a sentence: ``l'accès est refusé``.

    What has no words of ours keeps the system's, which are English; without any, the name of the error.
    """
    known = _windows(getattr(error, "winerror", None)) or _posix(error.errno)
    return known or (error.strerror or "").strip().rstrip(".") or type(error).__name__


def _posix(code: int | None) -> str:
    match code:
        case errno.EACCES | errno.EPERM:
            return _("l'accès est refusé")
        case errno.ENOENT:
            return _("il n'y a rien de ce nom à cet endroit")
        case errno.EISDIR:
            return _("c'est un dossier")
        case errno.ENOTDIR:
            return _("un des dossiers de ce chemin n'en est pas un")
        case errno.EEXIST:
            return _("ce nom est déjà pris")
        case errno.ENOTEMPTY:
            return _("le dossier n'est pas vide")
        case errno.ENAMETOOLONG:
            return _("ce nom est trop long")
        case errno.EILSEQ:
            return _("ce nom n'est pas accepté sur ce disque")
        case errno.ENOSPC:
            return _("il n'y a plus de place sur le disque")
        case errno.EDQUOT:
            return _("votre part du disque est pleine")
        case errno.EFBIG:
            return _("c'est trop grand")
        case errno.EROFS:
            return _("le disque est en lecture seule")
        case errno.EIO:
            return _("le disque ne répond pas comme il devrait")
        case errno.ELOOP:
            return _("des liens symboliques y tournent en rond")
        case errno.EMFILE | errno.ENFILE:
            return _("trop de fichiers sont ouverts en même temps")
        case errno.EBUSY | errno.ETXTBSY:
            return _("un autre programme s'en sert")
        case errno.ENOMEM:
            return _("il n'y a plus de mémoire libre")
        case errno.ETIMEDOUT:
            return _("il n'y a pas eu de réponse à temps")
        case errno.ECONNREFUSED | errno.ECONNRESET | errno.ECONNABORTED | errno.EPIPE:
            return _("la connexion a été refusée ou coupée")
        case errno.ENETUNREACH | errno.EHOSTUNREACH | errno.ENETDOWN:
            return _("le réseau ne répond pas")
        case errno.ESTALE:
            return _("le dossier partagé n'est plus là")
    return ""


def _windows(code: int | None) -> str:
    """Numbers of Windows' own that Python gives no, or a misleading, ``errno``."""
    match code:
        case 32 | 33:
            return _("un autre programme s'en sert")
        case 112:
            return _("il n'y a plus de place sur le disque")
        case 123:
            return _("ce nom n'est pas accepté sur ce disque")
        case 206:
            return _("ce nom est trop long")
    return ""
