"""From what pydantic says to problems that a person can be told: everything at once, each with its place."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from allies_sync.model.base import Issue
from allies_sync.model.problems import Code, Detail, InvalidData, Path, Problem, dotted, excerpt
from allies_sync.model.tomlplaces import Places

M = TypeVar("M", bound=BaseModel)

MOST = 500
"""Nobody reads more; a file of a million characters may hold as many mistakes."""

_TYPES = {
    "string_type": "text",
    "model_type": "table",
    "model_attributes_type": "table",
    "dict_type": "table",
    "tuple_type": "list",
    "list_type": "list",
}
_KINDS: Mapping[str, tuple[Code, tuple[str, ...]]] = {
    "int": (Code.WRONG_TYPE, ("integer",)),
    "float": (Code.WRONG_TYPE, ("number",)),
    "decimal": (Code.WRONG_TYPE, ("amount",)),
    "bool": (Code.WRONG_TYPE, ("boolean",)),
    "date": (Code.BAD_DATE, ()),
    "datetime": (Code.BAD_DATE, ()),
    "time": (Code.BAD_TIME, ()),
    "url": (Code.BAD_URL, ()),
}
"""By the first word of pydantic's name of the error: ``int_parsing``, ``bool_type``…"""
_BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_FRENCH_KEYS = {
    "titre": "title",
    "sous-titre": "subtitle",
    "sous_titre": "subtitle",
    "nom": "name",
    "lieu": "place",
    "debut": "start",
    "début": "start",
    "fin": "end",
    "duree": "duration",
    "durée": "duration",
    "objectifs": "objectives",
    "etat": "state",
    "état": "state",
    "statut": "state",
    "modele": "template",
    "modèle": "template",
    "demande": "demand",
    "contexte": "context",
    "enjeux": "stakes",
    "demarche": "approach",
    "démarche": "approach",
    "prix": "price",
    "tarif": "price",
    "montant": "amount",
    "tva": "vat",
    "calendrier": "calendar",
    "intervenants": "people",
    "intervenant·e·s": "people",
    "licence_recits": "stories_licence",
    "thème": "theme",
    "echelle": "scale",
    "échelle": "scale",
    "etapes": "steps",
    "étapes": "steps",
    "comite": "committee",
    "projets": "projects",
}


def check(data: Mapping[str, Any], model: type[M], *, file: str = "", places: Places | None = None) -> M:
    """``data`` as a ``model``, or :class:`InvalidData` with all that is wrong."""
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        raise InvalidData(problems_of(error, data, model, file=file, places=places)) from None


def problems_of(
    error: ValidationError,
    data: Mapping[str, Any],
    model: type[BaseModel],
    *,
    file: str = "",
    places: Places | None = None,
) -> tuple[Problem, ...]:
    """All problems in the order of the file, each only once (the first hundreds, should there be thousands)."""
    teller = _Teller(data, model, file, places)
    found: dict[tuple[str, str, str], Problem] = {}
    for problem in teller.tell(error.errors(include_url=False)):
        found.setdefault((problem.field, problem.code, problem.found), problem)
    return tuple(sorted(found.values(), key=lambda problem: problem.line or 0))


def remarks_of(remarks: Iterator[Issue], *, file: str = "", places: Places | None = None) -> tuple[Problem, ...]:
    """What an object finds worth saying about itself, as problems that stop nothing."""
    return tuple(_issue_problem((), remark, file, places) for remark in remarks)


class _Teller:
    def __init__(self, data: Mapping[str, Any], model: type[BaseModel], file: str, places: Places | None) -> None:
        self.data = data
        self.model = model
        self.file = file
        self.places = places

    def tell(self, errors: Sequence[ErrorDetails]) -> Iterator[Problem]:
        blamed: set[Path] = set()
        issues = _salvage(self.model, self.data)
        for error in errors[:MOST]:
            path = _data_path(error["loc"], self.data)
            if error["type"] == "issues":
                issues.extend((path, issue) for issue in error.get("ctx", {}).get("issues", ()))
            else:
                blamed.update(path[:length] for length in range(1, len(path) + 1))
                yield self._problem(error, path)
        for path, issue in issues[:MOST]:
            about = [(*path, *issue.path), *([(*path, *issue.other)] if issue.other else [])]
            if blamed.isdisjoint(about):
                yield _issue_problem(path, issue, self.file, self.places)

    def _problem(self, error: ErrorDetails, path: Path) -> Problem:
        kind, context = error["type"], error.get("ctx", {})
        found, allowed = excerpt(error["input"]), _strings(context.get("allowed", ()))
        details: dict[str, Detail] = {}
        code = Code.BAD_FORMAT
        if kind == "missing":
            code, found, allowed = Code.MISSING, "", _type_name(_annotation_at(self.model, path, self.data))
        elif kind == "extra_forbidden":
            code, found = Code.UNKNOWN_KEY, str(path[-1])
            allowed = _known_keys(_annotation_at(self.model, path[:-1], self.data))
            details = _suggestion(found, allowed)
        elif kind in _TYPES:
            code, allowed = Code.WRONG_TYPE, (_TYPES[kind],)
        elif kind.partition("_")[0] in _KINDS:
            code, allowed = _KINDS[kind.partition("_")[0]]
        elif kind in {"enum", "literal_error", "union_tag_invalid"}:
            code, allowed = Code.NOT_ALLOWED, _choices(_annotation_at(self.model, path, self.data), context)
            if kind == "union_tag_invalid":
                path, found = (*path, str(context["discriminator"]).strip("'")), excerpt(context["tag"])
            details = _suggestion(found.strip('"'), allowed)
        elif kind == "union_tag_not_found":
            code, found, allowed = Code.MISSING, "", ("text",)
            path = (*path, str(context["discriminator"]).strip("'"))
        elif kind == "string_too_short":
            code = Code.EMPTY if context["min_length"] == 1 else Code.TOO_SHORT
            allowed = (str(context["min_length"]),)
        elif kind == "string_too_long":
            code, allowed = Code.TOO_LONG, (str(context["max_length"]),)
            details = {"length": len(error["input"])}
        elif kind in {"too_long", "too_short"}:
            code, bound = (Code.TOO_MANY, "max_length") if kind == "too_long" else (Code.TOO_FEW, "min_length")
            allowed = (str(context[bound]),)
        elif kind in {"value_error", "assertion_error"}:
            code, details = Code.INCONSISTENT, {"message": str(context.get("error", ""))}
        elif kind == "string_pattern_mismatch":
            allowed = (str(context["pattern"]),)
        elif kind in set(Code):
            code = Code(kind)
            allowed = allowed or _bounds(context)
        elif _bounds(context):
            code, allowed = Code.OUT_OF_RANGE, _bounds(context)
        else:
            details = {"message": error["msg"]}
        return self._at(path, code, found, allowed, details)

    def _at(
        self, path: Path, code: Code, found: str, allowed: tuple[str, ...], details: Mapping[str, Detail]
    ) -> Problem:
        line = self.places.line(path) if self.places else None
        return Problem(self.file, line, dotted(path), found, allowed, code, details=details)


def _issue_problem(base: Path, issue: Issue, file: str, places: Places | None) -> Problem:
    path = (*base, *issue.path)
    details = dict(issue.details)
    if issue.other is not None:
        other = (*base, *issue.other)
        details["other_field"] = dotted(other)
        other_line = places.line(other) if places else None
        if other_line is not None:
            details["other_line"] = other_line
    line = places.line(path) if places else None
    return Problem(file, line, dotted(path), excerpt(issue.found), issue.allowed, issue.code, details=details)


# --- Where pydantic's locations are in the data -----------------------------------------------------------


def _data_path(location: tuple[str | int, ...], data: Any) -> Path:
    """A location without what pydantic adds to it: the names of union members, ``[key]``."""
    path: Path = ()
    for position, part in enumerate(location):
        last = position == len(location) - 1
        in_list = isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
        if in_list or (isinstance(data, Mapping) and part in data):
            data = data[part]
        elif part == "[key]" or not last:
            continue
        path += (part,)
    return path


def _plain(annotation: Any, data: Any = None) -> Any:
    """Without ``Annotated`` and ``None``; of several models the one whose literal fields fit ``data``."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in {Union, types.UnionType}:
        return annotation
    members = [_plain(member) for member in get_args(annotation) if member is not type(None)]
    if len(members) == 1:
        return _plain(members[0], data)
    for member in members:
        if _is_model(member) and isinstance(data, Mapping):
            for name, info in member.model_fields.items():
                literal = get_origin(_plain(info.annotation)) is Literal
                if literal and data.get(name) in get_args(_plain(info.annotation)):
                    return member
    return None


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _annotation_at(model: type[BaseModel], path: Path, data: Any) -> Any:
    """The annotation of what stands at ``path``, or ``None``."""
    annotation: Any = model
    for part in path:
        annotation = _plain(annotation, data)
        if _is_model(annotation):
            field = _field(annotation, str(part))
            annotation = field.annotation if field else None
        elif get_origin(annotation) in {tuple, list} and isinstance(part, int):
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        else:
            return None
        inside = isinstance(data, Mapping) or (isinstance(data, Sequence) and not isinstance(data, str))
        try:
            data = data[part] if inside else None
        except (KeyError, IndexError, TypeError):
            data = None
    return _plain(annotation, data)


def _key(name: str, info: FieldInfo) -> str:
    return info.validation_alias if isinstance(info.validation_alias, str) else info.alias or name


def _field(model: type[BaseModel], key: str) -> FieldInfo | None:
    return next((info for name, info in model.model_fields.items() if _key(name, info) == key), None)


def _known_keys(annotation: Any) -> tuple[str, ...]:
    if not _is_model(annotation):
        return ()
    return tuple(_key(name, info) for name, info in annotation.model_fields.items())


def _type_name(annotation: Any) -> tuple[str, ...]:
    if _is_model(annotation) or get_origin(annotation) is dict:
        return ("table",)
    if get_origin(annotation) in {tuple, list}:
        return ("list",)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _choices(annotation, {})
    names = {str: "text", bool: "boolean", int: "integer", Decimal: "amount", date: "date", time: "time"}
    return (names[annotation],) if annotation in names else ()


def _choices(annotation: Any, context: Mapping[str, Any]) -> tuple[str, ...]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    if get_origin(annotation) is Literal:
        return tuple(str(value) for value in get_args(annotation))
    tags = str(context.get("expected_tags", context.get("expected", "")))
    return tuple(tag.strip(" '") for tag in tags.replace(" or ", ",").split(",") if tag.strip(" '"))


def _bounds(context: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{sign} {excerpt(context[name])}" for name, sign in _BOUNDS.items() if name in context)


def _strings(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _suggestion(found: str, allowed: Sequence[str]) -> dict[str, Detail]:
    """The allowed word that was probably meant."""
    from difflib import get_close_matches

    word = found.casefold()
    meant = _FRENCH_KEYS.get(word)
    if meant in allowed and meant is not None:
        return {"suggestion": meant}
    by_case = {candidate.casefold(): candidate for candidate in allowed}
    close = get_close_matches(word, by_case, n=3, cutoff=0.6)
    turned = [candidate for candidate in close if sorted(candidate) == sorted(word)]
    return {"suggestion": by_case[(turned or close)[0]]} if close else {}


# --- What does not fit together, when single values are wrong too ------------------------------------------


def _salvage(model: type[BaseModel], data: Mapping[str, Any]) -> list[tuple[Path, Issue]]:
    """The issues of all objects, as far as they can be asked although something in them is invalid."""
    found: list[tuple[Path, Issue]] = []
    _partial(model, data, (), found)
    return found


def _partial(model: type[BaseModel], data: Any, path: Path, found: list[tuple[Path, Issue]]) -> BaseModel:
    given = data if isinstance(data, Mapping) else {}
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        key = _key(name, info)
        if key in given:
            values[name] = _partial_value(model, name, info.annotation, given[key], (*path, key), found)
        else:
            values[name] = (
                None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
            )
    partial = model.model_construct(**values)
    ask = getattr(partial, "issues", None)
    if callable(ask):
        with suppress(AttributeError, TypeError, ValueError):  # it needed a value that is missing: told already
            found.extend((path, issue) for issue in list(ask()))
    return partial


def _partial_value(
    model: type[BaseModel], name: str, annotation: Any, value: Any, path: Path, found: list[tuple[Path, Issue]]
) -> Any:
    plain = _plain(annotation, value)
    if _is_model(plain):
        return _partial(plain, value, path, found)
    if get_origin(plain) in {tuple, list}:
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
        inner = get_args(plain)[0]
        models = [_plain(inner, item) for item in items]
        if any(_is_model(item) for item in models):
            return tuple(
                _partial(item_model, item, (*path, index), found) if _is_model(item_model) else None
                for index, (item_model, item) in enumerate(zip(models, items, strict=True))
            )
    try:
        return _adapter(model, name).validate_python(value)
    except ValidationError:
        return () if get_origin(plain) in {tuple, list} else None


@lru_cache(maxsize=512)
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    annotation: Any = info.annotation
    return TypeAdapter(Annotated[annotation, *info.metadata] if info.metadata else annotation)
