"""For each recording: what happened between its requests, and what is not covered, with the reason."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

from allies_sync.platforms.testing.faults import Fault
from allies_sync_yeswiki.testing import BeingUpgraded, CacheNotWritable, Config, DatabaseDown, FatalError, Installer
from allies_sync_yeswiki.testing.server import PAGES

from .comparing import members
from .replaying import ADMIN, KEYS, PASSWORD, Before, Replay, Scenario, load

# Reasons for which an exchange is left out.
BROWSER = "a page for browsers, drawn by scripts"
UNRECORDED = "its content was put there outside of the recordings"
EXPORT = "an export that the simulated wiki does not make (the plugin does not use it)"
IMPORT = "bulk import of serialized PHP (the plugin does not use it)"
SEMANTIC = "semantic data (the plugin does not use it)"
DESIGNER = "the form designer"
DOCUMENTATION = "the API's own documentation"

# Whole recordings that hold no exchanges.
WITHOUT_EXCHANGES = {"08-perf-concurrency": "a table of durations and of the outcomes of races"}


def installed(replay: Replay) -> None:
    """The wiki as it was when the recordings began."""
    state, control = replay.wiki.state, replay.control
    began = replay.wiki.clock.now()
    first = next(one for one in load(replay.dialect, "01-auth") if one["name"] == "api-users-with-admin-key")
    moment = json.loads(first["response"]["body"])[0]["signuptime"]
    replay.wiki.clock.set(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    state.config.wakka_name = "Osons test 444" if replay.dialect == "444" else "Osons test"
    control.add_user(ADMIN, "admins", key=KEYS[ADMIN], password=PASSWORD).email = "admin@example.org"
    state.accounts.keys[KEYS["BotAllie"]] = "BotAllie"
    for tag, body in PAGES.items():
        state.save(tag, body, ADMIN, bypass_acls=True)
    for tag, page in members(load(replay.dialect, "02-pages")[0]["response"]["body"]):
        state.save(tag, page["body"], page["owner"], bypass_acls=True)
    page = json.loads(load(replay.dialect, "02-pages")[1]["response"]["body"])
    control.write(page["tag"], page["body"], ADMIN, seconds_later=0)
    _forms_of_the_installation(replay)
    replay.wiki.clock.set(began)


def _forms_of_the_installation(replay: Replay) -> None:
    forms = json.loads(load(replay.dialect, "01-auth")[0]["response"]["body"])
    for form in forms.values():
        columns = {name: value for name, value in form.items() if isinstance(value, str)}
        replay.control.forms[form["bn_id_nature"]] = columns
        for field in form["prepared"]:
            if field.get("linkedObjectName") and isinstance(field.get("options"), dict):
                _list(replay, field["linkedObjectName"], field["options"])


def _list(replay: Replay, tag: str, options: dict[str, str]) -> None:
    from allies_sync_yeswiki.testing import lists
    from allies_sync_yeswiki.testing.triples import LIST, TYPE

    if replay.control.page(tag) is None:
        replay.wiki.state.save(
            tag, lists.list_body(replay.dialect == "dev", "Type", options), ADMIN, bypass_acls=True
        )
        replay.wiki.state.triples.add(tag, TYPE, LIST)


def page(tag: str, body: str, *, revision: int | None = None, user: str = ADMIN, **acls: str) -> Before:
    def make(replay: Replay) -> None:
        replay.control.write(tag, body, user, seconds_later=0)
        replay.control.set_acl(tag, **acls)
        if revision is not None:
            replay.tie_page(tag, revision)

    return make


def _revision(replay: Replay) -> None:
    """What the next request names as the latest revision is the latest one."""
    sent = dict(replay.exchange["request"]["body"]["__form__"])
    replay.tie_page(replay.exchange["request"]["query"].partition("/")[0], int(sent["previous"]))


def _token(replay: Replay) -> None:
    doing = "empty" if replay.exchange["name"] == "form-empty" else "delete"
    number = replay.exchange["request"]["query"].rpartition("=")[2]
    replay.ask_for_token(f"/?BazaR&vue=formulaire&action=confirm_{doing}&idformulaire={number}")


def _config(**values: Any) -> Before:
    def change(replay: Replay) -> None:
        for name, value in values.items():
            setattr(replay.control.config, name, value)

    return change


def _fault(fault: Fault | None) -> Before:
    def change(replay: Replay) -> None:
        replay.control.clear_faults()
        if fault is not None:
            replay.control.inject(fault, times=None)

    return change


def _locked(replay: Replay) -> None:
    _fault(BeingUpgraded(name=replay.control.config.wakka_name))(replay)


def together(*steps: Before) -> Before:
    def run(replay: Replay) -> None:
        for step in steps:
            step(replay)

    return run


def _tags_named_twice(replay: Replay) -> None:
    """The form of resources, whose tags get their name in both places where dialects look for it."""
    form = replay.control.forms["202"]
    line = "tags***bf_tags***Mots clés*** *** *** ***bf_tags***"
    template = form["bn_template"].replace("tags***bf_tags***Mots clés*** *** *** *** ***", line)
    form["bn_template"] = template.replace("acls*** ****@admins***", "acls*** * ***@admins***")


def entry(form: str, tag: str, user: str = "", **values: str) -> Before:
    def make(replay: Replay) -> None:
        with contextlib.suppress(KeyError):
            replay.control.delete(tag)
        replay.control.answer(form, {"id_fiche": tag, **values}, user)

    return make


def form(number: str, label: str, *lines: str) -> Before:
    def make(replay: Replay) -> None:
        replay.control.add_form(label, "\r\n".join(lines), number)

    return make


def _catalogue(replay: Replay) -> None:
    recorded = json.loads(load(replay.dialect, "12-field-catalogue")[0]["response"]["body"])
    replay.control.add_form(recorded["bn_label_nature"], recorded["bn_template"], "250")


def _private_form(number: str, acl: str) -> Before:
    fields = f"***{acl}*** * *** *** *** ***"
    return form(
        number,
        "Questionnaire privé",
        "titre***Réponse {{bf_jeton}}***Titre Automatique***",
        f"texte***bf_jeton***Jeton***60***64*** *** ***text***1*** *** {fields}",
        f"textelong***bf_avis***Avis***40***5*** *** ***nohtml***0*** *** {fields}",
        "acls***@admins***@admins***comments-closed***",
    )


def _late(replay: Replay) -> None:
    """Began in one second, by the answer's date, and had its effect in the next."""
    replay.wiki.clock.advance(1)


def _riddle_shown(replay: Replay) -> None:
    replay.wiki.state.hashcash.form_shown(replay.wiki.clock.now())


def _answers_of_the_questionnaire(replay: Replay) -> None:
    """Those that were sent between the recordings, as a later one lists them."""
    rows = members(
        next(one for one in load(replay.dialect, "11-display-errors-on") if one["name"].endswith("-list"))[
            "response"
        ]["body"]
    )
    for tag in replay.control.entries("201"):
        if tag != "AllieBearer":
            replay.control.delete(tag)
    with replay.control.with_config(htmlPurifierActivated=False):
        for tag, data in rows:
            if tag.startswith("RepQuest"):
                sent = {name: value for name, value in data.items() if name not in _ADDED}
                replay.control.answer("201", sent, data["user"])


_ADDED = ("html_data", "url", "user", "owner", "date_creation_fiche", "date_maj_fiche", "statut_fiche")


def _config_restored(**values: Any) -> Before:
    """What one test of the configuration had changed is as it was, and the next one begins."""

    def change(replay: Replay) -> None:
        replay.control.clear_faults()
        fresh = Config(wakka_name=replay.control.config.wakka_name, **values)
        replay.wiki.state.config = fresh

    return change


def _sealed(tag: str) -> Before:
    return lambda replay: replay.control.set_acl(tag, write="@admins")


_COOKIES_ALL_THE_SAME = (
    "cache-unwritable-page",
    "cache-unwritable-api",
    "db-down-page",
    "db-down-raw",
    "db-down-api-forms",
    "db-down-api-create",
    "db-down-edit-post",
)
QUERIES = frozenset(
    f"query-{name}"
    for name in "checkbox-one checkbox-or two-fields not empty wildcard accent external-id".split()  # noqa: SIM905
)

SCENARIOS = [
    Scenario("01-auth", setup=installed),
    Scenario(
        "02-pages",
        known_only=frozenset({"list-pages-api"}),
        before={
            "hashcash-getkey": _riddle_shown,
            "edit-create-ok": lambda replay: _late(replay) if replay.dialect == "444" else None,
            "edit-update-nochange": _revision,
            "edit-with-tags": lambda replay: _late(replay) if replay.dialect == "dev" else None,
        },
        ignored={"get-page-api": frozenset({"html"}), "get-page-api-diff": frozenset({"html"})},
    ),
    Scenario("03-acl", setup=page("AllieAcl", "page à protéger"), before={"bot-edit-post": _revision}),
    Scenario("04-forms", before={"form-delete": _token}, left_out={"form-new-page": DESIGNER}),
    Scenario(
        "05-entries",
        setup=_tags_named_twice,
        known_only=frozenset(
            {"list-entries-by-id-route", "list-entries-all", "list-form-entries", "list-all-dateMin"}
        ),
        ignored={"get-entry-page-api": frozenset({"code"})},
        left_out={"get-entry-accept-ldjson": SEMANTIC},
    ),
    Scenario(
        "05b-entries-update-security",
        before={
            "page-of-entry-with-redirect-action": entry(
                "201",
                "SanActionX",
                bf_titre="San action",
                bf_q8='{{redirect page="PagePrincipale"}}',
                **dict.fromkeys(("bf_jeton", "bf_q1", "bf_q2", "bf_q7"), "x"),
            )
        },
        left_out={"bulk-import-post": IMPORT},
    ),
    Scenario(
        "06-html-exports",
        setup=together(
            page("ListeMemoires", '{{bazarliste id="5"}}'),
            page("ListeReponses", '{{bazarliste id="201" template="tableau"}}'),
            page("SaisirQuestionnaire", '{{bazar id="201" vue="saisir" action="saisir_fiche" voirmenu="0"}}'),
        ),
        ignored={"html-admin-entry-page": frozenset({"toast"})},
        before={"form-empty": _token, "html-bazarliste-accordeon": _answers_of_the_questionnaire},
        known_only=frozenset({"entries-by-form-json", "entries-html", "bazarlist-api"}),
        left_out={
            "html-bazarliste-accordeon": UNRECORDED,
            "html-bazarliste-facettes": UNRECORDED,
            "html-bazarliste-dynamic-card": BROWSER,
            "html-bazarliste-tableau": BROWSER,
            "html-bazar-consulter": UNRECORDED,
            "html-bazar-consulter-form": UNRECORDED,
            "html-bazariframe": UNRECORDED,
            "html-admin-form-edit": DESIGNER,
            "html-page-principale": UNRECORDED,
            "html-api-doc": DOCUMENTATION,
            "bazarlist-api": UNRECORDED,
            "ical-agenda": EXPORT,
            "geojson-annuaire": EXPORT,
            "jsonld-agenda": SEMANTIC,
            "export-csv-admin": EXPORT,
        },
    ),
    Scenario(
        "07-attachments",
        setup=page("PageFichiers", "Fichiers"),
        before={
            "upload-anonymous-denied": lambda replay: replay.control.set_acl("PageFichiers", "@admins", "@admins"),
        },
        ignored={"upload-php": frozenset({"error"})},
    ),
    Scenario(
        "09-faults-config",
        setup=page("AlliePr", "page de base"),
        before={
            "db-down-page": _fault(DatabaseDown()),
            "db-up-again": _fault(None),
            "hibernate-page": _config(wiki_status="hibernate"),
            "locked-file-page": together(_config_restored(), _locked),
            "cache-unwritable-page": _fault(CacheNotWritable()),
            "php-parse-error-page": _fault(FatalError()),
            "config-missing-page": _fault(Installer()),
            "captcha-edit-form-anonymous": _config_restored(use_captcha=True),
            "captcha-edit-post-admin": _revision,
            "captcha-edit-post-bot-user": _revision,
            "hashcash-off-edit-post": together(_config_restored(use_hashcash=False), _revision),
            "hashcash-wrong-value": together(_config_restored(), _revision),
            "purifier-off-api-create": _config_restored(htmlPurifierActivated=False),
            "ignoreacls-off-anonymous-overwrite-readonly": together(
                _config_restored(bazarIgnoreAcls=False), _sealed("Faute-4")
            ),
            "default-write-acl-plus-anonymous-entry": _config_restored(default_write_acl="+"),
            "acl-plus-and-ignoreacls-off-anonymous-create": _config_restored(
                default_write_acl="+", bazarIgnoreAcls=False
            ),
            "api-public-anonymous-create": _config_restored(public_creation=True),
            "debug-yes-api-create-without-source-url": _config_restored(),
        },
        left_out={"db-down-static": "a file of the theme"},
        ignored=dict.fromkeys(_COOKIES_ALL_THE_SAME, frozenset({"cookies"})),
    ),
    Scenario(
        "10-extra",
        ignored={"bazar-json-lists": frozenset({"nodes"})},
        known_only=QUERIES | {"entries-by-source-url-triples-all", "bazar-json-lists"},
        left_out={"bazar-json-entries-followed": "a redirect that the recorder followed"},
    ),
    Scenario(
        "11-display-errors-on",
        setup=_config(display_errors=True),
        known_only=frozenset({"display-errors-on-list"}),
        left_out={"display-errors-on-page": UNRECORDED},
    ),
    Scenario(
        "12-field-catalogue",
        setup=together(_config(display_errors=False), _catalogue),
        known_only=frozenset({"form-get-catalogue"}),
    ),
    Scenario(
        "13-rewrite-mode",
        dialects=("dev",),
        setup=_config(rewrite_mode=True),
        known_only=frozenset({"rewrite-api-entries-path-with-params", "rewrite-api-entries-query-style"}),
        left_out=dict.fromkeys(("rewrite-page-path", "rewrite-page-query-style"), UNRECORDED),
    ),
    Scenario("14-privacy", setup=together(_config(rewrite_mode=False), _private_form("260", " * "))),
    Scenario("15-privacy-field-acl", setup=_private_form("261", "@admins")),
]
