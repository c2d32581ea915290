"""What the operating system says, as sentences for people."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allies_sync.platforms.errors import Denied, Full, PlatformError, Refused, Suspicious, Unavailable
from allies_sync.text.messages import _
from allies_sync.text.system import system_words


def told(error: OSError, path: Path) -> PlatformError:
    """The error of the operating system as one of the platform's, with a sentence that names the path."""
    code = error.errno
    windows = getattr(error, "winerror", None)
    if code == errno.EROFS:
        return Denied(
            _("Le disque de « {path} » est en lecture seule.").format(path=path),
            _("Rendez-le accessible en écriture, puis relancez la commande."),
        )
    if code in (errno.EACCES, errno.EPERM):
        return Denied(
            _("L'accès à « {path} » est refusé.").format(path=path),
            _("Vérifiez les droits de ce dossier, et qu'aucun autre programme ne garde le fichier ouvert."),
        )
    if code in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)) or windows == 112:
        return Full(
            _("Il n'y a plus de place pour écrire « {path} ».").format(path=path),
            _("Libérez de l'espace sur ce disque, puis relancez la commande : elle reprendra où elle s'est arrêtée."),
        )
    if code == errno.EFBIG:
        return Refused(_("« {path} » est trop grand.").format(path=path))
    if code == errno.ENAMETOOLONG or windows == 206:
        return Refused(
            _("Le nom « {path} » est trop long pour ce disque.").format(path=path),
            _("Choisissez un nom plus court, ou un dossier moins profond."),
        )
    if code in (errno.EINVAL, errno.EILSEQ) or windows == 123:
        return Refused(_("Ce disque n'accepte pas le nom « {path} ».").format(path=path))
    if code in (errno.ENOTDIR, errno.EISDIR, errno.EEXIST):
        return Refused(
            _("« {path} » n'est pas ce qui est attendu : un fichier à la place d'un dossier, ou l'inverse.").format(
                path=path
            ),
            _("Renommez ou déplacez ce qui s'y trouve, puis relancez la commande."),
        )
    if code == errno.ENOENT:
        return Refused(
            _("« {path} » n'existe plus.").format(path=path),
            _("Quelqu'un l'a peut-être déplacé ou supprimé. Relancez la commande pour voir ce qui reste à faire."),
        )
    if code == errno.ELOOP:
        return Suspicious(
            _("« {path} » est un lien symbolique : il n'est pas suivi.").format(path=path),
            _("Remplacez-le par ce à quoi il mène, puis relancez la commande."),
        )
    reason = system_words(error)
    return Unavailable(_("Le disque ne répond pas pour « {path} » ({reason}).").format(path=path, reason=reason))


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Whatever the operating system raises in here becomes a platform's error about ``path``."""
    try:
        yield
    except OSError as error:
        raise told(error, path) from error
