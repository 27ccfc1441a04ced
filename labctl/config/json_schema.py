"""Parts of a JSON Schema, by which an editor knows the keys of a TOML file.

An editor completes and underlines by it. The readers check more and decide.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"  # the draft that editors of TOML know


def number(meaning: str, minimum: float = -math.inf, maximum: float = math.inf) -> Schema:
    """Return the schema of a number from `minimum` to `maximum`, both included."""
    ends = {"minimum": minimum, "maximum": maximum}
    return {
        "description": meaning,
        "type": "number",
        **{key: end for key, end in ends.items() if math.isfinite(end)},
    }


def text(meaning: str, choices: Sequence[str] = ()) -> Schema:
    """Return the schema of a text, one of `choices` where there are any."""
    chosen: Schema = {"enum": list(choices)} if choices else {}
    return {"description": meaning, "type": "string", **chosen}


def flag(meaning: str) -> Schema:
    """Return the schema of true or false."""
    return {"description": meaning, "type": "boolean"}


def pair(meaning: str) -> Schema:
    """Return the schema of two numbers `[low, high]`."""
    return {
        "description": meaning,
        "type": "array",
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 2,
    }


def texts(meaning: str, choices: Sequence[str] = ()) -> Schema:
    """Return the schema of a list of texts."""
    return {"description": meaning, "type": "array", "items": text("", choices)}


def either(meaning: str, *kinds: Schema) -> Schema:
    """Return the schema of a value of one of several kinds."""
    return {"description": meaning, "anyOf": list(kinds)}


def table(meaning: str, keys: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    """Return the schema of a table with these keys and no other."""
    needed: Schema = {"required": list(required)} if required else {}
    return {
        "description": meaning,
        "type": "object",
        "properties": dict(keys),
        **needed,
        "additionalProperties": False,
    }


def tables_by_name(meaning: str, each: Schema) -> Schema:
    """Return the schema of tables with freely chosen names."""
    return {"description": meaning, "type": "object", "additionalProperties": each}


def array(meaning: str, each: Schema) -> Schema:
    """Return the schema of an array of tables, `[[key]]`, at least one."""
    return {"description": meaning, "type": "array", "items": each, "minItems": 1}


def anything(meaning: str) -> Schema:
    """Return the schema of a table with the keys of other code: a driver, a rig."""
    return {"description": meaning, "type": "object"}
