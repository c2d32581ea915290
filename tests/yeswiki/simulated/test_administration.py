"""Groups, accounts and configuration, as an administrator's pages change them."""

from __future__ import annotations

import re

from allies_sync_yeswiki.testing import SimulatedWiki

from .conftest import Hands


def _token(page: str) -> str:
    found = re.search(r'name="confirmToken" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_a_group_is_made_replaced_and_read(wiki: SimulatedWiki, tool: Hands, visitor: Hands) -> None:
    form = {"groupname": "allies2", "acl": "Zoe\nWikiAdmin", "action": "save", "action-save": "1"}
    assert "Nouvelle ACL" not in tool.post("?GererUtilisateurs", form).text
    token = _token(tool.get("?GererUtilisateurs").text)
    saved = tool.post("?GererUtilisateurs", {**form, "confirmToken": token})
    assert "Nouvelle ACL enrégistrée avec succès pour le groupe Allies2" in saved.text
    assert tool.get("?api/groups").json() == ["admins", "allies2"]
    seen = tool.post("?GererUtilisateurs", {"groupname": "allies2", "action-view": "1"}).text
    assert '<textarea name="acl" rows="3">Zoe\nWikiAdmin</textarea>' in seen
    wiki.control.write("Prive", "x")
    wiki.control.set_acl("Prive", read="@allies2")
    zoe = Hands(wiki)
    assert zoe.get("?Prive/raw").text == ""
    zoe.post("?PagePrincipale", {"action": "login", "name": "Zoe", "password": "Zoe-password", "remember": "1"})
    assert zoe.get("?Prive/raw").text == "x"


def test_an_account_is_open_to_anybody(wiki: SimulatedWiki, visitor: Hands) -> None:
    form = {"name": "Neuve", "email": "n@example.org", "password": "secret-1", "confpassword": "secret-1"}
    answer = visitor.post("?ParametresUtilisateur", {**form, "usersettings_action": "signup"})
    assert answer.status_code == 302
    assert visitor.edit("Essai", "x").status_code == 302
    page = wiki.control.page("Essai")
    assert page is not None and page.owner == "Neuve"


def test_a_login_is_told_by_its_cookies(wiki: SimulatedWiki) -> None:
    wrong, right = Hands(wiki), Hands(wiki)
    form = {"action": "login", "name": "Zoe", "password": "wrong", "incomingurl": f"{wiki.url}/?PagePrincipale"}
    assert wrong.post("?PagePrincipale", form).status_code == 302
    assert "token" not in wrong.http.cookies
    assert "mauvais mot de passe" in wrong.get("?PagePrincipale").text
    right.post("?PagePrincipale", {**form, "password": "Zoe-password"})
    assert right.http.cookies["name"] == "Zoe"
    right.get("?PagePrincipale&action=logout")
    assert "token" not in right.http.cookies


def test_the_configuration_is_changed_over_http(wiki: SimulatedWiki, tool: Hands, visitor: Hands) -> None:
    page = tool.get("?GererConfig").text
    fields = dict(re.findall(r'<input [^>]*name="([^"]*)" value="([^"]*)"', page.partition('id="edit-config"')[2]))
    assert (fields["bazarIgnoreAcls"], fields["save_config"]) == ("", "1")
    answer = tool.post("?GererConfig", {**fields, "bazarIgnoreAcls": "false"})
    assert (answer.status_code, "saved_config=1" in answer.headers["Location"]) == (302, True)
    assert wiki.control.config.bazarIgnoreAcls is False
    wiki.control.config.default_write_acl = "+"
    tool.post("?GererConfig", {"bazarIgnoreAcls": "false", "save_config": "1"})
    assert wiki.control.config.default_write_acl == "*", "what is not sent is taken out of the file"
    assert "permise aux administrateurs" in visitor.get("?GererConfig").text
    with wiki.control.with_config(config_writable=False):
        assert "edit-config" not in tool.get("?GererConfig").text
