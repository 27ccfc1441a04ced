"""Hooks of the site's build (`make docs`): pages made from the source, and links that leave docs/.

A page with a line `<!-- made: NAME -->` gets the part NAME in its place, made from the parser, the schema and
the docstrings of this checkout, so that it cannot differ from them. Sections of the navigation written as a
folder (`decisions/`) list its pages. A link to a file of the project outside docs/ leads to a copy.
"""

import inspect
import posixpath
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import typer

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES_OF_THE_ROOT = {
    "README.md": "index.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
}
COPIES = "source"
LINK = re.compile(r"(\]\()((?:\.\./)*[\w./-]+)((?:#[^)]*)?\))")
MADE = re.compile(r"^<!-- made: (\w+) -->$", flags=re.M)
OPENERS = (
    "labctl.open",
    "labctl.open_archive",
    "labctl.opened.OpenedDatabase",
    "labctl.opened.Run",
    "labctl.opened.Sample",
    "labctl.opened_to_amend.OpenedAmendableDatabase",
    "labctl.scripting.open_bench",
    "labctl.scripting.ScriptBench",
)
PUBLIC_MODULES = (
    "labctl.analysis",
    "labctl.bench",
    "labctl.measure.events",
    "labctl.clock",
    "labctl.errors",
    "labctl.instrument",
)


def cell(text: str) -> str:
    """Return a text for one cell of a table."""
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;") or "-"


def table(*rows: tuple[str, ...]) -> str:
    """Return a table whose first row is its heading."""
    heading, *others = [f"| {' | '.join(map(cell, row))} |" for row in rows]
    return "\n".join([heading, "|" + "---|" * len(rows[0]), *others]) + "\n"


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command of the program with its name, those of groups included."""
    from labctl.cli import app

    def below(name: str, command: Any) -> Iterator[tuple[str, click.Command]]:
        yield name, command
        for inner, child in getattr(command, "commands", {}).items():
            yield from below(f"{name} {inner}", child)

    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        yield from below(f"labctl {name}", command)


def made_commands() -> str:
    """Return the help of every command."""
    parts = []
    for name, command in commands():
        context = command.make_context(name, [], resilient_parsing=True)
        context.info_name = name
        parts.append(f"## {name}\n\n```text\n{command.get_help(context).strip()}\n```\n")
    return "\n".join(parts)


def made_tables() -> str:
    """Return every table and view of a results file with columns, units and meanings."""
    from labctl.store.structure import newest

    described = sorted(newest().described, key=lambda row: row[0])
    parts = []
    for name, rows in groupby(described, key=lambda row: row[0]):
        columns = [(f"`{column}`", unit, meaning) for _, column, unit, meaning in rows]
        parts.append(f"## {name}\n\n{table(('column', 'unit', 'meaning'), *columns)}")
    return "\n".join(parts)


def made_procedures() -> str:
    """Return every shipped procedure with its parameters."""
    from labctl.config.offered_procedures import shipped
    from labctl.measure.parameter_facts import parameters_of, summary_of

    parts = []
    for offered in shipped():
        rows = [
            (f"`{facts.key}`", facts.meaning, facts.unit, _default(facts.default), facts.accepted)
            for facts in parameters_of(offered.procedure_class)
        ]  # fmt: skip
        shown = table(("key", "meaning", "unit", "default", "accepted"), *rows)
        summary = summary_of(offered.procedure_class)
        parts.append(f'## {offered.title}\n\n{summary}\n\n    use = "{offered.reference}"\n\n{shown}')
    return "\n".join(parts)


def _default(value: Any) -> str:
    return "required" if value is None else str(value)


def public_names() -> list[str]:
    """Return the full names of what scripts may use."""
    from importlib import import_module

    names = list(OPENERS)
    for name in PUBLIC_MODULES:
        module = import_module(name)
        names += [
            f"{name}.{public}" for public in sorted(getattr(module, "__all__", None) or _defined(module))
        ]
    return names


def _defined(module: Any) -> list[str]:
    own = (
        name for name, found in vars(module).items() if getattr(found, "__module__", "") == module.__name__
    )
    return [name for name in own if not name.startswith("_")]


def made_python() -> str:
    """Return a directive for every public name, which mkdocstrings replaces by its docstring."""
    parts = []
    for name in public_names():
        found = _object(name)
        if inspect.isclass(found) or inspect.isfunction(found):
            parts.append(f"::: {found.__module__}.{found.__qualname__}\n")
    return "\n".join(dict.fromkeys(parts))


def _object(name: str) -> Any:
    from importlib import import_module

    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def made_keys() -> str:
    """Return every key of station and protocol, from the JSON Schemas that editors use."""
    from labctl.config.station_schema import station_schema
    from labctl.measure.protocol_schema import protocol_schema

    parts = []
    for title, schema in (("Station", station_schema()), ("Protocol", protocol_schema())):
        rows = [("key", "meaning", "accepted"), *_rows_of(schema, schema.get("definitions", {}), "")]
        parts.append(f"## {title}\n\n{table(*rows)}")
    return "\n".join(parts)


def _rows_of(schema: dict[str, Any], definitions: dict[str, Any], place: str) -> Iterator[tuple[str, ...]]:
    schema = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for key, inner in schema.get("properties", {}).items():
        yield f"`{place}{key}`", inner.get("description", ""), _accepted(inner)
        if f"{place}{key}" != "procedure.procedure":
            yield from _rows_of(inner, definitions, f"{place}{key}.")
    kinds = [*schema.get("anyOf", ())[:1], schema.get("items"), schema.get("additionalProperties")]
    for inner in filter(None, kinds):
        name = "NAME." if inner is schema.get("additionalProperties") else ""
        yield from _rows_of(inner, definitions, f"{place}{name}")


def _accepted(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "minimum" in schema or "maximum" in schema:
        return f"{schema.get('minimum', '')} to {schema.get('maximum', '')}".strip()
    return {"boolean": "true, false"}.get(schema.get("type", ""), "")


MAKERS = {
    "keys": made_keys,
    "commands": made_commands,
    "tables": made_tables,
    "procedures": made_procedures,
    "python": made_python,
}


def with_made_parts(text: str) -> str:
    """Return the text of a page with its made parts; raises KeyError for an unknown one."""
    return MADE.sub(lambda found: MAKERS[found[1]](), text)


def leaves_docs(page: str, target: str) -> str:
    """Return the file of the project outside docs/ to which a link of a page leads; `""` for others."""
    there = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target))
    return "" if there.startswith(("docs/", "..")) else there


def with_links_into_the_site(page: str, text: str) -> str:
    """Return the text of a page whose links to files outside docs/ lead to their copies."""

    def replaced(found: re.Match[str]) -> str:
        there = leaves_docs(page, found[2])
        if not there:
            return found[0]
        place = PAGES_OF_THE_ROOT.get(there, f"{COPIES}/{there}.txt")
        return f"{found[1]}{posixpath.relpath(place, posixpath.dirname(page) or '.')}{found[3]}"

    return LINK.sub(replaced, text)


def linked_files() -> set[str]:
    """Return the files outside docs/ to which pages lead."""
    found = set()
    for path in DOCS.rglob("*.md"):
        page = path.relative_to(DOCS).as_posix()
        found |= {leaves_docs(page, target) for _, target, _ in LINK.findall(path.read_text("utf-8"))}
    return {name for name in found if name and name not in PAGES_OF_THE_ROOT}


def from_root(text: str) -> str:
    """Return a page of the root as it is in the site: its links begin in docs/."""
    text = text.replace("](docs/decisions)", "](decisions/0001-layers.md)")
    return re.sub(r"\]\(docs/([^)]*)\)", r"](\1)", text).replace("](LICENSE)", f"]({COPIES}/LICENSE.txt)")


def on_config(config: "MkDocsConfig") -> "MkDocsConfig":
    """Write the pages of each folder into the navigation."""
    config.nav = [_listed(entry) for entry in config.nav or []]
    return config


def _listed(entry: Any) -> Any:
    if isinstance(entry, list):
        return [_listed(one) for one in entry]
    if isinstance(entry, dict):
        return {title: _listed(content) for title, content in entry.items()}
    if entry.endswith("/"):
        return [page.relative_to(DOCS).as_posix() for page in sorted((DOCS / entry).glob("*.md"))]
    return entry


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add the pages of the root, and copies of the files to which pages lead."""
    from mkdocs.structure.files import File

    for name, place in PAGES_OF_THE_ROOT.items():
        if name != "README.md":
            text = from_root((ROOT / name).read_text("utf-8"))
            files.append(File.generated(config, place, content=text))
    for name in {*linked_files(), "LICENSE"}:
        copy = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, f"{COPIES}/{name}.txt", content=copy))
    return files


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """Fill in made parts, and lead links into the site."""
    return with_links_into_the_site(page.file.src_uri, with_made_parts(markdown))
