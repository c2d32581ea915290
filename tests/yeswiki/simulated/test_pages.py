"""Pages: written with a riddle and a previous revision, refused with status 200, buried by others."""

from __future__ import annotations

import html
import json
import re

from allies_sync_yeswiki.testing import KEY, SimulatedWiki

from .conftest import Hands


def test_a_page_is_made_changed_and_read(wiki: SimulatedWiki, tool: Hands, visitor: Hands) -> None:
    made = tool.edit("Essai", "Bonjour **à tous**  \r\n\r\n")
    assert (made.status_code, made.headers["Location"]) == (302, f"{wiki.url}/?Essai")
    page = visitor.get("?api/pages/Essai").json()
    assert (page["body"], page["owner"], page["metadatas"]) == ("Bonjour **à tous**", "BotAllie", None)
    assert tool.edit("Essai", "Autre", page["id"]).status_code == 302
    assert visitor.get("?éssai/raw").text == "Autre"
    assert "Essai" in visitor.get("?api/pages").json()
    assert [row.body for row in wiki.control.revisions("Essai")] == ["Bonjour **à tous**", "Autre"]


def test_every_refusal_is_a_page(wiki: SimulatedWiki, tool: Hands, visitor: Hands) -> None:
    first = wiki.control.write("Essai", "Un")
    answers = {
        "modifiée par quelqu'un d'autre": tool.edit("Essai", "Deux", previous=""),
        'name="previous"': tool.edit("Essai", "Deux", previous=first.id, riddle="12"),
        "Le nom de la page est incorrect": tool.edit("Es sai", "Deux"),
        "Data too long for column": tool.edit("A" * 192, "Deux"),
    }
    wiki.control.set_acl("Essai", write="@admins")
    answers["autoris&eacute; &agrave; éditer cette page"] = visitor.edit("Essai", "Deux", previous=first.id)
    with wiki.control.with_config(wiki_status="hibernate"):
        answers["lecture seule"] = tool.edit("Essai", "Deux", previous=first.id)
    for words, answer in answers.items():
        assert answer.status_code == 200
        assert words in answer.text
    assert "alert" not in answers['name="previous"'].text.partition("<form")[0].partition('class="page"')[2]
    assert wiki.control.body("Essai") == "Un"


def test_the_riddle_is_unknown_at_first_and_lasts_four_hours(wiki: SimulatedWiki, tool: Hands) -> None:
    assert tool.get("tools/security/wp-hashcash-getkey.php").status_code == 500
    value = tool.riddle()
    assert tool.edit("Essai", "Un", riddle=value).status_code == 302
    wiki.clock.advance(4 * 3600 + 1)
    assert tool.edit("Essai2", "Un", riddle=value).status_code == 302
    tool.get("?Essai/edit")
    assert tool.edit("Essai3", "Un", riddle=value).status_code == 200
    assert tool.riddle() != value


def test_somebody_saves_between_the_check_and_the_writing(wiki: SimulatedWiki, tool: Hands) -> None:
    first = wiki.control.write("Essai", "Un")
    riddle = tool.riddle()
    wiki.control.slip_in("Essai", "De Zoé", "Zoe")
    assert tool.edit("Essai", "De l'outil", first.id, riddle).status_code == 302
    rows = tool.get("?Essai/revisions").text
    found = re.search(r'data-revisions="([^"]*)"', rows)
    assert found is not None
    revisions = json.loads(html.unescape(found[1]))
    assert [row["user"] for row in revisions] == ["127.0.0.1", "Zoe", "BotAllie"]
    assert wiki.control.body("Essai") == "De l'outil"
    tool.get(f"?Essai/revisions&restoreRevisionId={revisions[1]['id']}")
    assert wiki.control.body("Essai") == "De Zoé"


def test_two_revisions_claim_to_be_the_latest(wiki: SimulatedWiki, tool: Hands) -> None:
    first = wiki.control.write("Essai", "Un")
    riddle = tool.riddle()
    wiki.control.slip_in("Essai", "De Zoé", "Zoe", duplicate=True)
    tool.edit("Essai", "De l'outil", first.id, riddle)
    assert [row.latest for row in wiki.control.revisions("Essai")] == [False, True, True]
    assert wiki.control.body("Essai") == "De Zoé"
    wiki.control.write("Essai", "Trois")
    assert [row.latest for row in wiki.control.revisions("Essai")] == [False, False, False, True]


def test_an_exception_after_the_page_was_stored(wiki: SimulatedWiki, tool: Hands) -> None:
    riddle = tool.riddle()
    wiki.control.stumble("Essai", stored=True)
    answer = tool.edit("Essai", "Un", riddle=riddle)
    assert (answer.status_code, wiki.control.body("Essai")) == (200, "Un")
    assert "Une erreur inattendue" in answer.text and "Duplicate entry" in answer.text


def test_a_wrong_key_is_nobody_and_a_key_brings_cookies(wiki: SimulatedWiki) -> None:
    wrong = Hands(wiki)
    assert wrong.get("?api/forms", headers=wiki.bearer("wrong")).status_code == 200
    assert wrong.get("?api/groups", headers=wiki.bearer("wrong")).status_code == 403
    tool = Hands(wiki, KEY)
    assert tool.get("?api/groups").status_code == 200
    assert "read_acl" in tool.get("?PagePrincipale/acls").text
    wiki.clock.advance(3601)
    assert tool.get("?api/groups").status_code == 403


def test_rights_of_many_pages_at_once(wiki: SimulatedWiki, tool: Hands, visitor: Hands) -> None:
    for tag in ("A1", "A2"):
        wiki.control.write(tag, "x")
    form = {"geredroits_modifier": "1", "typemaj": "remplacer", "selectpage[]": ["A1", "A2"]}
    assert "succès" not in visitor.post("?GererDroits", {**form, "newecrire_advanced": "@admins"}).text
    assert wiki.control.acl("A1") == ("*", "*", "comments-closed")
    assert "Droit modifiés avec succès" in tool.post("?GererDroits", {**form, "newecrire_advanced": "@admins"}).text
    assert wiki.control.acl("A2") == ("*", "@admins", "comments-closed")
    tool.post("?A1/acls", {"read_acl": "*"})
    assert wiki.control.acl("A1") == ("*", "", "")


def test_a_page_that_may_not_be_read_is_empty_or_a_wall(wiki: SimulatedWiki, visitor: Hands) -> None:
    wiki.control.write("Prive", "secret")
    wiki.control.set_acl("Prive", read="@admins")
    assert visitor.get("?Prive/raw").text == ""
    assert visitor.get("?api/pages/Prive").status_code == 403
    assert "autoris&eacute; &agrave; lire" in visitor.get("?Prive").text
    assert "Prive" not in visitor.get("?api/pages").json()


def test_banner_and_other_metadata(wiki: SimulatedWiki, tool: Hands, visitor: Hands) -> None:
    wiki.control.write("Entete", "Le bandeau")
    wiki.control.write("Essai", "Le texte")
    assert tool.post("?Essai/savemetadatas", {"metadatas[PageHeader]": "Entete"}).json() == {"result": 0}
    assert tool.post("?Essai/savemetadatas", {"metadatas[allie_id]": "x"}).json() == {"result": 0}
    assert visitor.get("?api/pages/Essai").json()["metadatas"] == {"PageHeader": "Entete", "allie_id": "x"}
    assert "Le bandeau" in visitor.get("?Essai").text


def test_a_new_page_is_dressed_with_the_form_that_makes_it(wiki: SimulatedWiki, tool: Hands) -> None:
    form = {"body": "x", "submit": "Sauver", "previous": "", "hashcash_value": tool.riddle(), "newpage": "1"}
    theme = {"theme": "margot", "squelette": "1col.tpl.html", "style": "light.css", "bgimg": "marque"}
    tool.post("?Essai/edit", {**form, **theme, "PageHeader": "Entete", "pagetags": "a,b", "antispam": "1"})
    assert tool.get("?api/pages/Essai").json()["metadatas"] == {**theme, "PageHeader": "Entete"}
    place = "?api/triples&property=http://outils-reseaux.org/_vocabulary/tag"
    assert [row["value"] for row in tool.get(place).json()] == ["a", "b"]


def test_a_page_that_was_deleted_comes_back_without_a_conflict(wiki: SimulatedWiki, tool: Hands) -> None:
    first = wiki.control.write("Essai", "Un")
    tool.post("?api/triples/Essai", {"property": "urn:x", "value": "y"}, headers=wiki.bearer())
    wiki.control.delete("Essai")
    assert tool.edit("Essai", "Deux", first.id).status_code == 302
    assert wiki.control.body("Essai") == "Deux"
    assert len(tool.get("?api/triples/Essai&property=urn:x").json()) == 1


def test_a_negated_right_lets_in_everybody_else(wiki: SimulatedWiki, visitor: Hands) -> None:
    wiki.control.write("Essai", "x", "WikiAdmin")
    wiki.control.set_acl("Essai", read="!Zoe")
    assert visitor.get("?Essai/raw").text == "x"
    visitor.post("?PagePrincipale", {"action": "login", "name": "Zoe", "password": "Zoe-password"})
    assert visitor.get("?Essai/raw").text == ""
