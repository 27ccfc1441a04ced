"""What makes labctl findable and installable agrees with pyproject.toml and the version."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import labctl

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read_yaml(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sbom():
    loader = SourceFileLoader("sbom", str(ROOT / ".ci" / "sbom"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("sbom", loader))
    loader.exec_module(module)
    return module


def test_the_citation_names_this_version_and_licence():
    citation = read_yaml("CITATION.cff")
    assert citation["version"] == labctl.__version__
    assert citation["license"] == PROJECT["license"]
    assert {"cff-version", "message", "title", "authors", "type"} <= set(citation)
    assert citation["authors"] == PROJECT["authors"]


def test_the_newest_changes_are_those_of_this_version():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changes, flags=re.M)[1]
    assert newest == labctl.__version__


def test_every_file_has_a_licence_whose_text_is_kept():
    every, review = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]
    assert every["path"] == "**"
    kept = (ROOT / "LICENSES" / f"{every['SPDX-License-Identifier']}.txt").read_text(encoding="utf-8")
    assert kept == (ROOT / "LICENSE").read_text(encoding="utf-8")
    for licence in review["SPDX-License-Identifier"].split(" AND "):
        assert (ROOT / "LICENSES" / f"{licence}.txt").stat().st_size > 1000


def test_files_with_the_numbers_of_the_review_are_under_its_licence_as_well():
    _, review = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]
    naming = [
        path.relative_to(ROOT).as_posix()
        for folder in ("labctl", "sim_instruments", "drivers", "procedures")
        for path in (ROOT / folder).rglob("*.toml")
        if "10.3390/batteries7010003" in path.read_text(encoding="utf-8")[:400]  # says what it is of
    ]
    assert sorted(naming) == sorted(review["path"])
    assert review["precedence"] == "override"


def test_the_conda_recipe_requires_what_the_wheel_requires():
    recipe = read_yaml("packaging/conda/recipe.yaml")
    listed = [
        Requirement(text.replace("matplotlib-base", "matplotlib")) for text in recipe["requirements"]["run"]
    ]
    python, *others = listed
    wanted = [Requirement(text) for text in PROJECT["dependencies"]]
    assert {one.name: one.specifier for one in others} == {one.name: one.specifier for one in wanted}
    assert str(python.specifier) == PROJECT["requires-python"]
    assert recipe["context"]["version"] == labctl.__version__
    (script,) = recipe["build"]["python"]["entry_points"]
    assert script == f"labctl = {PROJECT['scripts']['labctl']}"


def test_the_dockerfile_copies_what_a_wheel_is_made_of_and_installs_extras_that_exist():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (.*) /source/\S*$", text, flags=re.M)
    names = {name for line in copied for name in line.split()}
    assert {
        "labctl",
        "drivers",
        "procedures",
        "sim_instruments",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    } == names
    (extras,) = re.findall(r'"/source\[(.*?)\]"', text)
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
    assert "\nUSER 1000\n" in text
    assert "useradd --create-home --uid 1000" in text


def test_the_workflow_for_laboratories_runs_on_both_systems_with_a_supported_python():
    (job,) = read_yaml("docs/how-to/ci/labctl-tests.yml")["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert [system.partition("-")[0] for system in matrix["system"]] == ["ubuntu", "windows"]
    assert all(
        f"Programming Language :: Python :: {one}" in PROJECT["classifiers"] for one in matrix["python"]
    )
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert "labctl check protocol.toml --station station.toml" in commands


def test_the_bill_of_materials_lists_every_requirement_with_version_and_licence(sbom):
    made = sbom.bill(frozenset())
    components = {one["name"]: one for one in made["components"]}
    for requirement in map(Requirement, PROJECT["dependencies"]):
        assert components[requirement.name]["version"] == version(requirement.name)
    assert components["numpy"]["licenses"][0]["license"]["name"] != "not stated"
    assert made["metadata"]["component"]["name"] == "labctl-ions"
    assert made["bomFormat"] == "CycloneDX"
    assert "jinja2" not in components
    assert "jinja2" in {one["name"] for one in sbom.bill(frozenset({"report"}))["components"]}


def test_a_requirement_that_is_not_installed_is_no_bill(sbom):
    with pytest.raises(PackageNotFoundError):
        sbom.closure("a-package-that-is-not-here", frozenset())


def test_the_bill_is_written_as_a_file_that_programs_read():
    done = subprocess.run([sys.executable, ROOT / ".ci" / "sbom"], capture_output=True, text=True, check=True)
    assert re.match(r"build/sbom\.json: \d+ components", done.stdout)
    assert json.loads((ROOT / "build" / "sbom.json").read_text(encoding="utf-8"))["specVersion"] == "1.5"
