"""``answers --live``: the page « En direct » kept fresh while a meeting goes on, and one for the wall of the room."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from allies_sync.answers.projector import MARK, projector_page
from allies_sync.answers.tallying import tally
from allies_sync.cli.complaints import DONE, UNDONE
from allies_sync.cli.recent import remember_slugs
from allies_sync.cli.screen import note, result, say
from allies_sync.cli.show_answers import unread
from allies_sync.cli.show_plan import link
from allies_sync.cli.work import desk
from allies_sync.engagements.answers import questionnaires
from allies_sync.engagements.desk import Desk
from allies_sync.engagements.errors import UserError
from allies_sync.engagements.keepsakes import own_folder
from allies_sync.engagements.live import Shown, Stream, ending, follow, shown
from allies_sync.model.lifecycle import is_frozen, is_online
from allies_sync.platforms.errors import PlatformError, Unavailable
from allies_sync.text.messages import _, format_time, ngettext
from allies_sync.text.system import system_words

LONGEST = 24 * 60


def keep_live(
    slug: str, moment: str | None, session: str | None, *, minutes: str | None, output: str | None, odd: bool
) -> int:
    """Reads every few seconds, writes when something changed, stops by itself. Ctrl-C is a way to stop, no error."""
    if odd:
        raise UserError(
            _("--live ne montre que des nombres : --personal et --format ne vont pas avec."), _("Retirez-les.")
        )
    span = _minutes(minutes)
    with desk() as opened:
        asked = questionnaires(opened, slug, moment, session)
        if not is_online(asked.engagement.state) or is_frozen(asked.engagement.state):
            raise UserError(
                _("L'espace « {slug} » n'est pas ouvert : personne ne peut répondre.").format(slug=slug),
                _("Ouvrez-le avec : allies-sync edit {slug} --set state=ouvert").format(slug=slug),
            )
        pages = shown(opened, asked)
        remember_slugs([slug])
        told = asked.forms[0].session if session is not None else ""
        end = ending(asked.engagement, told, _now(), span)
        live = _Live(opened, Stream(opened, asked), pages, _place(slug, output))
        live.announce(end)
        try:
            follow(live.stream, lambda: _now() >= end, live.changed, live.failed)
        except KeyboardInterrupt:
            say()  # the terminal has written ^C into the line
        live.end()
    result(
        {
            "slug": slug,
            "answers": live.number,
            "reads": live.stream.reads,
            "writes": live.writes,
            "page": str(live.file),
        }
    )
    return DONE if live.well else UNDONE


class _Live:
    """What is told, counted and written while it goes on."""

    def __init__(self, opened: Desk, stream: Stream, pages: Shown, file: Path) -> None:
        self.desk = opened
        self.stream = stream
        self.pages = pages
        self.file = file
        self.writes = 0
        self.well = False
        self.unread: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        return sum(len(answers) for answers in self.stream.answers.values())

    def announce(self, end: datetime) -> None:
        self._write()
        say(_("Page à projeter, qui se recharge toute seule : {url}").format(url=link(self.file.as_uri())))
        for item in self.pages.pages:
            if item.address and item.address.url:
                say(_("Page tenue à jour : {url}").format(url=link(item.address.url)))
        if not self.pages.pages and not self.pages.doubtful:
            note(_("Aucune page de cet espace ne montre ces réponses : « allies-sync sync » la crée, ou le modèle."))
        say(_("Jusqu'à {time}. Ctrl-C arrête plus tôt.").format(time=format_time(end.time().replace(second=0))))

    def changed(self) -> None:
        self._write()
        if self.pages.doubtful or not self.pages.renew(self.desk):
            self.pages = shown(self.desk, self.stream.asked)
            self.pages.renew(self.desk)
            if self.pages.doubtful:
                raise Unavailable(_("La page « En direct » ne peut pas être lue."))
        self.writes += 1
        self.well = True
        if self.unread != self.stream.unread:
            self.unread = self.stream.unread
            for text in unread(self.unread, _("Ce qui n'a pas pu être lu n'est pas compté.")):
                note(text)
        count = ngettext("{count} réponse", "{count} réponses", self.number).format(count=self.number)
        say(f"{_now().strftime('%H:%M:%S')} · {count}")

    def failed(self, error: PlatformError) -> None:
        self.well = False
        again = _("Nouvel essai dans un moment.")
        note(f"{_now().strftime('%H:%M:%S')} · {error.message} {again}")

    def end(self) -> None:
        with suppress(UserError):
            self._write(going=False)
        say(_("Arrêté. La page en ligne garde les derniers nombres."))

    def _write(self, *, going: bool = True) -> None:
        asked, answers = self.stream.asked, self.stream.answers
        forms = [
            (asked.titled(form), tally(form, answers.get(form.id, ()), asked.lists, public=True))
            for form in asked.forms
        ]
        page = projector_page(
            asked.engagement.title,
            [pair for pair in forms if pair[1].answers] or forms,
            threshold=self.desk.config.threshold,
            now=_now(),
            going=going,
            language=self.desk.config.collective.language,
        )
        _replace(self.file, page)


def _now() -> datetime:
    return datetime.now().astimezone()


def _minutes(typed: str | None) -> int | None:
    if typed is None:
        return None
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else 0
    if not 1 <= number <= LONGEST:
        raise UserError(
            _("« {text} » n'est pas un nombre de minutes.").format(text=typed[:40]),
            _("Donnez un nombre de 1 à {most}, par exemple --minutes 90.").format(most=LONGEST),
        )
    return number


def _place(slug: str, output: str | None) -> Path:
    """Where the page for the wall goes. Only a page of ours is ever replaced."""
    if output is None:
        return own_folder() / "en-direct" / f"{slug}.html"
    path = Path(output).expanduser().absolute()
    if path.suffix.lower() not in (".html", ".htm") or path.is_dir():
        raise UserError(
            _("Avec --live, -o donne le nom d'une page web : {file}").format(file=output[:200]),
            _("Exemple : -o en-direct.html"),
        )
    if path.exists() and not _is_ours(path):
        raise UserError(
            _("Le fichier {file} existe déjà : il n'est pas remplacé.").format(file=path), _("Donnez un autre nom.")
        )
    return path


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MARK.encode() in file.read(1000)
    except OSError:
        return False


def _replace(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".allies-sync-", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except OSError as error:
        raise UserError(
            _("La page à projeter ne peut pas être écrite dans {file} : {why}.").format(
                file=path, why=system_words(error)
            ),
            _("Donnez-lui une autre place avec -o."),
        ) from error
