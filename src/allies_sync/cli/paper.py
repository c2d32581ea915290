"""Sheets for answers on paper: printed, filled in, added."""

from __future__ import annotations

import secrets
from pathlib import Path

from allies_sync.answers.paper import NotASheet, Sheet, blank_sheet, read_sheet
from allies_sync.answers.sheets import BIGGEST, UnreadableSheet, to_csv, to_ods
from allies_sync.answers.sheets import read_sheet as read_rows
from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.outputs import chosen_format, write_output, write_stdout
from allies_sync.cli.recent import remember_slugs
from allies_sync.cli.screen import confirm, note, result, say
from allies_sync.cli.show_answers import default_name, unread
from allies_sync.cli.work import desk
from allies_sync.engagements.answers import questionnaires
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.paper import Addition, carry_addition, one_form, prepare_addition
from allies_sync.text.messages import _, join_words, ngettext

ROWS = 40
MOST_TOLD = 20


def write_sheet(
    slug: str, moment: str | None, session: str | None, *, format: str | None, output: str | None, force: bool
) -> int:
    """Writes a sheet to be filled in: a file, or CSV on standard output where that is no terminal."""
    kind = chosen_format(format, output, ("csv", "ods"))
    with desk() as opened:
        asked = questionnaires(opened, slug, moment, session)
        form = one_form(asked, slug)
    remember_slugs([slug])
    rows = max(ROWS, 2 * (asked.engagement.expected or 0))
    purged = asked.engagement.purged is not None
    table = blank_sheet(slug, form, asked.titled(form), asked.lists, secrets.token_hex(4), rows, personal=not purged)
    if kind == "csv" and output is None:
        write_stdout(to_csv(table), "csv")
        return DONE
    data = to_csv(table) if kind == "csv" else to_ods([table])
    path = write_output(output or str(default_name(slug, form, kind or "ods")), data, force=force)
    result({"slug": slug, "form": form.id, "file": str(path), "format": kind or "ods"})
    say(_("La feuille est prête : {file}").format(file=path))
    say(_("Écrivez un numéro sur chaque réponse en papier, et recopiez-la sur la ligne de ce numéro. Puis :"))
    say(f"  allies-sync answers add {path}")
    return DONE


def add_sheet(slug: str | None, file: str, *, dry_run: bool, yes: bool) -> int:
    """Adds what a sheet says. Exit code 1 when some of it is there already with other words."""
    sheet = _read(file)
    if slug is not None and slug != sheet.slug:
        raise UserError(
            _("Cette feuille est celle de « {sheet} », pas de « {slug} ».").format(sheet=sheet.slug[:80], slug=slug),
            _("Rien n'a été ajouté."),
        )
    with desk() as opened:
        addition, filled = prepare_addition(opened, sheet)
        if filled.troubles:
            told = [_("ligne {row} : {what}").format(row=it.row, what=it.sentence) for it in filled.troubles]
            more = len(told) - MOST_TOLD
            rest = [_("… et {count} autres").format(count=more)] if more > 0 else []
            raise UserError(
                _("Des réponses de {file} ne peuvent pas être comprises.").format(file=file),
                _("Rien n'a été ajouté. Corrigez la feuille, puis relancez la même commande."),
                [*told[:MOST_TOLD], *rest],
            )
        _show(addition)
        if dry_run or not addition.new:
            if dry_run:
                say(_("Rien n'a été modifié (--dry-run)."))
            result(_document(addition, []))
            return UNDONE if addition.differ else DONE
        confirm(_("Les ajouter ?"), yes=yes)
        added = carry_addition(opened, addition)
    remember_slugs([sheet.slug])
    result(_document(addition, added))
    say(
        ngettext("{count} réponse est ajoutée.", "{count} réponses sont ajoutées.", len(added)).format(
            count=len(added)
        )
    )
    return UNDONE if addition.differ or len(added) < len(addition.new) else DONE


def _show(addition: Addition) -> None:
    title = addition.asked.titled(addition.form)
    count = len(addition.new)
    if count:
        text = ngettext(
            "{count} réponse à ajouter à « {title} ».", "{count} réponses à ajouter à « {title} ».", count
        )
        say(text.format(count=count, title=title))
    else:
        say(_("Rien à ajouter à « {title} ».").format(title=title))
    if addition.there:
        text = ngettext("{count} y est déjà.", "{count} y sont déjà.", len(addition.there))
        say(text.format(count=len(addition.there)))
    if addition.differ:
        note(
            _(
                "Déjà là avec d'autres mots, laissées telles quelles : {numbers}. Si ce sont d'autres personnes, "
                "donnez à leurs lignes un autre numéro."
            ).format(numbers=join_words([_("n° {number}").format(number=it) for it in addition.differ[:MOST_TOLD]]))
        )
    if addition.withdrawn:
        note(
            _("Retirées à la demande des personnes, laissées de côté : {numbers}.").format(
                numbers=join_words([_("n° {number}").format(number=it) for it in addition.withdrawn[:MOST_TOLD]])
            )
        )
    for text in unread(addition.unread, _("Ce qui n'a pas pu être lu reste tel quel.")):
        note(text)
    if addition.anonymous:
        note(
            _(
                "Les réponses personnelles de cet accompagnement ont été effacées : celles de la feuille sont "
                "laissées de côté."
            )
        )


def _document(addition: Addition, added: list[str]) -> dict[str, object]:
    return {
        "slug": addition.asked.space.slug,
        "form": addition.form.id,
        "new": [number for number, _answer in addition.new],
        "added": added,
        "already": list(addition.there),
        "differ": list(addition.differ),
        "withdrawn": list(addition.withdrawn),
    }


def _read(file: str) -> Sheet:
    path = Path(file).expanduser()
    nothing = _("Rien n'a été ajouté.")
    try:
        if path.is_file() and path.stat().st_size > BIGGEST:
            raise UnreadableSheet
        return read_sheet(read_rows(path.read_bytes()))
    except FileNotFoundError as error:
        raise UserError(
            _("Le fichier {file} n'existe pas.").format(file=file[:200]),
            nothing + " " + _("Vérifiez son nom et son dossier."),
        ) from error
    except UnreadableSheet as error:
        raise UserError(
            _("{file} n'est pas une feuille de tableur que l'on puisse lire.").format(file=file[:200]),
            nothing + " " + _("Enregistrez-la en .ods, .xlsx ou .csv."),
        ) from error
    except NotASheet as error:
        raise UserError(
            _("{file} n'est pas une feuille faite par allies-sync.").format(file=file[:200]),
            nothing
            + " "
            + _("« allies-sync answers sheet IDENTIFIANT » en donne une ; gardez ses premières lignes."),
        ) from error
    except (OSError, ValueError) as error:
        raise UserError(
            _("Le fichier {file} ne peut pas être lu.").format(file=file[:200]),
            nothing + " " + _("Vérifiez son nom, et que vous avez le droit de le lire."),
        ) from error
