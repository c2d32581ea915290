"""What other wikis call the questions of the form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allies_sync.model.memoire_form import LABELS
from allies_sync.model.memoire_labels import place, tells_a_memoire


@pytest.mark.parametrize(("name", "label"), LABELS.items())
def test_our_own_labels_are_our_own_fields(name: str, label: str):
    assert place(label) == name
    assert place(f"{label} *".upper()) == name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Nature de l'action menée", "nature"),
        ("Type d’action", "nature"),
        ("Nombre de participant·e·s", "participants"),
        ("Nombre de participant(e)s", "participants"),
        ("Durée", "duration"),
        ("Niveau d'avancement", "progress"),
        ("Degré de réussite de l’action", "success"),
        ("Année(s) de mise en œuvre", "years"),
        ("Lien vers le cahier des charges initial ou résumer des besoins", "link_cahier_des_charges"),
        ("Cahier des charges", "link_cahier_des_charges"),
        ("Lien vers la demande initiale", "link_cahier_des_charges"),
        ("Lien vers la réponse au cahier des charges (s'il y a lieu)", "link_proposition"),
        ("Lien vers notre proposition", "link_proposition"),
        ("Lien vers la documentation de l'expérience", "link_documentation"),
        ("Documentation", "link_documentation"),
        ("Auteur.trice(s) de la ressource", "authors"),
        ("Auteur-rice-s", "authors"),
        ("Autrices et auteurs", "authors"),
        ("Licence d'utilisation la ressource", "licence"),
        ("Contributeur.trice.s ayant vécu cette action", "contributors"),
        ("Contributeur·rice·s", "contributors"),
        ("Photos", "pictures"),
        ("lien cahier", "link_cahier_des_charges"),
        ("lien reponse", "link_proposition"),
        ("lien doc", "link_documentation"),
    ],
)  # fmt: skip
def test_labels_of_other_wikis_mean_the_same(label: str, name: str):
    assert place(label) == name


@pytest.mark.parametrize(
    "label",
    ["Signature", "Réponse", "Date", "Nombre de sessions", "Courriel", "Lien", "Fichier", "Ville", "Mots clés", ""],
)
def test_what_is_none_of_them_has_no_place(label: str):
    assert place(label) is None


def test_a_form_of_memoires_is_told_from_a_form_of_resources():
    assert tells_a_memoire(["Titre", "Nature de l'action", "Nombre de participants", "Durée", "Description"])
    assert not tells_a_memoire(["Titre", "Description", "Auteurs", "Licence", "Image", "Année"])


@given(st.text(max_size=400))
def test_any_label_has_a_place_or_none(label: str):
    assert place(label) is None or place(label) in LABELS
