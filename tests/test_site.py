"""The pages that the site makes from the source hold all of it, and links lead into the site."""

import importlib.util
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
import typer

import labctl.analysis
import labctl.cli
from labctl.config.offered_procedures import shipped
from labctl.store.structure import newest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONFIG = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site():
    """The hooks of the site's build."""
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / ".ci" / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_is_on_its_page_with_its_options(site):
    page = site.made_commands()
    for name, command in site.commands():
        assert f"\n## {name}\n" in f"\n{page}"
        for parameter in command.params:
            if isinstance(parameter, typer.core.TyperOption) and not parameter.hidden:
                assert parameter.opts[0] in page


def test_every_table_and_column_is_on_its_page_with_its_meaning(site):
    page = site.made_tables()
    for table, column, _, meaning in newest().described:
        (section,) = re.findall(rf"^## {table}\n(.*?)(?=^## |\Z)", page, flags=re.M | re.S)
        assert f"| `{column}` |" in section
        assert site.cell(meaning) in section


def test_every_parameter_of_every_procedure_is_on_its_page(site):
    page = site.made_procedures()
    for offered in shipped():
        (section,) = re.findall(rf"^## {offered.title}\n(.*?)(?=^## |\Z)", page, flags=re.M | re.S)
        assert all(f"| `{key}` |" in section for key in offered.procedure_class().parameter_objects())


def test_every_key_of_station_and_protocol_is_on_its_page_with_what_is_accepted(site):
    page = site.made_keys()
    assert "| `limits.current_a` | largest magnitude of the current, A | 0 to |" in page
    assert "| `instruments.NAME.connection.parity` | parity | none, odd, even, mark, space |" in page
    assert "| `accuracy.analyser.range.gain` |" in page
    assert "| `procedure.use` |" in page
    assert len(page.splitlines()) > 120


def test_every_public_name_of_the_analysis_is_on_its_page_and_documented(site):
    page = site.made_python()
    for name in labctl.analysis.__all__:
        found = getattr(labctl.analysis, name)
        if inspect.isclass(found) or inspect.isfunction(found):
            assert f"::: {found.__module__}.{found.__qualname__}\n" in page
    for target in re.findall(r"^::: (.*)$", page, flags=re.M):
        module, _, name = target.rpartition(".")
        assert inspect.getdoc(getattr(import_module(module), name)), target


def test_a_page_that_asks_for_an_unknown_part_is_refused(site):
    with pytest.raises(KeyError):
        site.with_made_parts("<!-- made: nonsense -->")


def test_a_link_out_of_the_docs_leads_to_a_copy_in_the_site(site):
    text = "[a](../../drivers/huber.py) [b](../../README.md#how-fast) [c](../how-to/install.md) [d](#here)"
    led = site.with_links_into_the_site("reference/files.md", text)
    outside = "[a](../source/drivers/huber.py.txt) [b](../index.md#how-fast)"
    assert led == f"{outside} [c](../how-to/install.md) [d](#here)"
    assert "drivers/huber.py" in site.linked_files()


def test_every_page_is_in_the_navigation():
    folders = re.findall(r": ([\w/-]+/)$", CONFIG, flags=re.M)
    named = set(re.findall(r": ([\w/-]+\.md)$", CONFIG, flags=re.M))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    left_out = {page for page in pages - named if not page.startswith(tuple(folders))}
    assert folders
    assert left_out == set()
    assert named - pages == {"CHANGELOG.md", "CONTRIBUTING.md"}
