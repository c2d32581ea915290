"""Widgets as the wiki's own actions: people see and edit them like those of any other page."""

from __future__ import annotations

from collections.abc import Mapping

from allies_sync.model.resources import Widget
from allies_sync.platforms.interface import Space
from allies_sync.text.messages import _
from allies_sync_yeswiki.inert import html_words, parameter, raw, words
from allies_sync_yeswiki.links import Linker
from allies_sync_yeswiki.names import banner_tag, is_tag

ENGAGEMENT = "bf_engagement"
"""The field by which a form that all engagements share knows whose an answer is."""

KEYWORD = "accompagnements"
"""The keyword of every engagement's start page: by it the wiki lists them all by itself."""

THANKS = "merci"

_ABOUT_FORMS = frozenset({"form", "answers", "count", "tally"})

_VIEWS: Mapping[str, str] = {
    "cards": 'template="card" dynamic="true" displayfields="title=bf_titre"',
    "table": 'template="tableau"',
    "links": 'template="liste_liens"',
    "list": "",
}


class Widgets:
    """What widgets look like on one page of one space."""

    def __init__(self, space: Space, link: Linker, tag: str) -> None:
        self.space = space
        self.link = link
        self.tag = tag

    def source(self, widget: Widget) -> tuple[str, str]:
        """A widget on a line of its own, and inside a line."""
        label = widget.option("label")
        url = self.link.of(widget.target)
        number = form_in(self.link.path(widget.target)) if widget.name in _ABOUT_FORMS else None
        match widget.name:
            case "form" if number:
                return self._form(widget, *number), self._inline(label or _("Ouvrir le questionnaire"), url)
            case "answers" if number:
                return self._answers(widget, *number), self._inline(label or _("Voir les réponses"), url)
            case "count" if number:
                return self._count(*number), self._inline(label or _("Voir les réponses"), url)
            case "tally" if number:
                return self._tally(*number), self._inline(label or _("Voir les réponses"), url)
            case "files":
                return self._files(widget, label)
            case "include" if url and is_tag(url):
                return f'{{{{include page="{url}"}}}}', self._inline(label or _("Lire la page"), url)
            case "contents":
                shown = f'{{{{include page="{banner_tag(self.space)}" auth="noError"}}}}'
                return shown, ""
            case "engagements":
                return f'{{{{listpagestag tags="{KEYWORD}" template="pages_list.tpl.html"}}}}', ""
        return self._button(label, url)

    def _form(self, widget: Widget, owner: str, number: str) -> str:
        """The entry form; where it leads says thank you, above the same form, to the next person."""
        thanks = _("Merci ! Votre réponse est bien arrivée. Une autre personne peut répondre ci-dessous.")
        parts = [
            raw(
                f"<style>#{THANKS}:not(:target){{display:none}}</style>"
                f'<div id="{THANKS}" class="alert alert-success">{html_words(thanks)}</div>'
            )
        ]
        if owner != self.space.slug:
            parts.append(raw(f'<span hidden data-allies="{html_words(self.space.slug)}"></span>'))
        parts.append(
            f'{{{{bazar id="{number}" vue="saisir" action="saisir_fiche" voirmenu="0"'
            f' redirecturl="{self.link.here}{self.tag}#{THANKS}"}}}}'
        )
        return "".join(parts)

    def _answers(self, widget: Widget, owner: str, number: str) -> str:
        view = _VIEWS.get(widget.option("view"), "")
        mine = f'query="{ENGAGEMENT}={self.space.slug}"' if owner != self.space.slug else ""
        options = " ".join(part for part in (f'id="{number}"', mine, view) if part)
        return f"{{{{bazarliste {options}}}}}"

    def _count(self, owner: str, number: str) -> str:
        return f'{{{{include page="{counts_tag(self.space)}-{number}" auth="noError"}}}}'

    def _tally(self, owner: str, number: str) -> str:
        return f'{{{{include page="{tallies_tag(self.space)}-{number}" auth="noError"}}}}'

    def _files(self, widget: Widget, label: str) -> tuple[str, str]:
        url = self.link.of(widget.option("share") or None) or self.link.of(widget.target)
        return self._button(label or _("Ouvrir le dossier"), url, icon="folder-open")

    def _button(self, label: str, url: str | None, icon: str = "") -> tuple[str, str]:
        if not url:
            text = words(" ".join(label.split()))
            return text, text
        label = label or _("Ouvrir")
        shown = f' icon="{icon}"' if icon else ""
        button = f'{{{{button link="{_in_action(url)}" text="{parameter(label)}"{shown} class="btn-primary"}}}}'
        return button, button

    def _inline(self, label: str, url: str | None) -> str:
        return self._button(label, url)[1]


def _in_action(url: str) -> str:
    return url.replace('"', "%22").replace("{", "%7B").replace("}", "%7D").replace(" ", "%20")


def counts_tag(space: Space) -> str:
    """The pages in which the tool writes how many have answered; the number of the form comes after it."""
    return f"{banner_tag(space).removesuffix('_Entete')}_Compte"


def tallies_tag(space: Space) -> str:
    """The pages in which the tool writes how often each answer was given; the number of the form comes after it."""
    return f"{banner_tag(space).removesuffix('_Entete')}_Direct"


def form_in(path: str) -> tuple[str, str] | None:
    """Whose form, and which, a path of this plugin names: ``2027-essai/formulaire/123``."""
    owner, middle, number = path.partition("/formulaire/")
    return (owner, number) if middle and number.isdigit() else None
