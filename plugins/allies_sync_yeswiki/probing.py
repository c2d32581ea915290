"""What no setting tells for sure, tried on a page, a form and an answer of our own, as anybody on the web would."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from allies_sync.model.resources import Access, Rights
from allies_sync.platforms.errors import PlatformError
from allies_sync.platforms.interface import Finding, Level, Space
from allies_sync.text.messages import _
from allies_sync_yeswiki import formlines as lines
from allies_sync_yeswiki.classify import is_editor
from allies_sync_yeswiki.formwork import FormWork
from allies_sync_yeswiki.looking import Look, read_page
from allies_sync_yeswiki.names import fold_tag
from allies_sync_yeswiki.rights import Levels
from allies_sync_yeswiki.saving import Saver, remove_page
from allies_sync_yeswiki.server import Server

PAGE, ANSWER, NUMBER = "AlliesSyncEssai", "AlliesSyncEssaiReponse", "4200000001"
_MARK = "allies-sync:_essai:form:essai"
_LABEL = "Essai d'allies-sync (à supprimer)"
_BODY = "Page d'essai d'allies-sync : elle disparaît aussitôt."


def made() -> Sequence[str]:
    """What a probe makes."""
    return (
        _("sur le wiki, une page fermée « {page} »").format(page=PAGE),
        _("un formulaire « {label} » (n° {number})").format(label=_LABEL, number=NUMBER),
        _("une réponse anonyme « {answer} »").format(answer=ANSWER),
    )


class Probe:
    """One probe of one wiki."""

    def __init__(self, server: Server, levels: Levels) -> None:
        self.server = server
        self.levels = levels
        self.saver = Saver(server, levels)
        self.forms = FormWork(server, levels, Space("_essai", "Essai"), Look(server))

    def run(self) -> Iterator[Finding]:
        self.clean()
        try:
            yield from self._pages()
            yield from self._answers()
        finally:
            self.clean()
        yield Finding(Level.OK, _("Tout ce que l'essai avait créé est supprimé."))

    def clean(self) -> None:
        """Removes what this or an earlier probe made. A stranger's thing of the same name is left, and told."""
        look = Look(self.server)
        form = look.forms.get(NUMBER)
        if form is not None and form.description.strip() != _MARK:
            raise PlatformError(_("Le formulaire n° {number} du wiki n'est pas de l'outil.").format(number=NUMBER))
        there = look.entries([ANSWER, PAGE])
        for tag in (ANSWER, PAGE):
            entry = there.get(fold_tag(tag))
            if entry is not None and str(entry.get("id_typeannonce")) == NUMBER:
                remove_page(self.server, tag)
        page = read_page(self.server, PAGE)
        if page is not None:
            if page.body.strip() != _BODY:
                raise PlatformError(_("La page « {page} » du wiki n'est pas de l'outil.").format(page=PAGE))
            remove_page(self.server, PAGE)
        if form is not None:
            self.forms.remove(NUMBER)

    def _pages(self) -> Iterator[Finding]:
        self.saver.reserve(Access(Rights.TEAM, None), [PAGE])
        self.saver.save_or_raise(PAGE, _BODY, "", {})
        yield Finding(Level.OK, _("L'outil crée une page, avec ses droits."))
        open_to_all = is_editor(self.server.page_as_anybody(f"{PAGE}/edit"))
        shown = _BODY in self.server.page_as_anybody(PAGE).text
        if open_to_all or shown:
            yield Finding(
                Level.FAULT,
                _("Une page fermée reste ouverte à qui n'a pas de compte."),
                _("Vérifiez les droits sur la page GererDroits du wiki, et le groupe « admins »."),
            )
        else:
            yield Finding(Level.OK, _("Une page fermée l'est : personne sans compte ne la lit ni ne l'écrit."))

    def _answers(self) -> Iterator[Finding]:
        template = lines.template(
            [
                ("titre", "Essai", "Titre Automatique", *[""] * 13),
                ("texte", "bf_mot", "Un mot", "60", "255", "", "", "text", "0", "", "", "@admins", "*", "", "", ""),
                ("acls", "@admins", "*", "comments-closed", *[""] * 12),
            ]
        )
        content = self.forms.content(_LABEL, template, _MARK)
        self.server.post("BazaR&vue=formulaire", [(f"imported-form[{NUMBER}]", json.dumps(content))])
        if Look(self.server).forms.get(NUMBER) is None:
            yield Finding(Level.FAULT, _("L'outil n'a pas pu créer de formulaire."))
            return
        yield Finding(Level.OK, _("L'outil crée un formulaire."))
        self._send(ANSWER, "bonjour")
        if read_page(self.server, ANSWER) is None:
            yield Finding(
                Level.FAULT,
                _("Une réponse envoyée sans compte n'est pas enregistrée : aucune n'arriverait."),
                _("Mettez 'default_write_acl' => '*' dans wakka.config.php, ou retirez 'bazarIgnoreAcls' => false."),
            )
        else:
            yield Finding(Level.OK, _("Une réponse envoyée sans compte est enregistrée."))
            shown = "bonjour" in self.server.page_as_anybody(f"api/forms/{NUMBER}/entries").text
            level = Level.FAULT if shown else Level.OK
            sentence = (
                _("Une réponse fermée se lit sans compte.") if shown else _("Personne sans compte ne la relit.")
            )
            yield Finding(level, sentence)
        self._send(PAGE, "écrasée")
        page = read_page(self.server, PAGE)
        if page is None or page.body.strip() != _BODY:
            yield Finding(
                Level.WARNING,
                _("N'importe qui peut écraser une page fermée par un questionnaire public."),
                _("Ajoutez 'bazarIgnoreAcls' => false dans wakka.config.php ; gardez 'default_write_acl' => '*'."),
            )
        else:
            yield Finding(Level.OK, _("Personne n'écrase une page fermée par un questionnaire public."))

    def _send(self, tag: str, word: str) -> None:
        """As a browser without an account does."""
        fields = [
            ("bf_titre", "Essai"),
            ("bf_mot", word),
            ("antispam", "1"),
            ("id_typeannonce", NUMBER),
            ("id_fiche", tag),
            ("valider", "1"),
        ]
        self.server.post_as_anybody(f"BazaR&vue=saisir&action=saisir_fiche&id={NUMBER}", fields)
