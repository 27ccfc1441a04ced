"""What the pages name is there: headings, files, commands with their options, names of Python, benchmarks."""

import ast
import importlib
import inspect
import re
import runpy
import shlex
import textwrap
from pathlib import Path

import pytest
import typer

import labctl.analysis
import labctl.cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
SOURCES = [
    path
    for folder in ("labctl", "drivers", "procedures", "sim_instruments", "benchmarks", "tests")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".toml", ".yaml"}
]


def anchors(text):
    """Names under which the headings of a page can be reached, as the usual viewers make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_into_a_page_meets_a_heading(page):
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", TEXTS[page]):
        there = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        assert anchor in anchors(there.read_text(encoding="utf-8")), f"{target}#{anchor}"


@pytest.mark.parametrize("page", TEXTS)
def test_every_file_of_the_project_that_is_named_exists(page):
    folders = "(?:labctl|drivers|procedures|sim_instruments|benchmarks|tests|docs)"
    for name in re.findall(rf"(?<![\w/.]){folders}/[\w/-]+\.(?:py|toml|yaml|md|png)", TEXTS[page]):
        assert (ROOT / name).exists() or ((ROOT / page).parent / name).exists(), name


def command_line(words):
    """The command that `words` after `labctl` lead to, and what is left of them."""
    command = typer.main.get_command(labctl.cli.app)
    while words and (inner := getattr(command, "commands", {})) and words[0] in inner:
        command, words = inner[words[0]], words[1:]
    return command, words


def labctl_lines(text):
    fenced = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, flags=re.S | re.M))
    lines = re.findall(r"^(?:ExecStart=\S*/)?(labctl [a-z][^#\n|]*)", fenced, flags=re.M)
    lines += re.findall(r"^ {4,6}(labctl [a-z][^#\n|]*)", text, flags=re.M)
    lines += [line for line in re.findall(r"`(labctl [a-z][^`]*)`", text) if "/" not in line.split()[-1]]
    return [line.replace("[RUN]", "RUN").replace("[RIG]", "RIG").strip() for line in lines]


@pytest.mark.parametrize("page", TEXTS)
def test_every_command_shown_has_the_options_it_is_shown_with(page):
    for line in labctl_lines(TEXTS[page]):
        command, rest = command_line(shlex.split(line)[1:])
        assert not getattr(command, "commands", {}) or not rest, f"no such command: {line}"
        options = {name for known in command.params for name in (*known.opts, *known.secondary_opts)}
        for word in rest:
            assert not word.startswith("-") or word in options, f"{word} in: {line}"


def test_pages_show_commands():
    assert sum(len(labctl_lines(text)) for text in TEXTS.values()) > 60


def test_every_command_of_a_group_is_in_the_reference():
    rows = [line for line in TEXTS["docs/reference/command-line.md"].splitlines() if line.startswith("|")]
    for name, group in typer.main.get_command(labctl.cli.app).commands.items():
        cells = " ".join(row.split("|")[1] for row in rows if f"labctl {name} " in row)
        told = set(re.findall(r"[\w-]+", cells))
        assert set(getattr(group, "commands", {})) <= told, name


@pytest.mark.parametrize("page", TEXTS)
def test_every_import_that_is_shown_can_be_made(page):
    if "Window" in TEXTS[page]:
        pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)
    for block in re.findall(r"```python\n(.*?)```", TEXTS[page], flags=re.S):
        for node in ast.walk(ast.parse(textwrap.dedent(block))):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in {"labctl", "procedures"}:
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names), ast.unparse(node)


@pytest.mark.parametrize("page", TEXTS)
def test_every_class_that_is_named_for_a_file_exists(page):
    for module, name in re.findall(r"((?:drivers|procedures|sim_instruments)(?:\.\w+)*):(\w+)", TEXTS[page]):
        assert hasattr(importlib.import_module(module), name), f"{module}:{name}"


def test_every_identifier_in_the_pages_is_one_of_the_source():
    """A name with an underscore that no source knows has been renamed, or never was."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    known = set(re.findall(r"\w+", source))
    for page, text in TEXTS.items():
        shown = set(re.findall(r"\w+", " ".join(re.findall(r"```.*?```", text, flags=re.S))))
        for name in re.findall(r"`(?:\w+\.)*([a-z]+(?:_[a-z0-9]+)+)(?:\([^`]*\))?`", text):
            assert name in known | shown, f"{page}: {name}"


BENCHMARKS = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "stations")


def shown_with(name):
    """Every way in which the pages, and the benchmark itself, call a benchmark."""
    texts = [*TEXTS.values(), (ROOT / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")]
    shown = re.findall(rf"benchmarks/{name}\.py([^`\n]*)", " \n".join(texts))
    if name == "transference":
        shown += re.findall(r"^\| `(--[^`]*)` \|", TEXTS["docs/explanation/transference.md"], flags=re.M)
    return [re.split(r" {3,}|[\])]", line)[0] if "[" not in line else "" for line in shown]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_takes_the_options_it_is_shown_with(name, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    if name == "store":
        pytest.importorskip("resource", reason="this benchmark needs a POSIX system")
    parser = runpy.run_path(str(ROOT / "benchmarks" / f"{name}.py"), run_name="shown")["parser"]()
    assert parser.description
    for line in shown_with(name):
        parser.parse_args(shlex.split(line))


def test_every_benchmark_that_is_named_exists():
    named = {name for text in TEXTS.values() for name in re.findall(r"benchmarks/(\w+)\.py", text)}
    assert named <= set(BENCHMARKS)
    assert named


PUBLIC = {  # scripts and notebooks rely on these: the first parameters, in their order
    "Estimate": "value standard_uncertainty",
    "Spectrum": "frequency_hz z_ohm",
    "read_spectrum": "path",
    "fit_circuit": "spectrum",
    "kramers_kronig": "spectrum",
    "ionic_resistance": "spectrum electrodes",
    "conductivity": "resistance_ohm thickness_m area_m2",
    "fit_arrhenius": "temperature_k conductivity_s_m",
    "fit_vtf": "temperature_k conductivity_s_m",
    "fit_temperature_law": "temperature_k conductivity_s_m",
    "fit_polarisation": "time_s current_a",
    "bruce_vincent": "delta_v_v initial_current_a steady_current_a initial_resistance_ohm "
    "steady_resistance_ohm",
}
RESULTS = {
    "Estimate": "interval",
    "CircuitFit": "parameters covariance flags",
    "KramersKronig": "m mu passed",
    "Resistance": "total_ohm arcs interphase_ohm circuit flags",
    "ArrheniusFit": "activation_energy_ev",
    "VTFFit": "pseudo_activation_energy_ev vogel_temperature_k",
    "TemperatureLaw": "law candidates outliers flags",
    "PolarisationFit": "initial_current_a steady_current_a steady",
    "Transference": "value flags",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_function_keeps_its_first_parameters(name):
    wanted = PUBLIC[name].split()
    parameters = list(inspect.signature(getattr(labctl.analysis, name)).parameters)
    assert parameters[: len(wanted)] == wanted


@pytest.mark.parametrize("name", RESULTS)
def test_a_public_result_keeps_its_attributes(name):
    result = getattr(labctl.analysis, name)
    fields = set(getattr(result, "__dataclass_fields__", {})) | set(dir(result))
    assert set(RESULTS[name].split()) <= fields


def test_the_results_file_answers_with_frames_by_the_names_told():
    from labctl.store import Database

    assert all(callable(getattr(Database, name)) for name in ("runs", "spectra", "conductivities", "fits"))


def test_nobody_is_told_to_install_labctl_from_the_package_index():
    """A stranger's program has that name there."""
    program = {p.name: p.read_text(encoding="utf-8") for p in SOURCES if p.is_relative_to(ROOT / "labctl")}
    for name, text in (TEXTS | program).items():
        assert not re.search(r"pip install[^\n`#]*['\" ]labctl\b(?!/)", text), name


def test_the_list_of_commands_is_made_of_whole_sentences():
    for name, command in typer.main.get_command(labctl.cli.app).commands.items():
        assert not command.get_short_help_str(63).endswith("..."), name
