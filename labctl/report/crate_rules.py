"""Rules of RO-Crate 1.1 that a crate is checked for, when it was written and before it is read.

Checked: the descriptor and the root, that each entity has an identifier of its own and a type, that each
reference is to an entity or an address, that each described file is there with its size and SHA-256, that
each file is described and part of the root, and that the licence and persons are entities. Source:
https://www.researchobject.org/ro-crate/specification/1.1/ (root-data-entity, data-entities, contextual).

Not checked: the JSON-LD context, which is an address and not in the crate, so that a misspelt property is not
noticed; and the terms of ontologies against these.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from labctl.plain_text import shown

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "https://w3id.org/ro/crate/1.1"
ROOT = "./"
NOT_CHECKED = "not checked: properties against the JSON-LD context, terms against their ontologies"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
Entity = Mapping[str, Any]


def graph_of(folder: Path) -> dict[str, Any]:
    """Return the metadata of a crate; raises OSError or ValueError where there is none that can be read."""
    content = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    graph = content.get("@graph") if isinstance(content, dict) else None
    if not isinstance(graph, list) or not all(isinstance(one, dict) for one in graph):
        raise ValueError("holds no list of entities @graph")
    return content


def broken_rules(folder: Path) -> list[str]:
    """Return a sentence for each rule that a crate breaks; empty where it keeps all that are checked."""
    try:
        content = graph_of(folder)
    except (OSError, ValueError, RecursionError) as error:
        return [f"{METADATA} cannot be read: {error}"]
    entities: list[Entity] = content["@graph"]
    found = list(_of_entities(entities))
    by_id = {one["@id"]: one for one in entities if isinstance(one.get("@id"), str)}
    contexts = content.get("@context")
    if (contexts[0] if isinstance(contexts, list) and contexts else contexts) != CONTEXT:
        found.append(f"@context is not {CONTEXT}")
    found += _of_descriptor(by_id.get(METADATA, {}))
    found += _of_root(by_id.get(ROOT, {}), by_id)
    found += _of_references(entities, by_id)
    return found + list(_of_files(folder, by_id))


def _of_entities(entities: list[Entity]) -> Iterator[str]:
    seen = set[str]()
    for one in entities:
        name = one.get("@id")
        if not isinstance(name, str) or not name:
            yield "an entity has no @id"
            continue
        if name in seen:
            yield f"{shown(name)} is described twice"
        seen.add(name)
        if not one.get("@type"):
            yield f"{shown(name)} has no @type"


def _of_descriptor(descriptor: Entity) -> Iterator[str]:
    if descriptor.get("about") != {"@id": ROOT}:
        yield f"{METADATA} is not about {ROOT}"
    if descriptor.get("conformsTo") != {"@id": PROFILE}:
        yield f"{METADATA} does not conform to {PROFILE}"
    if descriptor.get("@type") != "CreativeWork":
        yield f"{METADATA} is not a CreativeWork"


def _of_root(root: Entity, by_id: Mapping[str, Entity]) -> Iterator[str]:
    if root.get("@type") != "Dataset":
        yield f"{ROOT} is not a Dataset"
    yield from (f"{ROOT} has no {key}" for key in ("name", "description", "license") if not root.get(key))
    try:
        datetime.fromisoformat(str(root.get("datePublished")))
    except ValueError:
        yield f"{ROOT} has no datePublished of ISO 8601"
    licence = root.get("license")
    if isinstance(licence, Mapping) and not by_id.get(str(licence.get("@id")), {}).get("name"):
        yield "the licence has no name"


def _of_references(entities: list[Entity], by_id: Mapping[str, Entity]) -> Iterator[str]:
    for one in entities:
        for key, value in one.items():
            for part in value if isinstance(value, list) else [value]:
                name = part.get("@id") if isinstance(part, Mapping) else None
                if isinstance(name, str) and name not in by_id and not _ADDRESS.match(name):
                    where = f"{shown(one.get('@id'))} refers by {shown(key)} to {shown(name)}"
                    yield f"{where}, which is not described"


def is_file(entity: Entity) -> bool:
    """Return whether an entity is a file of the crate."""
    kind = entity.get("@type")
    return (kind == "File" or (isinstance(kind, list) and "File" in kind)) and entity.get("@id") != METADATA


def _of_files(folder: Path, by_id: Mapping[str, Entity]) -> Iterator[str]:
    described = {name: one for name, one in by_id.items() if is_file(one)}
    parts = by_id.get(ROOT, {}).get("hasPart") or []
    listed = {
        part.get("@id") for part in (parts if isinstance(parts, list) else [parts]) if isinstance(part, dict)
    }
    for name, about in described.items():
        yield from _of_file(folder, name, about)
        if name not in listed:
            yield f"{shown(name)} is not part of {ROOT}"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    yield from (
        f"{shown(name)} is in the crate, but not described" for name in sorted(there - {METADATA, *described})
    )


def _of_file(folder: Path, name: str, about: Entity) -> Iterator[str]:
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()) or not file.is_file():
        yield f"{shown(name)} is described, but is not in the crate"
        return
    if "contentSize" in about and about["contentSize"] != str(file.stat().st_size):
        yield f"{shown(name)} does not have the size described"
    with file.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != about.get("sha256"):
            yield f"{shown(name)} was changed: its SHA-256 is not the one described"
