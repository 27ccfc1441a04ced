"""`labctl instruments`: what hangs on the bus, whether it is what the station says, making it safe."""

import importlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli.options import JsonOption

app = typer.Typer(help="What hangs on the bus; check it; make it safe.", no_args_is_help=True)

StationArgument = Annotated[Path, typer.Argument(help="The station file.", show_default=False)]
ROLE_OF_GROUP = {"TEMPERATURE_CONTROLLERS": "oven", "ANALYZERS": "fra", "POTENTIOSTATS": "potentiostat"}
ASKED = ("GPIB", "USB", "TCPIP")


@app.command("list")
def list_(
    library: Annotated[
        str, typer.Option(help="VISA library: @py, @ivi, a path; empty: pyvisa's choice.")
    ] = "",
    serial: Annotated[bool, typer.Option(help="Ask serial ports as well.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write a station file to start from.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List VISA resources, ask each `*IDN?`, name the driver that fits."""
    import pyvisa

    manager = pyvisa.ResourceManager(library)
    try:
        found = [_ask(manager, address, serial) for address in manager.list_resources()]
    finally:
        manager.close()
    if as_json:
        typer.echo(json.dumps(found))
    else:
        _print_found(found)
    if out is not None:
        out.write_text(station_text(found, library), encoding="utf-8")
        typer.echo(f"wrote {out}: put your limits in before you use it")


def _ask(manager: Any, address: str, serial: bool) -> dict[str, Any]:
    identity = ""
    if address.startswith(ASKED if not serial else (*ASKED, "ASRL")):
        identity = _identity(manager, address)
    matches = matching_drivers(identity)
    return {"address": address, "identity": identity, "drivers": matches}


def _identity(manager: Any, address: str) -> str:
    from pyvisa import Error

    try:
        with manager.open_resource(address, timeout=1000) as resource:
            resource.write_termination = resource.read_termination = "\n"
            return resource.query("*IDN?").strip()
    except (Error, OSError, UnicodeDecodeError):
        return ""


def matching_drivers(identity: str) -> list[dict[str, Any]]:
    """Return driver reference and roles of every shipped class whose model words occur in `identity`."""
    catalogue = importlib.import_module("drivers.catalogue")  # named, not imported: labctl knows no driver
    matches: dict[str, list[str]] = {}
    for group, role in ROLE_OF_GROUP.items():
        for driver in getattr(catalogue, group):
            words = getattr(driver, "models", ())
            if identity and any(word in identity for word in words):
                matches.setdefault(f"{driver.__module__}:{driver.__name__}", []).append(role)
    return [{"driver": reference, "roles": roles} for reference, roles in matches.items()]


def _print_found(found: list[dict[str, Any]]) -> None:
    if not found:
        typer.echo("no VISA resource found")
    for entry in found:
        drivers = ", ".join(match["driver"] for match in entry["drivers"]) or "no shipped driver fits"
        typer.echo(f"{entry['address']:32s} {entry['identity'] or '(no answer)'}")
        typer.echo(f"{'':32s} {drivers if entry['identity'] else ''}".rstrip())


def station_text(found: list[dict[str, Any]], library: str) -> str:
    """Return a station file with every recognised instrument; the limits are deliberately narrow."""
    lines = ['name = "my rig"', *([f'visa_library = "{library}"'] if library else [])]
    lines += ["", "[limits]  # narrow on purpose: put yours in", "temperature_degc = [15, 40]"]
    lines += ["potential_v = 0.1", "current_a = 0.001"]
    taken: set[str] = set()
    for number, entry in enumerate((e for e in found if e["drivers"]), start=1):
        match = entry["drivers"][0]
        roles = [role for role in match["roles"] if role not in taken]
        taken.update(roles)
        lines += ["", f"[instruments.instrument{number}]  # {entry['identity']}"]
        lines += [f'driver = "{match["driver"]}"', f'address = "{entry["address"]}"']
        lines += [f"roles = {json.dumps(roles)}"]
    return "\n".join(lines) + "\n"


@app.command()
def check(station: StationArgument, as_json: JsonOption = False) -> None:
    """Talk to every instrument of a station: identity, and what it reads now. Energises nothing.

    Each is brought to a known safe state first, so do not use it while a run is under way.
    """
    from labctl.errors import InstrumentError
    from labctl.station import read_station

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
        typer.echo(f"{role:14s} {entry['identity']}   {entry['reads']}")
    typer.echo(f"all of {chosen.name} answer; nothing was energised")


def _reading(bench: Any, role: str) -> dict[str, str]:
    driver = bench.roles[role]
    reads = ""
    if role in ("oven", "thermometer"):
        reads = f"{driver.temperature_k - 273.15:.2f} °C"
    return {"identity": str(driver.identity), "reads": reads}


@app.command()
def safe(station: StationArgument) -> None:
    """Make every instrument of a station safe, now: heaters off, cells off, sources at zero, read back."""
    from labctl.station import read_station

    chosen = read_station(station)
    failures = chosen.make_safe()
    for entry in chosen.instruments:
        problem = failures.get(entry.name)
        typer.secho(f"{entry.name:14s} {problem or 'safe'}", fg="red" if problem else "green")
    if failures:
        raise typer.Exit(1)
