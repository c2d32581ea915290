"""``add`` and ``consent``."""

from __future__ import annotations

from typing import Annotated

import typer

from allies_sync.cli.options import DryRun, Json, Slug, Yes
from allies_sync.text.messages import _


def add(
    slug: Slug,
    role: Annotated[
        str,
        typer.Argument(
            metavar=_("DOCUMENT"), help=_("cahier-des-charges, proposition, bilan, ressource ou reformulation.")
        ),
    ],
    source: Annotated[
        str | None,
        typer.Argument(
            metavar=_("FICHIER-OU-ADRESSE"),
            help=_("Un fichier de ce poste, ou une adresse https. Une reformulation peut s'en passer."),
        ),
    ] = None,
    title: Annotated[
        str, typer.Option("--title", metavar=_("TITRE"), help=_("Le titre du document (sinon, le nom du fichier)."))
    ] = "",
    recreate: Annotated[
        bool, typer.Option("--recreate", help=_("Remet le document dans l'espace, si quelqu'un l'y a supprimé."))
    ] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help=_("Met le document à la place de celui que quelqu'un a changé, dont une copie est gardée."),
        ),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.screen import note
    from allies_sync.cli.show_archive import shown_reason
    from allies_sync.cli.work import desk, do
    from allies_sync.engagements.adding import keep_former, piece_role, prepare_addition
    from allies_sync.engagements.errors import UserError
    from allies_sync.engagements.pieces import piece_named
    from allies_sync.engagements.reformulating import prepare_reformulation, reformulation_text
    from allies_sync.engagements.wishes import Wishes
    from allies_sync.model.documents import PieceRole

    wishes = Wishes(recreate, replace)
    with desk() as opened:
        kind = piece_role(role)
        text = reformulation_text(source) if kind is PieceRole.REFORMULATION else None
        if kind is PieceRole.REFORMULATION and (source is None or text is not None):
            addition = prepare_reformulation(opened, slug, text, wishes=wishes)
        elif source is None:
            raise UserError(
                _("Quel document ? Il manque un fichier ou une adresse."),
                _("Exemple : allies-sync add {slug} {role} Document.pdf").format(slug=slug, role=kind.value),
            )
        else:
            addition = prepare_addition(opened, slug, kind, source, title=title, wishes=wishes)
        preparation = addition.preparation
        if addition.beside:
            told = _("« {name} » a été changé dans l'espace depuis : le vôtre est rangé à côté, sous « {other} ».")
            note(told.format(name=addition.beside, other=addition.piece.name))
        elif addition.kept:
            note(
                _(
                    "« {title} » a été changé dans l'espace par quelqu'un depuis : il n'a pas été remplacé. Pour que "
                    "le vôtre prenne sa place (une copie de l'autre est gardée), relancez la même commande avec "
                    "--replace."
                ).format(title=addition.piece.title)
            )
        elif preparation.idle:
            note(_("« {title} » est déjà dans l'espace : rien à ajouter.").format(title=addition.piece.title))
        if not dry_run and (kept := keep_former(addition)):
            note(_("La version précédente est gardée dans {path}").format(path=kept))
        piece = piece_named(preparation.engagement, addition.piece.id) or addition.piece
        done = _("« {title} » est à sa place. {shown}").format(title=piece.title, shown=shown_reason(piece, slug))
        if addition.kept:
            done = _("Le reste de l'espace est à jour.")
        return do(opened, preparation, yes=yes, dry_run=dry_run, done=done.strip())


def consent(
    slug: Slug,
    document: Annotated[
        str,
        typer.Option(
            "--document",
            metavar=_("DOCUMENT"),
            help=_("Ce que le client accepte de publier : proposition, cahier-des-charges, bilan…"),
        ),
    ],
    date: Annotated[
        str | None,
        typer.Option("--date", metavar=_("DATE"), help=_("Le jour de son accord, par exemple 2027-04-30.")),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar=_("FONCTION"), help=_("Qui a donné l'accord : une fonction, pas un nom."))
    ] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help=_("Le client est revenu sur son accord."))] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    from allies_sync.cli.opening_data import french_day
    from allies_sync.cli.work import desk, do
    from allies_sync.engagements.consenting import prepare_consent
    from allies_sync.engagements.errors import UserError

    if (date is None) is not withdraw:
        raise UserError(
            _("Il faut la date de l'accord (--date), ou son retrait (--withdraw)."),
            _("Exemple : allies-sync consent {slug} --document proposition --date 2027-04-30").format(slug=slug),
        )
    with desk() as opened:
        day = french_day(date.strip()) if date is not None else None
        preparation = prepare_consent(opened, slug, document, day, by)
        done = _("L'accord du client est noté : ce document peut être publié.")
        if withdraw:
            done = _("Le retrait est noté : ce document n'est plus que pour l'équipe.")
        return do(opened, preparation, yes=yes, dry_run=dry_run, done=done)
