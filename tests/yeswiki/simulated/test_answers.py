"""Answers: stored without a check, named after their titles, lost and leaked in the measured ways."""

from __future__ import annotations

import pytest

from allies_sync_yeswiki.testing import KEY, SimulatedWiki

from .conftest import Hands


def questionnaire(wiki: SimulatedWiki, *, write: str = " * ", read: str = "@admins", field: str = "@admins") -> str:
    choices = wiki.control.add_list("Oui Non", {"1": "Oui", "2": "Non"})
    lines = (
        "titre***Réponse au questionnaire***Titre Automatique***",
        f"radio***{choices}***Déjà réparé ?*** *** *** ***bf_repare*** ***0*** *** ***{field}*** * ***",
        f"textelong***bf_avis***Avis*** 40***6*** *** ***nohtml***1*** *** ***{field}*** * ***",
        f"acls***{read}***{write}***comments-closed***",
    )
    return wiki.control.add_form("Questionnaire", "\r\n".join(lines), "300000001")


def sent(**values: str) -> dict[str, str]:
    return {"bf_titre": "Réponse au questionnaire", "antispam": "1", "id_typeannonce": "300000001", **values}


PLACE = "?BazaR&vue=saisir&action=saisir_fiche&id=300000001"


def test_two_dialects_two_names(wiki: SimulatedWiki, visitor: Hands) -> None:
    number = questionnaire(wiki)
    prepared = visitor.get(f"?api/forms/{number}").json()["prepared"]
    expected = "bf_repare" if wiki.state.is_dev else "radioListeOuiNonbf_repare"
    assert prepared[1]["propertyname"] == expected
    assert prepared[1]["options"] == {"1": "Oui", "2": "Non"}


def test_an_answer_of_a_browser(wiki: SimulatedWiki, visitor: Hands, tool: Hands) -> None:
    number = questionnaire(wiki)
    form = visitor.get(PLACE).text
    assert 'name="antispam" value="0"' in form and 'name="bf_avis"' in form
    answer = visitor.post(PLACE, sent(bf_avis="a < b & c", id_fiche="Rep01"))
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("&action=voir_fiche&id_fiche=Rep01&message=ajout_ok")
    stored = tool.get(f"?api/forms/{number}/entries", headers=wiki.bearer()).json()["Rep01"]
    assert (stored["bf_avis"], stored["owner"]) == ("a &lt; b &amp; c", "")
    assert visitor.get(f"?api/forms/{number}/entries").json() == {}
    assert "Protection antispam" in visitor.post(PLACE, {**sent(), "antispam": "0"}).text


def test_same_words_at_the_same_time_replace_each_other(wiki: SimulatedWiki, visitor: Hands) -> None:
    questionnaire(wiki)
    for number in range(2):
        visitor.post(PLACE, sent(bf_avis=str(number)))
    assert list(wiki.control.entries()) == ["ReponseAuQuestionnaire", "ReponseAuQuestionnaire2"]
    wiki.control.collide(4)
    for number in range(4):
        assert visitor.post(PLACE, sent(bf_avis=f"c{number}")).status_code == 302
    assert [one["bf_avis"] for one in wiki.control.entries().values()] == ["0", "1", "c3"]
    wiki.control.collide(2)
    for number in range(2):
        visitor.post(PLACE, sent(bf_avis="x", id_fiche=f"Rep{number}"))
    assert {"Rep0", "Rep1"} <= set(wiki.control.entries())


@pytest.mark.parametrize(
    ("ignored", "write", "kept", "replaced_after_sealing"),
    [
        (True, "@admins", True, True),
        (True, " * ", True, True),
        (False, "@admins", False, None),
        (False, " * ", True, False),
    ],
)
def test_sealing(
    wiki: SimulatedWiki, visitor: Hands, ignored: bool, write: str, kept: bool, replaced_after_sealing: bool | None
) -> None:
    questionnaire(wiki, write=write)
    wiki.control.config.bazarIgnoreAcls = ignored
    assert visitor.post(PLACE, sent(bf_avis="premier", id_fiche="Rep01")).status_code == 302
    assert ("Rep01" in wiki.control.entries()) == kept
    if replaced_after_sealing is None:
        return
    wiki.control.set_acl("Rep01", write="@admins")
    assert visitor.post(PLACE, sent(bf_avis="second", id_fiche="Rep01")).status_code == 302
    assert (wiki.control.entries()["Rep01"]["bf_avis"] == "second") == replaced_after_sealing


def test_private_words_of_readable_answers_can_be_guessed(wiki: SimulatedWiki, visitor: Hands) -> None:
    number = questionnaire(wiki, read=" * ")
    wiki.control.answer(number, {"id_fiche": "Rep01", "bf_avis": "SECRET"})
    assert visitor.get(f"?api/forms/{number}/entries").json()["Rep01"]["bf_avis"] == ""
    assert list(visitor.get(f"?api/forms/{number}/entries&query=bf_avis%3DSEC.*").json()) == ["Rep01"]
    assert visitor.get(f"?api/forms/{number}/entries&query=bf_avis%3DX.*").json() == {}
    assert "Rep01" in visitor.get("?RechercheTexte&phrase=SECRET").text
    wiki.control.set_acl("Rep01", read="@admins")
    assert visitor.get(f"?api/forms/{number}/entries&query=bf_avis%3DSEC.*").json() == {}
    assert "Rep01" in visitor.get("?TableauDeBord").text


def test_an_entry_that_may_not_be_read_tells_its_public_fields(wiki: SimulatedWiki, visitor: Hands) -> None:
    number = questionnaire(wiki, field=" * ")
    wiki.control.answer(number, {"id_fiche": "Rep01", "bf_avis": "SECRET"})
    assert visitor.get("?Rep01/raw").text == ""
    page = visitor.get("?Rep01").text
    assert "autoris&eacute; &agrave; lire" in page and "SECRET" in page
    assert "SECRET" in visitor.get("?BazaR&vue=consulter&action=voir_fiche&id_fiche=Rep01").text


def test_the_api_replaces_whatever_has_the_name(wiki: SimulatedWiki, tool: Hands) -> None:
    number = questionnaire(wiki)
    wiki.control.write("UnePage", "Des mots", "Zoe")
    create = f"?api/entries/{number}"
    assert tool.post(create, sent(id_fiche="UnePage")).status_code == 401
    made = tool.post(create, sent(id_fiche="UnePage"), headers=wiki.bearer())
    assert (made.status_code, made.json()) == (201, {"success": wiki.state.url("UnePage")})
    assert len(wiki.control.revisions("UnePage")) == 2
    assert tool.post("?api/entries/999", {"bf_titre": "x"}, headers=wiki.bearer()).status_code == 201
    missing = tool.post(create, {"bf_avis": "x"}, headers=wiki.bearer())
    assert missing.status_code == 500 and "ne possède pas de titre" not in missing.json()["exceptionMessage"]


def test_editing_keeps_what_was_not_sent(wiki: SimulatedWiki, tool: Hands) -> None:
    number = questionnaire(wiki)
    wiki.control.answer(number, {"id_fiche": "Rep01", "bf_avis": "reste"})
    choice = "bf_repare" if wiki.state.is_dev else "radioListeOuiNonbf_repare"
    assert tool.post("?Rep01/edit", {"bf_titre": "T", "antispam": "1", choice: "2"}).status_code == 302
    stored = wiki.control.entries()["Rep01"]
    assert (stored["bf_avis"], stored[choice], stored["bf_titre"]) == ("reste", "2", "T")


def test_an_upgrade_keeps_entries_and_renames_the_questions_of_forms() -> None:
    with SimulatedWiki("444") as wiki:
        number = questionnaire(wiki)
        visitor = Hands(wiki)
        visitor.post(PLACE, sent(id_fiche="Rep01", radioListeOuiNonbf_repare="2", bf_avis="é"))
        wiki.control.upgrade()
        prepared = visitor.get(f"?api/forms/{number}").json()["prepared"]
        stored = visitor.get(f"?api/forms/{number}/entries", headers=wiki.bearer()).json()["Rep01"]
        assert prepared[1]["propertyname"] == "radioListeOuiNonbf_repare"
        assert prepared[1]["options"] == {"1": "Oui", "2": "Non"}
        assert (stored["radioListeOuiNonbf_repare"], stored["bf_avis"]) == ("2", "é")
        assert "***radioListeOuiNonbf_repare***" in wiki.control.forms[number]["bn_template"]
        assert "nodes" in wiki.control.body("ListeOuiNon")


def test_changed_since(wiki: SimulatedWiki, visitor: Hands) -> None:
    number = questionnaire(wiki)
    wiki.control.answer(number, {"id_fiche": "Rep01"})
    wiki.clock.advance(10)
    moment = wiki.state.database_time()
    wiki.control.answer(number, {"id_fiche": "Rep02"})
    place = f"?api/entries/json&dateMin={moment}&fields=id_fiche,id_typeannonce"
    assert visitor.get(place, headers=wiki.bearer()).json() == {
        "Rep02": {"id_fiche": "Rep02", "id_typeannonce": number}
    }


def test_a_form_is_made_changed_found_emptied(wiki: SimulatedWiki, tool: Hands, visitor: Hands) -> None:
    columns = {
        "bn_label_nature": "F",
        "bn_template": "texte***bf_titre***T***",
        "bn_id_nature": "300000007",
        "valider": "1",
    }
    assert visitor.post("?BazaR&vue=formulaire&action=new", columns).headers["Location"].endswith("BAZ_AUTH_NEEDED")
    assert tool.post("?BazaR&vue=formulaire&action=new", columns).headers["Location"].endswith("ENREGISTRE")
    tool.post("?BazaR&vue=formulaire&action=new", columns)
    assert set(wiki.control.forms) == {"300000007", "1"}
    changed = {**columns, "bn_label_nature": "G"}
    tool.post("?BazaR&vue=formulaire&action=modif&idformulaire=300000007", changed)
    assert wiki.control.forms["300000007"]["bn_label_nature"] == "G"
    wiki.control.answer("300000007", {"bf_titre": "Un"})
    page = tool.get("?BazaR&vue=formulaire&action=confirm_empty&idformulaire=300000007").text
    token = page.partition('confirmEmptyToken" value="')[2].partition('"')[0]
    tool.post("?BazaR&vue=formulaire&action=empty&idformulaire=300000007", {"confirmEmptyToken": token})
    assert wiki.control.entries() == {}


def test_who_is_not_an_admin(wiki: SimulatedWiki) -> None:
    wiki.control.add_user("Bot2", key="k2")
    bot = Hands(wiki, "k2")
    assert bot.get("?api/groups").status_code == 403
    assert bot.get("?api/triples/x&property=x").status_code == 200
    assert Hands(wiki).get("?api/triples/x&property=x").status_code == 401
    assert "permise aux administrateurs" in bot.get("?GererDroits").text
    assert Hands(wiki, KEY).get("?api/users").status_code == 200


def test_a_page_that_holds_the_form(wiki: SimulatedWiki, visitor: Hands) -> None:
    number = questionnaire(wiki)
    action = f'{{{{bazar id="{number}" vue="saisir" action="saisir_fiche" voirmenu="0" redirecturl="PageMerci"}}}}'
    wiki.control.write("Repondre", action)
    assert 'name="bf_avis"' in visitor.get("?Repondre").text
    answer = visitor.post("?Repondre", sent(id_fiche="Rep01"))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{wiki.url}/?PageMerci")
    assert "Rep01" in wiki.control.entries()
    wiki.control.set_acl("Repondre", write="@admins")
    assert visitor.post("?Repondre", sent(id_fiche="Rep02")).status_code == 302
    assert "Rep02" in wiki.control.entries()


def test_a_shared_form_is_prefilled_and_filtered(wiki: SimulatedWiki, visitor: Hands) -> None:
    lines = "texte***bf_titre***Titre***60***255***\r\nchamps_cache***bf_engagement***engagement***"
    number = wiki.control.add_form("Ressources", lines)
    wiki.control.write("Saisir", f'{{{{bazar id="{number}" vue="saisir" action="saisir_fiche" voirmenu="0"}}}}')
    form = visitor.get('?Saisir&bf_engagement=eng-1"><script>').text
    assert 'name="bf_engagement" value="eng-1&quot;&gt;&lt;script&gt;"' in form
    back = f"{wiki.url}/?Accueil"
    for name, engagement in (("R1", "eng-1"), ("R2", "eng-10")):
        data = {"bf_titre": name, "bf_engagement": engagement, "antispam": "1", "id_fiche": name}
        answer = visitor.post(f"?Saisir&bf_engagement={engagement}&incomingurl={back}", data)
        assert answer.headers["Location"] == back
    found = visitor.get(f"?api/forms/{number}/entries&query=bf_engagement=eng-1&fields=id_fiche").json()
    assert list(found) == ["R1"]
    wiki.control.write("Liste", f'{{{{bazarliste id="{number}" query="bf_engagement=eng-1"}}}}')
    assert 'data-id_fiche="R1"' in visitor.get("?Liste").text
    assert 'data-id_fiche="R2"' not in visitor.get("?Liste").text


def test_an_overwritten_answer_is_restored(wiki: SimulatedWiki, visitor: Hands, tool: Hands) -> None:
    number = questionnaire(wiki)
    for words in ("premier", "second"):
        visitor.post(PLACE, sent(id_fiche="Rep01", bf_avis=words))
    assert "data-revisions=" not in visitor.get("?Rep01/revisions").text
    assert "data-revisions=" in tool.get("?Rep01/revisions").text
    first = wiki.control.revisions("Rep01")[0]
    assert tool.get(f"?Rep01/revisions&restoreRevisionId={first.id}").status_code == 302
    stored = visitor.get(f"?api/forms/{number}/entries", headers=wiki.bearer()).json()["Rep01"]
    assert (stored["bf_avis"], len(wiki.control.revisions("Rep01"))) == ("premier", 3)


def test_two_equal_wikis(wiki: SimulatedWiki, visitor: Hands) -> None:
    questionnaire(wiki)
    visitor.post(PLACE, sent(id_fiche="Rep01", bf_avis="x"))
    before = wiki.control.snapshot()
    wiki.clock.advance(100)
    visitor.post(PLACE, sent(id_fiche="Rep01", bf_avis="x"))
    assert wiki.control.snapshot() == before
    wiki.control.set_acl("Rep01", write="@admins")
    assert wiki.control.snapshot() != before


def test_editing_an_entry_loses_what_the_form_asks_for_no_more(wiki: SimulatedWiki, tool: Hands) -> None:
    number = questionnaire(wiki)
    wiki.control.answer(number, {"id_fiche": "Rep01", "bf_avis": "des mots"})
    template = wiki.control.forms[number]["bn_template"]
    wiki.control.forms[number]["bn_template"] = template.replace("bf_avis", "bf_autre")
    assert wiki.control.entries()["Rep01"]["bf_avis"] == "des mots"
    tool.post("?Rep01/edit", {"bf_titre": "T", "antispam": "1"})
    assert "bf_avis" not in wiki.control.entries()["Rep01"]


def test_words_in_an_automatic_title(wiki: SimulatedWiki, visitor: Hands) -> None:
    lines = "titre***Par {{bf_nom}}***Titre Automatique***\r\ntexte***bf_nom***Nom***60***255***"
    number = wiki.control.add_form("F", lines)
    place = f"?BazaR&vue=saisir&action=saisir_fiche&id={number}"
    visitor.post(place, {"bf_titre": "Par {{bf_nom}}", "bf_nom": "Zoé <script>x</script> & Cie", "antispam": "1"})
    ((tag, data),) = wiki.control.entries().items()
    assert (tag, data["bf_titre"]) == ("ParZoeScriptXScriptCie", "Par Zoé  &amp; Cie")
