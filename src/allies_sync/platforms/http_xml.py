"""XML from servers, read as data: no document type, no entities, nothing fetched, bounded depth and size."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MAX_DEPTH = 64
MAX_ELEMENTS = 1_000_000


class UnsafeXml(ValueError):
    """The text is no XML, or more than plain data."""


def parse_xml(data: bytes) -> Element:
    """The root element; names are ``{namespace}name``. Raises UnsafeXml."""
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    depth = elements = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
            raise UnsafeXml("too deep or too long")
        builder.start(_qualified(name), {_qualified(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_qualified(name))

    def refuse(*_what: object) -> NoReturn:
        raise UnsafeXml("document types and entities are refused")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, AssertionError, LookupError, UnicodeError) as error:
        raise UnsafeXml(f"no XML: {error}") from None


def _qualified(name: str) -> str:
    return f"{{{name}" if "}" in name else name
