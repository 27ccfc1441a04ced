"""`labctl verify`: measurements of known quantities through the whole stack."""

import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import JsonOption
from labctl.errors import ConfigurationError
from labctl.shipped import shipped_module
from labctl.units import ZERO_CELSIUS_K

app = typer.Typer(help="Measure known quantities through the whole stack.", no_args_is_help=True)

SOURCE = "O'Donnell & Greenbaum, Batteries 2021, 7, 3 (10.3390/batteries7010003)"
PRINTED_FRACTIONS = (8, 10)  # rows of the review that print a transference number of the cation
CHANCE = 0.01


@app.callback()
def _group() -> None:
    """Keep `materials` a separate command."""


@dataclass(frozen=True)
class Question:
    """One number to be measured: material, quantity, and the number printed in the review."""

    material: str
    references: tuple[int, ...]
    rows: tuple[int, ...]
    quantity: str
    published: float
    temperature_k: float
    is_bound: bool = False
    assumed: bool = False


@app.command("materials")
def materials(
    only: Annotated[str, typer.Option(help="Only materials whose name contains this.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random numbers in the rig.")] = 1,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure every material of the review on the simulated rig and compare with the printed numbers.

    Conductivity by spectra between blocking electrodes; Bruce-Vincent for printed transference numbers;
    blocking polarisation for mixed conductors; a direct current for printed bounds. Exit code 1 when more
    numbers lie outside their 95 % interval than expected by chance.
    """
    asked = [question for question in questions() if only.lower() in question.material.lower()]
    silent = [row for row in without_number() if only.lower() in row["material"].lower()]
    if not asked and not silent:
        raise ConfigurationError("labctl verify materials", "--only", f"no material contains {only!r}")
    found = [
        answer | {"material": q.material} for q, answer in zip(asked, _measure(asked, seed), strict=True)
    ]
    outside = sum(answer["inside"] is False for answer in found)
    allowed = allowed_outside(sum(answer["inside"] is not None for answer in found))
    if as_json:
        summary = {"outside": outside, "allowed": allowed, "source": SOURCE}
        terminal.echo(json.dumps({"materials": found, "without_number": silent, **summary}))
    elif markdown:
        terminal.echo(_markdown(found, silent))
    else:
        _print(found, silent, outside, allowed)
    if outside > allowed:
        raise typer.Exit(1)


@app.command("data")
def data(
    folder: Annotated[Path, typer.Argument(help="Folder with the public data.")] = Path("data"),
    as_json: JsonOption = False,
) -> None:
    """Evaluate public measurements by import, fit and laws, and compare with the published values.

    The data are not part of labctl; a data set without files in the folder is named. `inside`: the
    printed value is in the 95 % interval; `agrees`: outside, but as near as authors with one fixed circuit
    and no stated uncertainty can be. Exit code 1 when a number does neither, 2 without any data.
    """
    from labctl.cli.published_data import DATA

    found: list[dict[str, Any]] = []
    absent: list[str] = []
    for each in DATA:
        try:
            paths = each.paths(folder)
        except FileNotFoundError as error:
            absent.append(f"{each.name}: {error.args[0]} is not here")
            continue
        about = {"data": each.name, "source": each.source}
        found += [about | vars(one) | {"verdict": one.verdict} for one in each.compare(paths)]
    if not found:
        raise ConfigurationError("labctl verify data", str(folder), "has none of the public data")
    if as_json:
        finite = [{key: _or_none(value) for key, value in row.items()} for row in found]
        terminal.echo(json.dumps({"compared": finite, "absent": absent}))
    else:
        _print_data(found, absent)
    if any(row["verdict"] == "OUTSIDE" for row in found):
        raise typer.Exit(1)


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_data(found: list[dict[str, Any]], absent: list[str]) -> None:
    from rich.table import Table

    table = Table(title="public data, evaluated again", title_justify="left")
    for heading in ("data", "quantity", "published", "labctl", "95 %", "verdict"):
        table.add_column(heading, overflow="fold")
    for row in found:
        top = row["published_high"]
        published = f"{row['published']:.6g}" + (f" to {top:.6g}" if top is not None else "")
        has_interval = math.isfinite(row["low"])
        interval = f"{row['low']:.4g} to {row['high']:.4g}" if has_interval else "-"
        near = f"agrees, within {100 * row['within']:.2g} %" if row["verdict"] == "agrees" else row["verdict"]
        cells = (row["data"], f"{row['quantity']} / {row['unit']}", published, f"{row['value']:.6g}")
        table.add_row(*cells, interval, near)
    console = terminal.console()
    console.print(table)
    for name, source in dict.fromkeys((row["data"], row["source"]) for row in found):
        console.print(f" {name}: {source}", highlight=False)
    for line in absent:
        console.print(f" {line}", highlight=False)


@app.command("equations")
def equations(as_json: JsonOption = False) -> None:
    """Work an example of equations 2, 3, 5, 7 and 11 of the review, and compute each a second way.

    Numbers that the review prints are used where it prints any; assumptions beside them are named. Exit
    code 1 where two numbers differ.
    """
    from labctl.cli.review_equations import worked

    found = list(worked())
    if as_json:
        objects = [vars(one) | {"agrees": one.agrees} for one in found]
        terminal.echo(json.dumps({"equations": objects, "source": SOURCE}))
    else:
        terminal.echo(f"equations of {SOURCE}")
        for one in found:
            verdict = "agrees" if one.agrees else "DIFFERS"
            terminal.echo(
                f"{one.equation}: {one.value:.6g} {one.unit}, expected {one.expected:.6g}: {verdict}"
            )
            terminal.echo(f"    {one.example}")
    if not all(one.agrees for one in found):
        raise typer.Exit(1)


def questions() -> list[Question]:
    """Return all quantities for which the review prints a number."""
    return [q for entry in _materials().values() for q in _questions_of(entry)]


def without_number() -> list[dict[str, Any]]:
    """Return the rows of the review that name a material without a number, with the printed text."""
    return list(shipped_module("sim_instruments.materials").without_number())


def _materials() -> dict[str, Any]:
    return shipped_module("sim_instruments.materials").materials()


def _questions_of(entry: Any) -> Iterable[Question]:
    described = entry.entry
    source = described if "temperature_k" in described else described["below"]
    kelvin = source.get("temperature_k", 298.15)
    about = {"material": entry.name, "references": entry.references, "rows": tuple(described["rows"])}
    assumed = any(name.endswith("conductivity_s_m") for name in entry.assumed)
    bound = "upper bound" in entry.note
    sigma_s_m = 1e-10 if bound else source["conductivity_s_m"]
    yield Question(
        quantity="conductivity", published=sigma_s_m, temperature_k=kelvin, is_bound=bound,
        assumed=assumed and not bound, **about,
    )  # fmt: skip
    if set(PRINTED_FRACTIONS) & set(about["rows"]):
        yield Question(quantity="rho+", published=entry.transference_number, temperature_k=kelvin, **about)
    if entry.electronic_share:
        given = "electronic_share" in entry.assumed and 56 not in about["rows"]
        yield Question(
            quantity="t_el", published=entry.electronic_share, temperature_k=kelvin, assumed=given, **about
        )


def _measure(asked: list[Question], seed: int) -> list[dict[str, Any]]:
    """Measure every number, on two processors if available."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    workers = min(2, os.cpu_count() or 1, len(asked))
    if workers < 2:
        return [answer(question, seed) for question in asked]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(answer, asked, [seed] * len(asked)))


def answer(question: Question, seed: int) -> dict[str, Any]:
    """Measure one number and compare it; `inside` is None without an interval."""
    from labctl.cli import material_measurements

    measure = {
        "conductivity": material_measurements.measure_conductivity_bound
        if question.is_bound
        else material_measurements.measure_conductivity,
        "rho+": material_measurements.measure_current_fraction,
        "t_el": material_measurements.measure_electronic_share,
    }[question.quantity]
    try:
        measured = measure(_materials()[question.material], question.temperature_k, seed)
    except RuntimeError as problem:
        measured = material_measurements.nothing(str(problem))
    return {
        **vars(question),
        "value": _finite(measured.value),
        "standard_uncertainty": _finite(measured.standard_uncertainty),
        "low_95": _finite(measured.low),
        "high_95": _finite(measured.high),
        "bound": measured.bound,
        "inside": _inside(question, measured),
        "flags": list(measured.flags),
    }


def _inside(question: Question, measured: Any) -> bool | None:
    if question.is_bound:
        return measured.bound == "upper" and measured.high <= question.published
    if math.isnan(measured.value):
        return False
    return measured.low <= question.published <= measured.high


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def allowed_outside(count: int) -> int:
    """Return the number of misses that `count` true 95 % intervals exceed with a probability below 1 %."""
    from scipy.stats import binom

    return int(binom.ppf(1 - CHANCE, count, 0.05)) if count else 0


def _published(found: dict[str, Any]) -> str:
    if found["quantity"] != "conductivity":
        return f"{found['quantity']} = {found['published']:g}"
    sign = "< " if found["is_bound"] else ""
    return f"{sign}{found['published'] / 100:.3g} S/cm at {found['temperature_k'] - ZERO_CELSIUS_K:.0f} °C"


def _measured(found: dict[str, Any]) -> str:
    from labctl.readmodel.formatting import with_uncertainty

    if found["value"] is None:
        return "no number"
    factor = 0.01 if found["quantity"] == "conductivity" else 1.0
    if found["bound"]:
        return _bound(factor * found["value"], found["bound"])
    return with_uncertainty(factor * found["value"], factor * found["standard_uncertainty"])


def _bound(value: float, side: str) -> str:
    """Return a bound with two digits, rounded so that it still holds."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    if side == "upper":
        return f"< {math.ceil(value / step - 1e-9) * step:.2g}"
    return f"> {math.floor(value / step + 1e-9) * step:.2g}"


def _verdict(found: dict[str, Any]) -> str:
    if found["is_bound"]:
        if found["inside"]:
            return "bound, below the printed one"
        return "bound, ABOVE the printed one" if found["bound"] else "NO BOUND"
    words = "inside" if found["inside"] else "OUTSIDE"
    return f"{words} (assumed)" if found["assumed"] else words


HEADINGS = ("ref.", "material", "published", "measured ± u", "inside its interval?")


def _cells(found: list[dict[str, Any]], silent: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    numbered = [
        (_references(row), row["material"], _published(row), _measured(row), _verdict(row)) for row in found
    ]
    return numbered + [(_references(row), row["material"], row["why"], "", "no number") for row in silent]


def _references(row: dict[str, Any]) -> str:
    return ", ".join(map(str, row["references"]))


def _markdown(found: list[dict[str, Any]], silent: list[dict[str, Any]]) -> str:
    lines = [HEADINGS, ("---",) * len(HEADINGS), *_cells(found, silent)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _print(found: list[dict[str, Any]], silent: list[dict[str, Any]], outside: int, allowed: int) -> None:
    from rich.table import Table

    table = Table(title=f"materials of {SOURCE}", title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for cells in _cells(found, silent):
        table.add_row(*cells)
    console = terminal.console()
    console.print(table)
    for row in found:
        if row["inside"] is False:
            console.print(f" {row['material']}: {'; '.join(row['flags']) or 'no flag'}", highlight=False)
    console.print(f"{outside} of {len(found)} outside; chance allows {allowed}", highlight=False)
