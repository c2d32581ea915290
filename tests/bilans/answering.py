"""Thirty people who answered the questionnaires of the example: made up, and always the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ATTENTES = (
    "Rencontrer les autres associations du quartier et repartir avec un projet à deux.",
    "Savoir par où commencer quand on veut partager un local.",
    "Des outils pour animer nos réunions autrement.",
    "Comprendre la différence entre collaborer et coopérer.",
    "Que la journée ne reste pas sans suite.",
    "Mettre des visages sur des noms.",
)
FREINS = ("Le temps.", "La peur de perdre nos financements.", "On ne se connaît pas assez.", "Qui décide ?")
GARDE = (
    "L'envie d'appeler deux personnes dès lundi.",
    "Une méthode pour décider à plusieurs, que j'essaierai au prochain conseil.",
    "La carte des projets : on ne savait pas que vous existiez.",
    "L'impression que c'est possible.",
    "Une question qui ne me lâche plus : qu'est-ce qu'on partage vraiment ?",
)
CHANGER = ("Plus de temps pour les modules.", "Commencer plus tard.", "Une salle moins bruyante l'après-midi.")
PRENOMS = ("Prénom-Alpha", "Prénom-Bravo", "Prénom-Charlie", "Prénom-Delta")


def amont(number: int) -> dict[str, Any]:
    """What the n-th person answers before the day."""
    values: dict[str, Any] = {"attentes": f"{ATTENTES[number % len(ATTENTES)]} ({number})"}
    if number % 5:
        values["experience"] = str(1 + number % 4)
    if number % 3:
        values["freins"] = FREINS[number % len(FREINS)]
    values["modules"] = [
        key for step, key in enumerate(("numerique", "animation", "statuts", "projet")) if (number >> step) & 1
    ]
    values["prenom"] = PRENOMS[number % len(PRENOMS)]
    values["structure"] = f"Structure-Secrète {number}"
    return values


def a_chaud(number: int) -> dict[str, Any]:
    """And at the end of it."""
    values: dict[str, Any] = {"satisfaction": str((2, 3, 3, 4, 4)[number % 5])}
    if number % 4:
        values["parole"] = str((1, 3, 4)[number % 3])
    values["garde"] = GARDE[number % len(GARDE)]
    if number % 2:
        values["changer"] = CHANGER[number % len(CHANGER)]
    return values


def put(folder: Path, stem: str, answers: Iterator[dict[str, Any]] | list[dict[str, Any]], start: datetime) -> None:
    """Answers as files of a local wiki."""
    place = folder / "reponses" / stem
    place.mkdir(parents=True, exist_ok=True)
    for number, values in enumerate(answers):
        moment = (start + timedelta(minutes=7 * number)).isoformat()
        content = {"created": moment, "updated": moment, "values": values}
        (place / f"p{number:04}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def thirty(wiki: Path, number: int = 30) -> None:
    """Thirty answers before, thirty at the end, into the example's local wiki."""
    put(wiki, "amont", [amont(n) for n in range(number)], datetime(2027, 2, 20, 9, tzinfo=UTC))
    put(wiki, "a-chaud-journee", [a_chaud(n) for n in range(number)], datetime(2027, 3, 12, 16, tzinfo=UTC))
