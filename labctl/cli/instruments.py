"""`labctl instruments`: list connected instruments, check them against the station file, make them safe."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    PersonOption,
    user_name,
)
from labctl.errors import ConfigurationError
from labctl.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from labctl.config.instrument_entries import InstrumentEntry
    from labctl.config.station import Station
    from labctl.instruments.locks import Holder
    from labctl.queue.making_safe import SafeReport
    from labctl.readmodel.bench_check_states import InstrumentChecks

app = typer.Typer(help="What hangs on the bus; check it; make it safe.", no_args_is_help=True)

StationArgument = Annotated[Path, typer.Argument(help="The station file.", envvar="LABCTL_STATION")]
RELEASED_WITHIN_S = 3.0
TRIES_BESIDE_ANOTHER = 5


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
        terminal.echo(json.dumps(found))
    else:
        _print_found(found)
    if out is not None:
        out.write_text(station_text(found, library), encoding="utf-8")
        terminal.echo(f"wrote {out}: put your limits in before you use it", err=as_json)


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
        terminal.echo("no VISA resource found")
    for entry in found:
        drivers = ", ".join(match["driver"] for match in entry["drivers"]) or "no shipped driver fits"
        terminal.echo(f"{entry['address']:32s} {entry['identity'] or _silence(entry)}")
        terminal.echo(f"{'':32s} {drivers if entry['identity'] else ''}".rstrip())


def _silence(entry: dict[str, Any]) -> str:
    if entry["in_use"]:
        return f"(not asked: in use by {entry['in_use']})"
    return "(no answer)" if entry["asked"] else "(not asked: give --serial to ask serial ports)"


NOT_STATED = (
    "# [accuracy.thermometer]  # what is not stated is in no interval: docs/reference/station.md",
    '# class = "PT100 A wire"',
    "# [accuracy.analyser]",
    "# gain = 0.001  # limit of the relative error of |Z|",
    "# phase_deg = 0.1",
    '# source = "data sheet or certificate"',
)


def station_text(found: list[dict[str, Any]], library: str) -> str:
    """Return a station file with every recognised instrument and deliberately narrow limits."""
    lines = ['name = "my rig"', *([f'visa_library = "{library}"'] if library else [])]
    lines += ["", "[limits]  # narrow on purpose: put yours in", "temperature_degc = [15, 40]"]
    lines += ["potential_v = 0.1", "current_a = 0.001"]
    lines += ["", *NOT_STATED]
    taken: set[str] = set()
    for number, entry in enumerate((e for e in found if e["drivers"]), start=1):
        roles = [role for role in entry["drivers"][0]["roles"] if role not in taken]
        taken.update(roles)
        mark = "" if roles else "# "  # its roles are taken: a note, until a person decides
        lines += ["", *(mark + line for line in _instrument_lines(number, entry, roles))]
    return "\n".join(lines) + "\n"


def _instrument_lines(number: int, entry: dict[str, Any], roles: list[str]) -> list[str]:
    first, *others = (match["driver"] for match in entry["drivers"])
    possible = entry["drivers"][0]["roles"]
    return [
        f"[instruments.instrument{number}]",
        f'driver = "{first}"' + (f"  # or {', '.join(others)}" if others else ""),
        f'address = "{entry["address"]}"',
        f"identity = {json.dumps(entry['identity'], ensure_ascii=False)}",
        f"roles = {json.dumps(roles or possible)}" + ("" if possible else "  # another works `with` it"),
    ]


@app.command()
def check(
    station: StationArgument = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    at_the_bench: Annotated[
        bool, typer.Option("--at-the-bench", help="Go through the bench checks with a person; ten minutes.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Ask confirmed bench checks too.")] = False,
    person: PersonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Check every instrument of a station: identity, status, limits, readings. Switches no output on.

    An `identity` in the station file must match exactly. Each instrument is first brought to a known safe
    state; the 2450, LCR meters and impedance analysers are reset, and their power-on state may be at the cell
    for an instant. Listed are the numbers of messages and bench checks that are not confirmed, and settings
    to confirm. A watchdog on a wire of its own is asked for its identity and is not kicked. While
    another program uses an instrument nothing is touched; the message names that program.

    With --at-the-bench it then asks for the displays of the instruments, and records each answer in the
    results file by serial number. Checks that need an output are done by the person; labctl switches none on.
    """
    from labctl.config.station import read_station
    from labctl.errors import InstrumentError

    if again and not at_the_bench:
        raise ConfigurationError("labctl instruments check", "--again", "belongs to --at-the-bench")
    chosen = read_station(station)
    try:
        if at_the_bench:
            _check_at_the_bench(chosen, db, person or user_name(), again, as_json)
            return
        with chosen.hold("a check of its instruments"), chosen.open() as bench:
            report = {label: _reading(bench, label) for label in _labels(chosen, bench)}
        alone, unasked = _watchdog_reading(chosen)
    except InstrumentError as error:
        terminal.say(str(error), err=True, fg="red")
        raise typer.Exit(1) from error
    report |= alone
    checks = _bench_checks(chosen, report, db)
    if as_json:
        told = {role: {**entry, **checks[role].facts} for role, entry in report.items()}
        terminal.echo(json.dumps(told))
        return
    _print_report(chosen, report, checks)
    but_for = f", but for the watchdog, which was not asked: {unasked}" if unasked else ""
    terminal.echo(f"all of {chosen.name} answer{but_for}; {_energised_in_words(chosen)}")


def _print_report(
    chosen: "Station", report: dict[str, dict[str, str]], checks: "dict[str, InstrumentChecks]"
) -> None:
    shown: set[str] = set()
    for role, entry in report.items():
        terminal.echo(f"{role:14s} {entry['identity']}   {entry['reads']}".rstrip())
        if entry["condition"]:
            terminal.echo(f"{'':14s} {entry['condition']}")
        name = _entry_with(chosen, role).name
        for line in checks[role].words if name not in shown else ():
            terminal.echo(f"{'':14s} {line}")
        shown.add(name)
    for entry in chosen.instruments:
        labels = (label for role in entry.roles for label in (role, f"{role} {entry.name}"))
        _print_unconfirmed(entry, [checks[label] for label in labels if label in checks])
    terminal.echo(f"limits: {_limits_in_words(chosen.limits)}")
    terminal.echo(chosen.watchdog_words)
    if any(check.having("open") for check in checks.values()):
        terminal.echo("open bench checks: labctl instruments check --at-the-bench (docs/bench-checks.md)")


def _print_unconfirmed(entry: "InstrumentEntry", checks: "list[InstrumentChecks]") -> None:
    """Print each setting that a driver wants confirmed, and the bench checks that confirm it by now."""
    from labctl.config.doubts import unconfirmed_settings

    done = checks[0].confirmed_where_numbers_can_be_wrong if checks else ""
    for sentence in unconfirmed_settings([entry]):
        told = f"confirmed at the bench ({done}), but not in the station file" if done else "not confirmed"
        terminal.say(f"{told}: {sentence}", fg="yellow")


def _labels(chosen: "Station", bench: Any) -> list[str]:
    """Return the roles of the bench; `role name` for one of several instruments with a role."""
    others = [
        f"{role} {entry.name}"
        for entry in chosen.held
        for role in entry.roles
        if bench.roles.get(role) is not bench.drivers[entry.name]
    ]
    return [*bench.roles, *others]


def _entry_with(chosen: "Station", label: str) -> "InstrumentEntry":
    role, _, name = label.partition(" ")
    able = (entry for entry in chosen.instruments if role in entry.roles)
    return next(entry for entry in able if name in ("", entry.name))


def _bench_checks(
    chosen: "Station", report: dict[str, dict[str, str]], db: Path
) -> "dict[str, InstrumentChecks]":
    """Return the states of the bench checks of the instrument of each role, from the results file."""
    from labctl.readmodel.bench_check_states import instrument_checks

    found = {}
    for role, told in report.items():
        entry = _entry_with(chosen, role)
        found[role] = instrument_checks(entry, told["identity"], _recorded(chosen, entry, db))
    return found


def _recorded(chosen: "Station", entry: "InstrumentEntry", db: Path) -> list[dict[str, Any]]:
    """Return the records about the driver of an instrument; without a readable results file, none."""
    from labctl.errors import StoreError
    from labctl.readmodel.bench_check_states import is_simulated
    from labctl.store.looking import LookConnection
    from labctl.store.queries.bench_checks import of_driver

    if not db.exists():
        return []
    try:
        with LookConnection(db) as looking:
            return of_driver(looking, entry.driver, is_simulated(chosen, entry.address))
    except StoreError as error:  # the instruments were checked all the same
        terminal.say(f"bench checks cannot be read: {error}", err=True, fg="yellow")
        return []


def _energised_in_words(chosen: "Station") -> str:
    """Say that nothing was energised, except by a reset for an instant."""
    shown = [
        f"{entry.name} was reset, which may have put {state} at the cell for an instant"
        for entry in chosen.held
        if entry.roles and (state := getattr(entry.driver_class, "shown_on_reset", ""))
    ]
    return f"no output was switched on; {'; '.join(shown)}" if shown else "nothing was energised"


def _check_at_the_bench(chosen: "Station", db: Path, person: str, again: bool, as_json: bool) -> None:
    from labctl.cli.at_the_bench import Session, hold_session, require_terminal
    from labctl.store.transactions import WriteConnection

    if as_json:
        raise ConfigurationError(
            "labctl instruments check", "--json", "asks nothing; leave one of the two out"
        )
    require_terminal()
    with WriteConnection(db) as connection:
        session = Session(chosen, connection, person, again)
        ended = hold_session(session)
    for sentence in ended:
        terminal.say(sentence, err=True, fg="yellow")
    if ended:
        raise typer.Exit(1)
    terminal.echo(f"{session.answered} answers are in {db}; labctl instruments check lists them")


def _watchdog_reading(station: "Station") -> tuple[dict[str, dict[str, str]], str]:
    """Answer of a watchdog on a wire of its own, and why it was not asked; it is never kicked here.

    Raises InstrumentError where it does not answer, or is another one than the station file says.
    """
    from labctl.config.opening import check_identity
    from labctl.instruments.lock_errors import HardwareHeld

    entry = station.own_watchdog
    if entry is None:
        return {}, ""
    with ExitStack() as stack:
        try:
            driver = station.connect_watchdog(station.make_clock(), stack, "a check of its instruments")
        except HardwareHeld as refusal:
            unasked = f"in use by {refusal.holder.words}"
            return {"watchdog": {"identity": "", "reads": "", "condition": f"not asked: {unasked}"}}, unasked
        driver.prepare()
        check_identity(entry, driver)
        unasked = "" if getattr(driver, "answers", True) else "it answers no question"
        condition = f"not asked: {unasked}; its port opens" if unasked else ""
        return {"watchdog": {"identity": str(driver.identity), "reads": "", "condition": condition}}, unasked


def _reading(bench: Any, label: str) -> dict[str, str]:
    role, _, name = label.partition(" ")
    driver = bench.drivers[name] if name else bench.roles[role]
    reads = ""
    if role in ("oven", "thermometer"):
        reads = f"{driver.temperature_k - ZERO_CELSIUS_K:.2f} °C"
    elif role == "switch":
        reads = f"closed: {', '.join(sorted(driver.closed_channels)) or 'none'}"
    elif role == "monitor":
        reads = ", ".join(f"{quantity} {value:g}" for quantity, value in driver.readings.items())
    condition = str(getattr(driver, "condition", ""))
    return {"identity": str(driver.identity), "reads": reads, "condition": condition}


def _limits_in_words(limits: Any) -> str:
    low_degc, high_degc = (kelvin - ZERO_CELSIUS_K for kelvin in limits.temperature_k)
    return f"{low_degc:g} to {high_degc:g} °C, {limits.potential_v:g} V, {limits.current_a:g} A"


@app.command()
def safe(
    station: StationArgument = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    person: PersonOption = "",
    force: Annotated[
        bool, typer.Option("--force", help="Go past a program that uses the instruments.")
    ] = False,
) -> None:
    """Make every instrument of a station safe, now: heaters off, cells off, sources at zero, read back.

    Where a runner or supervisor holds the instruments, it is asked through the results file: its job is
    stopped and the queue paused. `labctl run` or a script is ended by its supervisor. Any other program that
    uses the instruments is named, and nothing is touched.
    """
    from labctl.config.station import read_station

    chosen = read_station(station)
    if force:
        _make_safe_past(chosen)
        return
    holder = _make_safe_if_free(chosen)
    if holder is None:
        _record_safe(chosen, station, db)
        return
    report = _asked(chosen, station, db, person or user_name(), holder)
    if report is None and (holder := _make_safe_if_free(chosen)) is None:
        _record_safe(chosen, station, db)
        return
    if report is None:
        raise _refusal(chosen, holder)
    terminal.say(report.words, fg="green" if report.safe else "red")
    if not report.safe:
        raise typer.Exit(1)


def _make_safe_if_free(station: "Station") -> "Holder | None":
    """Make safe from here, unless another program holds an instrument: return that one."""
    from labctl.instruments.locks import HardwareHeld, LocksUnusable

    with ExitStack() as held:
        try:
            held.enter_context(station.hold("making safe"))
        except HardwareHeld as refusal:
            return refusal.holder
        except LocksUnusable as error:  # with such a folder no program can hold them
            terminal.say(str(error), err=True, fg="yellow")
        _report_safe(station, station.make_safe())
    return None


def _make_safe_past(station: "Station") -> None:
    """Wait a moment for a program that is about to release the instruments, then make safe beside it."""
    from labctl.clock import RealClock

    clock = RealClock()
    end_s = clock.monotonic() + RELEASED_WITHIN_S
    while (holder := _make_safe_if_free(station)) is not None and clock.monotonic() < end_s:
        clock.sleep(0.1)
    if holder is not None:
        words = f"going past {holder.words}: it may energise the instruments again"
        terminal.say(words, err=True, fg="yellow")
        _report_safe(station, _failures_beside_another(station))


def _failures_beside_another(station: "Station") -> dict[str, str]:
    """Make safe while another program talks as well, which may take the answers: it is tried a few times."""
    failures = station.make_safe()
    for _ in range(TRIES_BESIDE_ANOTHER - 1):
        failures = station.make_safe() if failures else {}
    return failures


def _report_safe(station: "Station", failures: dict[str, str]) -> None:
    for entry in station.instruments:
        problem = failures.get(entry.name)
        terminal.say(f"{entry.name:14s} {problem or 'safe'}", fg="red" if problem else "green")
    if failures:
        raise typer.Exit(1)


def _asked(station: "Station", file: Path, db: Path, person: str, holder: "Holder") -> "SafeReport | None":
    from labctl.config.night import read_night
    from labctl.queue.asking_safe import ask_to_make_safe
    from labctl.queue.making_safe import SafeRequest

    silence_s = read_night(station).silence_s
    name = holder.station or station.name  # a copy of its station file may have another name
    return ask_to_make_safe(SafeRequest(file, name, db, person, silence_s), holder)


def _record_safe(station: "Station", file: Path, db: Path) -> None:
    """Record in the results file that what an earlier program left on was read back off."""
    from labctl.config.night import read_night
    from labctl.queue.making_safe import SafeRequest, confirm

    if db.exists():
        confirm(SafeRequest(file, station.name, db, "", read_night(station).silence_s))


def _refusal(station: "Station", holder: "Holder") -> ConfigurationError:
    problem = (
        f"an instrument is in use by {holder.words}, which cannot be asked to make safe; end it (Ctrl-C in "
        "its terminal makes safe), name its results file with --db, or go past it with --force"
    )
    return ConfigurationError(station.source, "", problem)
