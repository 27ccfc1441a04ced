"""Import paths that programs written before rely on: they go on working, whatever moves.

The table is what README, docs, scaffold, drivers and procedures imported, and what those modules held, before
modules moved into rooms. A name is taken out of it only with a statement in the change log.
"""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import labctl

ROOT = Path(__file__).parents[1]
PUBLIC = {
    "labctl": "__version__ bench open open_archive",
    "labctl.analysis": """
        ArrheniusFit Circuit CircuitFit EarlyStop Estimate GlobalFit Hysteresis KramersKronig
        NextTemperature PolarisationFit RelaxationTimes Resistance Spectrum TemperatureLaw
        Transference TwoSegmentFit VTFFit bruce_vincent compare_branches compensate conductivity drt
        electronic_transference fit_arrhenius fit_circuit fit_circuits fit_globally fit_polarisation
        fit_temperature_law fit_two_segments fit_vtf half_width heating_points ionic_resistance
        ionic_resistance_series ionicity kramers_kronig lead_resistance nernst_einstein
        next_temperature parse_circuit read_spectra read_spectrum relaxation_current_a
        steady_current_known wagner_ionic_transference
    """,
    "labctl.analysis.early_stop": "EarlyStop steady_current_known",
    "labctl.analysis.polarisation": "FEWEST_SAMPLES fit_polarisation is_clearly_changing",
    "labctl.bench": """
        Bench CurrentPoint Device FrequencyResponseAnalyzer ImpedancePoint Limits PlannedStep Potentiostat
        TemperatureController TemperatureReading Thermometer ZERO_CELSIUS_K
    """,
    "labctl.capabilities": "NO_RAMP Above Capabilities OneOf Range",
    "labctl.cli": "app main",
    "labctl.clock": "Clock RealClock ScaledClock VirtualClock",
    "labctl.errors": """
        ConfigurationError InstrumentError LabctlError LimitExceeded SettlingTimeout StoreError
    """,
    "labctl.instrument": "NO_RAMP Above Capabilities Channel Instrument OneOf Range",
    "labctl.protocol": """
        MOST_PROCEDURES ProcedureEntry Protocol begin_at check_step last_temperature_k parse_protocol plan_of
        read_protocol
    """,
    "labctl.pymeasure_results": "SQLiteResults SQLiteWorker",
    "labctl.pymeasure_window": "SQLiteManager SQLiteWindow",
    "labctl.run": "Outcome StopRequest run_procedure run_protocol",
    "labctl.scaffold.frequency_response_analyzer": "NewInstrument",
    "labctl.scaffold.potentiostat": "NewInstrument",
    "labctl.scaffold.temperature_controller": "NewInstrument",
    "labctl.scripting": "ScriptBench open_bench",
    "labctl.settle": "SettlingCriterion settle",
    "labctl.station": "ROLES InstrumentEntry Simulation Station read_station",
    "labctl.store": "Database SpaceRule Store",
    "labctl.testing": "SimulatedRig candidate rig station watched",
    "procedures.oven_way": "ASSUMED_COOLING_S ASSUMED_RATE_K_S CLOSEST_K ROOM_K way_s",
    "sim_instruments.own_model": "OwnModel",
    "sim_instruments.rig": "build",
    "sim_instruments.serve": "serve",
}
MOVED = {
    "labctl.analysis.early_stop": "labctl.analysis.transport.early_stop",
    "labctl.analysis.polarisation": "labctl.analysis.transport.polarisation",
    "labctl.protocol": "labctl.config.protocol",
    "labctl.run": "labctl.measure.run",
    "labctl.settle": "labctl.measure.settle",
    "labctl.station": "labctl.config.station",
}


def module(name):
    if name == "labctl.pymeasure_window":
        pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)
    return importlib.import_module(name)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_where_it_was(name):
    found = module(name)
    assert [wanted for wanted in PUBLIC[name].split() if not hasattr(found, wanted)] == []


@pytest.mark.parametrize("name", MOVED)
def test_a_former_name_gives_the_same_objects_and_no_warning(name):
    """Warnings are errors here."""
    former, present = module(name), importlib.import_module(MOVED[name])
    assert [n for n in former.__all__ if vars(former)[n] is not getattr(present, n, None)] in (
        [],
        ["StopRequest"],
    )


def test_nothing_has_left_the_names_of_the_analysis():
    assert set(PUBLIC["labctl.analysis"].split()) <= set(labctl.analysis.__all__)


def test_the_bench_opens_one_when_it_is_called_and_holds_the_words():
    assert callable(labctl.bench)
    assert labctl.bench.Bench is importlib.import_module("labctl.bench").Bench
    assert list(inspect.signature(labctl.open).parameters) == ["path", "write", "analyses"]


# No string leads to a module of labctl.

LOADERS = {
    "import_module",
    "__import__",
    "find_spec",
    "resolve_name",
    "run_module",
    "shipped_module",
    "load_module",
}


def trees():
    for path in sorted((ROOT / "labctl").rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def called(node):
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def strings_in(node, constants):
    """Every text in an expression, that of module-level constants included."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value
        elif isinstance(inner, ast.Name):
            yield from constants.get(inner.id, ())


def constants_of(tree):
    """Texts in the constants of a module, by name."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    return {
        target.id: [*strings_in(node.value, {})]
        for node in assigned
        for target in ast.walk(node.targets[0])
        if isinstance(target, ast.Name)
    }


def test_no_string_that_names_a_module_of_labctl_reaches_importlib():
    """A module that is named in a string is an arrow that no check of imports sees."""
    found, seen = [], 0
    for path, tree in trees():
        constants = constants_of(tree)
        for node in ast.walk(tree):
            if called(node) in LOADERS:
                seen += 1
                texts = [text for argument in node.args for text in strings_in(argument, constants)]
                found += [f"{path}: {text}" for text in texts if text.split(".")[0] == "labctl"]
    assert seen > 8
    assert found == []


def test_only_the_init_of_a_package_loads_by_its_own_name():
    """`import_module(f"{__name__}....")`: the lazy public names and commands, each in a module of it."""
    found = {
        path.relative_to(ROOT).as_posix()
        for path, tree in trees()
        for node in ast.walk(tree)
        if called(node) in LOADERS
        and any(isinstance(n, ast.Name) and n.id == "__name__" for a in node.args for n in ast.walk(a))
    }
    assert found == {f"labctl/{name}__init__.py" for name in ("", "analysis/", "cli/", "derive/", "store/")}
    for command in importlib.import_module("labctl.cli").COMMANDS.values():
        assert (ROOT / "labctl" / "cli" / f"{command.place.partition(':')[0]}.py").is_file(), command
    for package in ("analysis", "derive", "store"):
        home = importlib.import_module(f"labctl.{package}")._HOME
        for name, place in home.items():
            assert (ROOT / "labctl" / package / f"{place.replace('.', '/')}.py").is_file() or (
                ROOT / "labctl" / package / place.replace(".", "/") / "__init__.py"
            ).is_file(), name


# No circle, also where an import is not executed or is executed late.


def imports_of(tree, known):
    """Modules of labctl that import statements name: also under TYPE_CHECKING and in functions."""
    named = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0
            named |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {place for name in named if (place := known_part(name, known))}


def known_part(name, known):
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows():
    found = {name_of(path): tree for path, tree in trees()}
    return {name: imports_of(tree, found) - {name} for name, tree in found.items()}


def reachable(start, graph):
    seen, waiting = set(), [*graph[start]]
    while waiting:
        if (name := waiting.pop()) not in seen:
            seen.add(name)
            waiting += graph[name]
    return seen


def test_no_module_imports_itself_through_others_not_even_late_or_for_types_only():
    graph = arrows()
    assert sum(map(len, graph.values())) > 500
    assert {name for name in graph if name in reachable(name, graph)} == set()


def test_a_circle_that_is_hidden_is_seen():
    known = {"labctl.a", "labctl.b"}
    hidden = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from labctl.b import X\n"
    late = "def f():\n    import labctl.a\n"
    graph = {"labctl.a": imports_of(ast.parse(hidden), known), "labctl.b": imports_of(ast.parse(late), known)}
    assert "labctl.a" in reachable("labctl.a", graph)
