"""Forms as the wiki's own lines, one a field, and what such lines mean: the same for both kinds of wikis.

``radio***ListeX***Viendrez-vous ?*** … ***bf_avis*** …``: values parted by ``***``, a blank for an empty one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from html import escape, unescape

from allies_sync.model.resources import Body, Field, FieldKind, Form, Option, Rights, Scope, Widget
from allies_sync.platforms.interface import Space
from allies_sync.platforms.plain import Link, linker, markdown, plain_link
from allies_sync.text.markdown import render_html
from allies_sync.text.messages import _, using_language
from allies_sync_yeswiki.widgets import ENGAGEMENT

Row = tuple[str, ...]

KEPT = "allies-garde"
"""Stands among the keywords of a question that left the template, but stays with its answers."""

CLOSED = 'data-allies="clos"'
"""Stands in the notice of a form that takes no more answers."""

ANSWER = "Rep"
"""How the name of each answer begins that went through the script."""

_WIDTH = 16
_NAME, _LABEL, _SIZE, _LENGTH, _DEFAULT, _ENUM, _SUBTYPE, _REQUIRED = 1, 2, 3, 4, 5, 6, 7, 8
_HELP, _READ, _WRITE, _KEYWORDS = 10, 11, 12, 13
_CHOICES = ("radio", "liste", "checkbox")
_FEW = 8
_UPGRADED = re.compile(r"(?:(?:radio|liste|checkbox)\w*?)?(bf_\w+)", re.ASCII)

# Themes put a question into the frame of its answer, where two lines of it would lie on what stands above.
_LONG_QUESTIONS = (
    "[id^=formulaire] .form-group .control-label.control-label{position:static;display:block;float:none;"
    "max-width:100%!important;margin:0 0 6px;padding:4px 15px 0;line-height:1.3}"
    "[id^=formulaire] .form-group .control-label.control-label::before{content:none}"
)

# Measured: eight browsers at once with the same words, and every answer is kept; sent twice, it counts once. The wiki
# takes what stands between < and > out of texts: they are sent as the HTML of what was typed, and read back from it.
SCRIPT = (
    "<style>.titre_type_fiche{display:none}"
    + _LONG_QUESTIONS
    + "</style><script>(function(){var f=document.currentScript.closest('form');"
    "document.addEventListener('DOMContentLoaded',function(){if(!f)return;"
    "var e=document.querySelector('[data-allies]'),h=f.querySelector('[name=" + ENGAGEMENT + "]');"
    "if(e&&h&&!h.value&&e.dataset.allies!='clos')h.value=e.dataset.allies;"
    "if(f.querySelector('[name=id_fiche]'))return;"
    "f.addEventListener('formdata',function(v){Array.prototype.forEach.call("
    "f.querySelectorAll('textarea[name^=bf_],input[type=text][name^=bf_]'),function(t){if(v.formData.has(t.name)){"
    "v.formData.set(t.name,t.value.replace(/&/g,'&amp;').replace(/</g,'&lt;'))}})});"
    "var k='rep'+f.querySelector('[name=id_typeannonce]').value,s=Object.assign({},history.state),t=s[k];"
    "if(!t){var b=new Uint8Array(16);crypto.getRandomValues(b);"
    "t='" + ANSWER + "'+Array.prototype.map.call(b,function(x){return ('0'+x.toString(16)).slice(-2)}).join('');"
    "s[k]=t;try{history.replaceState(s,'')}catch(e){}}"
    "var i=document.createElement('input');i.type='hidden';i.name='id_fiche';i.value=t;f.appendChild(i)})})()"
    "</script><noscript><p>{noscript}</p></noscript>"
)

_CLOSING = (
    "<div " + CLOSED + ' class="alert alert-warning">{words}</div>'
    "<style>form:has([" + CLOSED + "]) .control-group,form:has([" + CLOSED + "]) .form-group,"
    "form:has([" + CLOSED + "]) .form-actions{{display:none}}</style>"
    "<script>(function(){{var f=document.currentScript.closest('form');document.addEventListener('DOMContentLoaded',"
    "function(){{if(f&&!f.querySelector('[name=id_fiche][value]'))f.querySelectorAll('[type=submit]').forEach("
    "function(b){{b.remove()}})}})}})()</script>"
)


def property_name(field: Field) -> str:
    """The name of a question in the wiki."""
    return "bf_" + field.id.replace("-", "_")


def regrouped(present: Sequence[Row], former: str, now: str) -> list[Row]:
    """The same lines, in which another group reads the answers, and those to single questions."""
    return [tuple(now if cell.strip() == former else cell for cell in line) for line in present]


def is_readable_by(line: Row, group: str) -> bool:
    """Whether a line says that this group alone reads the answers."""
    return len(line) > 1 and line[0] == "acls" and line[1].strip() == group


def readers(form: Form, team: str, participants: str = "") -> str:
    """Who reads the answers. One personal question closes them all: the wiki's search finds what it does not show."""
    if form.answers is Rights.TEAM or any(field.personal for field in form.fields):
        return team
    if form.answers is Rights.PARTICIPANTS:
        return participants or team
    return "*"


# --- writing ----------------------------------------------------------------------------------------------


def rows(space: Space, form: Form, lists: Callable[[Field], str], readable: str) -> list[Row]:
    """The lines of a form. ``lists`` gives the list of a question; ``readable`` says who reads the answers."""
    with using_language(space.language):
        said = _notice(space, form)
        noscript = _("Pour répondre, activez JavaScript dans votre navigateur.")
    made = [_title(form, readable)] if not _named_title(form, readable) else []
    made.append(_row("labelhtml", said, "", ""))
    made += [_line(form, field, lists, readable) for field in form.fields]
    if form.scope is Scope.COLLECTIVE:
        made.append(_row("champs_cache", ENGAGEMENT, "engagement", read="*", write="*"))
    made.append(_row("labelhtml", SCRIPT.replace("{noscript}", escape(noscript)), "", ""))
    made.append(_row("acls", readable, "*", "comments-closed"))
    return made


def template(lines: Sequence[Row]) -> str:
    """Lines as the wiki takes them."""
    return "".join("***".join(_cell(cell) for cell in line) + "\r\n" for line in lines)


def closing(space: Space) -> Row:
    """The line by which a form takes no more answers."""
    with using_language(space.language):
        words = _("Ce questionnaire est clos : merci à toutes les personnes qui ont répondu.")
    return _row("labelhtml", _CLOSING.format(words=escape(words)), "", "")


def _cell(text: str) -> str:
    if text == "*":
        return " * "
    return text or " "


def _row(kind: str, *cells: str, read: str = "", write: str = "", **more: str) -> Row:
    line = [kind, *cells] + [""] * (_WIDTH - 1 - len(cells))
    line[_READ], line[_WRITE] = read or line[_READ], write or line[_WRITE]
    places = {"enum": _ENUM, "subtype": _SUBTYPE, "required": _REQUIRED, "help": _HELP, "default": _DEFAULT}
    for name, value in more.items():
        line[places[name]] = value
    return tuple(line)


def _named_title(form: Form, readable: str) -> bool:
    """Whether a question of the form gives its answers their title: only where all may read it."""
    return readable == "*" and any(field.id == "titre" and field.kind is FieldKind.TEXT for field in form.fields)


def _title(form: Form, readable: str) -> Row:
    words = plain(form.entry_title or form.title)
    return _row("titre", words or "Réponse", "Titre Automatique")


def _notice(space: Space, form: Form) -> str:
    link = linker(space)
    html = render_html(body_markdown(space, form.notice, link))
    heading = f"<h3>{escape(_one_line(form.title))}</h3>" if form.title else ""
    return _html(heading + html)


def body_markdown(space: Space, body: Body, link: Link) -> str:
    def widget(part: Widget, alone: bool) -> str:
        return plain_link(space, link, part)

    return markdown(body, link, widget)


def _html(html: str) -> str:
    """HTML in a line: nothing that ends a value or a line, no action."""
    return _one_line(html).replace("*", "&#42;").replace("{", "&#123;").replace('""', '"&#8203;"')


def _one_line(text: str) -> str:
    return " ".join(text.split())


_NUMBERED = str.maketrans({char: f"&#{ord(char)};" for char in "[]{}|*%="})
_TWICE = str.maketrans({char: f"&amp;#{ord(char)};" for char in "[]{}|*%="})


def plain(text: str) -> str:
    """Words in a value of a line that the wiki shows as HTML: nothing that ends the value, no action, no table."""
    return escape(_one_line(text)[:1000], quote=False).replace('"', "&quot;").translate(_NUMBERED)


def label_of(text: str) -> str:
    """Words in the place of a label: the wiki undoes one escaping before it shows them as HTML."""
    return escape(escape(_one_line(text)[:1000], quote=False), quote=False).translate(_TWICE)


def _line(form: Form, field: Field, lists: Callable[[Field], str], readable: str) -> Row:
    name = property_name(field)
    label, help_ = label_of(field.label), plain(field.help)
    common = {"required": "1" if field.required else "0", "help": help_, "read": readable, "write": "*"}
    default = plain(field.default)
    length = str(field.max_length) if field.max_length else ""
    match field.kind:
        case FieldKind.CHOICE | FieldKind.SCALE:
            few = field.options_from is None and len(options_of(field)) <= _FEW
            kind = "radio" if few else "liste"
            return _row(kind, lists(field), label, enum=name, default=default, **common)
        case FieldKind.CHOICES:
            return _row("checkbox", lists(field), label, enum=name, default=default, **common)
        case FieldKind.LONG_TEXT:
            return _row("textelong", name, label, "", "6", enum=length, subtype="nohtml", default=default, **common)
        case FieldKind.DATE:
            return _row("jour", name, label, **common)
        case FieldKind.LINK:
            return _row("lien_internet", name, label, **common)
        case FieldKind.FILE:
            return _row("fichier", name, label, **common)
        case FieldKind.IMAGE:
            return _row(
                "image",
                name,
                label,
                "140",
                "140",
                "600",
                "600",
                "right",
                **{**common, "required": common["required"]},
            )
        case FieldKind.HIDDEN:
            return _row("champs_cache", name, label, default=default, read=readable, write="*")
        case _:
            kinds = {FieldKind.NUMBER: "number", FieldKind.EMAIL: "email"}
            size = ("", "") if field.kind is FieldKind.NUMBER else ("60", length or "255")
            return _row("texte", name, label, *size, subtype=kinds.get(field.kind, "text"), default=default, **common)


def options_of(field: Field) -> tuple[Option, ...]:
    """The answers that a question offers; a scale that names none goes from 1 to 5."""
    if field.options or field.kind is not FieldKind.SCALE:
        return field.options
    return tuple(Option(str(step), str(step)) for step in range(1, 6))


def offers_own(field: Field) -> bool:
    """Whether a question has options of its own."""
    return field.kind in (FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.SCALE) and field.options_from is None


# --- lists of single questions ----------------------------------------------------------------------------

_OWN = re.compile(r"liste?(q[0-9a-f]{10})", re.IGNORECASE)


def own_list(space: Space, form_id: str, field_id: str) -> str:
    """How the name of a question's own list begins, after ``Liste``."""
    return "q" + sha256(f"{space.mark(form_id)}:{field_id}".encode()).hexdigest()[:10]


def own_title(space: Space, form: Form, field: Field) -> str:
    """The title of a question's own list: the wiki makes a name of its first words."""
    return f"{own_list(space, form.id, field.id)} {_one_line(field.label)[:60]} ({space.mark(form.id)}:{field.id})"


# --- reading ----------------------------------------------------------------------------------------------


def parse(text: str) -> list[Row]:
    """Lines as the wiki reads them."""
    found: list[Row] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().split("***")]
        if line.strip() and not line.lstrip().startswith("#") and len(cells) > 3:
            found.append(tuple((cells + [""] * _WIDTH)[: max(_WIDTH, len(cells))]))
    return found


def name_in(line: Row) -> str:
    """The name of the question that a line asks, "" for one that asks nothing."""
    if line[0] in _CHOICES:
        # a wiki that was upgraded names a question by what entries called it before
        found = _UPGRADED.fullmatch(line[_ENUM])
        return found[1] if found else ""
    return line[_NAME] if line[_NAME].startswith("bf_") else ""


def named_as(made: Sequence[Row], present: Sequence[Row]) -> list[Row]:
    """Lines with the names that their questions have in the wiki, under which there are answers."""
    names = {name_in(line): line[_ENUM] for line in present if line[0] in _CHOICES}
    found = []
    for line in made:
        cells = list(line)
        if line[0] in _CHOICES:
            cells[_ENUM] = names.get(name_in(line)) or cells[_ENUM]
        found.append(tuple(cells))
    return found


def is_kept(line: Row) -> bool:
    return KEPT in line[_KEYWORDS]


def is_closing(line: Row) -> bool:
    return line[0] == "labelhtml" and CLOSED in line[_NAME]


def kept(line: Row) -> Row:
    """A question that left the template: it stays, and nobody has to answer it."""
    cells = list(line)
    cells[_REQUIRED], cells[_KEYWORDS] = "0", KEPT
    return tuple(cells)


def shape(lines: Sequence[Row], options: Callable[[Row], Sequence[tuple[str, str]]]) -> str:
    """What a form is, for people: without what versions and editors of the wiki write differently.

    ``options`` gives what a line's own list offers.
    """
    plain_lines: list[object] = []
    for line in lines:
        if is_kept(line) or is_closing(line):
            continue
        cells = [cell.strip() for cell in line[:_WIDTH]] + [""] * (_WIDTH - len(line))
        if cells[0] == "textelong":
            cells[_SIZE] = ""
        if cells[0] in _CHOICES:
            cells[_ENUM] = name_in(line) or cells[_ENUM]
        if cells[0] in _CHOICES and (own := _OWN.match(cells[_NAME])):
            cells[_NAME] = own[1].lower() + json.dumps([[key, _said(label)] for key, label in options(line)])
        plain_lines.append(cells)
    return sha256(json.dumps(plain_lines, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def _said(label: str) -> str:
    return _one_line(unescape(unescape(label)))


def offered(line: Row, prepared: Sequence[Mapping[str, object]]) -> Sequence[tuple[str, str]]:
    """What the list of a line offers, as the wiki tells with the form."""
    name = name_in(line)
    for field in prepared:
        if name and str(field.get("propertyname", "")).endswith(name):
            options = field.get("options")
            if isinstance(options, Mapping):
                return [(str(key), str(label)) for key, label in options.items()]
            if isinstance(options, list):
                return [(str(key), str(label)) for key, label in enumerate(options)]
    return ()
