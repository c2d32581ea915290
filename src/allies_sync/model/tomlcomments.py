"""The comments of an ``engagement.toml``: written into the file for the people who read it, so in French."""

from __future__ import annotations

from collections.abc import Mapping

HEADER = """\
Données d'un accompagnement, lues et tenues à jour par allies-sync.
Ce fichier se lit et se modifie à la main ; vos commentaires et l'ordre des lignes sont conservés.
Les textes s'écrivent entre guillemets droits (trois s'ils ont plusieurs lignes ; un \\ en fin de ligne la prolonge),
les dates AAAA-MM-JJ, les heures "9h30"."""

COMMENTS: Mapping[tuple[str, str], str] = {
    ("Engagement", "slug"): "Nom de l'espace dans les adresses : choisi à l'ouverture, il ne change plus.",
    ("Engagement", "template"): "Le modèle d'espace de travail.",
    ("Engagement", "state"): "proposé, refusé, ouvert, en cours ou bilan publié (voir aussi « archive », « cancel »)",
    ("Engagement", "opened"): "Date d'ouverture, inscrite par l'outil.",
    ("Engagement", "cancelled"): "Date d'annulation, inscrite par l'outil.",
    ("Engagement", "links_until"): "Les liens durent au moins jusqu'à ce jour (« allies-sync extend »).",
    ("Engagement", "purged"): "Réponses personnelles effacées ce jour-là, inscrit par l'outil.",
    ("Engagement", "withdrawn"): "Réponses sur papier retirées à la demande des personnes, inscrit par l'outil.",
    ("Engagement", "participants"): "Nombre de participant·e·s attendu·e·s.",
    ("Engagement", "audience"): "À qui l'accompagnement s'adresse.",
    ("Engagement", "demand"): "La demande, reformulée.",
    ("Engagement", "approach"): "Notre démarche.",
    ("Engagement", "result"): "Le résultat visé.",
    ("Engagement", "licence"): "CC-BY-SA-4.0, CC-BY-4.0, CC-BY-NC-SA-4.0, CC-BY-ND-4.0 ou CC0-1.0",
    ("Engagement", "stories_licence"): "Licence des récits, si elle est différente.",
    ("Engagement", "client"): "Pour qui : une organisation et une fonction, pas de données personnelles.",
    ("Engagement", "commissioned_by"): "Qui commande et finance, si ce n'est pas le client.",
    ("Engagement", "partners"): "Organisations associées.",
    ("Engagement", "context"): "D'où vient la demande, et ce qui est en jeu.",
    ("Engagement", "process"): "Le processus, avant, pendant et après.",
    ("Engagement", "sessions"): "Une rencontre ; son « id » ne change plus.",
    ("Engagement", "people"): "Qui intervient ; support = true pour une fonction de soutien.",
    ("Engagement", "price"): 'Le prix ; vat = "net de TVA" ou un taux.',
    ("Engagement", "calendar"): "Une phase du calendrier.",
    ("Engagement", "deliverables"): "Ce qui est remis.",
    ("Engagement", "about"): "Présentation du collectif.",
    ("Engagement", "privacy"): "Ce que disent les formulaires : qui lit, pourquoi, combien de mois, à qui demander.",
    ("Engagement", "territory"): "L'alliance sur le territoire (Allié.e.s).",
    ("Session", "programme"): "Un temps du programme ; durée en minutes.",
    ("Session", "preparation"): "Ce qui se fait en amont.",
    ("Session", "follow_up"): "Ce qui se fait ensuite.",
    ("ProgrammeItem", "parallel"): "Nombre de modules menés en même temps.",
    ("Person", "contact"): "Réservé à l'équipe, jamais publié.",
    ("Member", "person"): "Réservé à l'équipe, jamais publié.",
    ("Territory", "starting_point"): "habitants, institution, diagnostic, theme ou appel-a-projets",
    ("Territory", "scale"): "rues, organisation, quartier, commune, departement ou pays",
    ("Territory", "committee"): "Le comité de pilotage.",
    ("Territory", "diagnosis"): "Le diagnostic (étape 2).",
    ("Territory", "actors"): "Qui embarquer : une organisation ou un groupe.",
    ("Territory", "alliances"): "Une alliance (étape 3) ; existing = true si elle était déjà là.",
    ("Territory", "projects"): "Un projet (étapes 4 et 5) : idée, essai, en cours, autonome ou mis de côté.",
    ("Territory", "traces"): "Une trace (étape 6) : texte, image, film, son, livre, carte ou numerique.",
    ("Territory", "steps"): "Une étape, de 0 à 6 : à venir, en cours ou fait.",
}
"""By class and field. A list's comment stands above its first item only."""

ALWAYS = frozenset(
    {("Engagement", "template"), ("Engagement", "state"), ("Engagement", "licence"), ("Privacy", "retention_months")}
)
"""Fields that are written although they have their default: a later default must not change a past engagement."""
