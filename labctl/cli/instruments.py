"""`labctl instruments`: list connected instruments, check them against the station file, make them safe."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli.options import JsonOption
from labctl.errors import ConfigurationError
from labctl.units import ZERO_CELSIUS_K

app = typer.Typer(help="What hangs on the bus; check it; make it safe.", no_args_is_help=True)

StationArgument = Annotated[Path, typer.Argument(help="The station file.", show_default=False)]


@app.command("list")
def list_(
    library: Annotated[
        str, typer.Option(help="VISA library: @py, @ivi, a path; empty: pyvisa's choice.")
    ] = "",
    serial: Annotated[bool, typer.Option(help="Ask serial ports as well.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write a station file to start from.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List VISA resources, query their identities, name the matching drivers.

    An instrument without `*IDN?` is queried with the commands of each driver, one or two seconds per driver.
    """
    from labctl.instruments.discovery import ask_everybody

    if out is not None and not out.parent.is_dir():
        raise ConfigurationError(out, "", "cannot be written: its folder does not exist")
    manager = _manager(library)
    try:
        found = list(ask_everybody(manager, manager.visalib, serial))
    finally:
        manager.close()
    if as_json:
        typer.echo(json.dumps(found))
    else:
        _print_found(found)
    if out is not None:
        out.write_text(station_text(found, library), encoding="utf-8")
        typer.echo(f"wrote {out}: put your limits in before you use it", err=as_json)


def _manager(library: str) -> Any:
    """Open the VISA library; hide its remarks about optional packages."""
    import warnings

    import pyvisa

    warnings.filterwarnings("ignore", category=UserWarning, module="pyvisa_py")
    try:
        return pyvisa.ResourceManager(library)
    except (OSError, ValueError) as error:
        chosen = repr(library) if library else "pyvisa's choice"
        problem = f"{chosen} cannot be used: {str(error).strip().splitlines()[0]} Give @py, @ivi or a path"
        raise ConfigurationError("labctl instruments list", "--library", problem) from error


def _print_found(found: list[dict[str, Any]]) -> None:
    if not found:
        typer.echo("no VISA resource found")
    for entry in found:
        drivers = ", ".join(match["driver"] for match in entry["drivers"]) or "no shipped driver fits"
        silence = "(no answer)" if entry["asked"] else "(not asked: give --serial to ask serial ports)"
        typer.echo(f"{entry['address']:32s} {entry['identity'] or silence}")
        typer.echo(f"{'':32s} {drivers if entry['identity'] else ''}".rstrip())


def station_text(found: list[dict[str, Any]], library: str) -> str:
    """Return a station file with every recognised instrument and deliberately narrow limits."""
    lines = ['name = "my rig"', *([f'visa_library = "{library}"'] if library else [])]
    lines += ["", "[limits]  # narrow on purpose: put yours in", "temperature_degc = [15, 40]"]
    lines += ["potential_v = 0.1", "current_a = 0.001"]
    taken: set[str] = set()
    for number, entry in enumerate((e for e in found if e["drivers"]), start=1):
        roles = [role for role in entry["drivers"][0]["roles"] if role not in taken]
        taken.update(roles)
        mark = "" if roles else "# "  # its roles are taken: a note, until somebody decides
        lines += ["", *(mark + line for line in _instrument_lines(number, entry, roles))]
    return "\n".join(lines) + "\n"


def _instrument_lines(number: int, entry: dict[str, Any], roles: list[str]) -> list[str]:
    first, *others = (match["driver"] for match in entry["drivers"])
    return [
        f"[instruments.instrument{number}]",
        f'driver = "{first}"' + (f"  # or {', '.join(others)}" if others else ""),
        f'address = "{entry["address"]}"',
        f"identity = {json.dumps(entry['identity'], ensure_ascii=False)}",
        f"roles = {json.dumps(roles or entry['drivers'][0]['roles'])}",
    ]


@app.command()
def check(station: StationArgument, as_json: JsonOption = False) -> None:
    """Check every instrument of a station: identity, status, limits, readings. Energises nothing.

    An `identity` in the station file must match exactly. Each instrument is first brought to a known
    safe state, so do not use it while a run is under way.
    """
    from labctl.config.station import read_station
    from labctl.errors import InstrumentError

    chosen = read_station(station)
    try:
        with chosen.open() as bench:
            report = {role: _reading(bench, role) for role in bench.roles}
    except InstrumentError as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(report))
        return
    for role, entry in report.items():
        typer.echo(f"{role:14s} {entry['identity']}   {entry['reads']}".rstrip())
        if entry["condition"]:
            typer.echo(f"{'':14s} {entry['condition']}")
    typer.echo(f"limits: {_limits_in_words(chosen.limits)}")
    typer.echo(f"all of {chosen.name} answer; nothing was energised")


def _reading(bench: Any, role: str) -> dict[str, str]:
    driver = bench.roles[role]
    reads = ""
    if role in ("oven", "thermometer"):
        reads = f"{driver.temperature_k - ZERO_CELSIUS_K:.2f} °C"
    condition = str(getattr(driver, "condition", ""))
    return {"identity": str(driver.identity), "reads": reads, "condition": condition}


def _limits_in_words(limits: Any) -> str:
    low_degc, high_degc = (kelvin - ZERO_CELSIUS_K for kelvin in limits.temperature_k)
    return f"{low_degc:g} to {high_degc:g} °C, {limits.potential_v:g} V, {limits.current_a:g} A"


@app.command()
def safe(station: StationArgument) -> None:
    """Make every instrument of a station safe, now: heaters off, cells off, sources at zero, read back."""
    from labctl.config.station import read_station

    chosen = read_station(station)
    failures = chosen.make_safe()
    for entry in chosen.instruments:
        problem = failures.get(entry.name)
        typer.secho(f"{entry.name:14s} {problem or 'safe'}", fg="red" if problem else "green")
    if failures:
        raise typer.Exit(1)
