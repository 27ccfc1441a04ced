"""The command line, one file per command group.

Exit codes: 0 done, 1 the measurement or check failed, 2 the request is wrong and nothing was touched.
Only the file of the command that is called is imported, and commands import modules when they run.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.errors import ConfigurationError, InvalidRequest, LabctlError

if TYPE_CHECKING:
    app: typer.Typer
    """All commands; made when it is first asked for."""


@dataclass(frozen=True)
class Command:
    """Where a command, or a group of them (`app`), is found in `labctl.cli`: `module:name`."""

    place: str
    short_help: str | None = None
    takes_negative_numbers: bool = False

    def add_to(self, app: typer.Typer, name: str) -> None:
        """Import the command and add it."""
        module, attribute = self.place.split(":")
        found = getattr(import_module(f".{module}", __name__), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name, **self._help)
            return
        settings = {"ignore_unknown_options": True} if self.takes_negative_numbers else None
        app.command(name, context_settings=settings, **self._help)(found)

    @property
    def _help(self) -> dict[str, Any]:
        return {} if self.short_help is None else {"short_help": self.short_help}


COMMANDS = {
    "demo": Command("demo:demo", "Measure a simulated night and show the results."),
    "check": Command("check:check", "Check a protocol; list its steps and times."),
    "check-cells": Command(
        "check_cells:check_cells", "Measure the cells of a switch open or shorted: their isolation."
    ),
    "check-analyser": Command(
        "check_analyser:check_analyser", "Measure a reference resistor in place of the sample."
    ),
    "preflight": Command("preflight:preflight", "Look for what would spoil a night, in a minute."),
    "run": Command("run:run", "Measure a protocol now."),
    "show": Command("show:show"),
    "amend": Command("amend:amend", "Correct a sample or run; derive its results again."),
    "note": Command("amend:note", "Add a note to a run."),
    "exclude": Command("amend:exclude", "Exclude points of a run from its results."),
    "fact": Command(
        "fact:fact", "Keep what other methods found; see what follows.", takes_negative_numbers=True
    ),
    "carriers": Command("carriers:carriers", "Say what carries the current, and what is not excluded."),
    "import": Command("import_spectra:import_spectra", "Import spectra measured elsewhere as runs."),
    "fit": Command("fit:fit", "Derive results of runs again, also with other choices."),
    "analyses": Command("analyses:analyses", "List, compare and choose the analyses of a run."),
    "samples": Command("samples:samples", "List samples with their best numbers."),
    "find": Command("samples:find", "Find runs by sample, ion, day, conductivity."),
    "compare": Command("compare:compare", "Compare runs; separate contacts by thickness."),
    "report": Command("report:report", "Write a page about runs: HTML, PDF, Word."),
    "plot": Command("plot:plot", "Draw runs for a paper or a slide."),
    "mcp": Command("mcp:mcp", "Answer programs: read-only and rehearsal, JSON over stdio."),
    "schema": Command("schema:schema", "Print the keys of station or protocol for editors."),
    "export": Command("export:export", "Write runs as files for other programs."),
    "gui": Command("gui:gui"),
    "db": Command("db:app"),
    "web": Command("web:web", "Show the rig in a browser, read-only; several rigs on one page."),
    "archive": Command("archive:app", "Keep and ask the runs of many rigs."),
    "sim": Command("sim:app"),
    "verify": Command("verify:app"),
    "instruments": Command("instruments:app"),
    "new": Command("new:app", "Start a driver or a procedure of your own."),
    "procedures": Command("procedures:procedures", "List procedures, or the parameters of one."),
    "queue": Command("queue:app"),
    "rehearse": Command("rehearse:rehearse", "Rehearse the queue on the simulated rig."),
    "runner": Command("runner:runner", "Measure the queue of a station, unattended."),
    "supervisor": Command("supervisor:supervisor"),
    "service": Command("service:app", "Keep the supervisor running by a service."),
    "status": Command("status:status"),
    "summary": Command("summary:summary", "Tell what a night brought, and what to do next."),
}


def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from labctl.version import __version__

        terminal.echo(f"labctl {__version__}")
        raise typer.Exit


def app_of(names: Iterable[str]) -> typer.Typer:
    """Return the command line with some of the commands."""
    app = typer.Typer(
        name="labctl",
        cls=terminal.PlainGroup,
        help="Ion transport in solid electrolytes: temperature series, impedance, conductivity, overnight.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: drawing boxes would take longer than everything else
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_options)
    for name in names:
        COMMANDS[name].add_to(app, name)
    return app


def __getattr__(name: str) -> Any:
    """Make `app` with all commands when it is first asked for."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = made = app_of(COMMANDS)
    return made


def main() -> None:
    """Run the command line; convert labctl's own errors into a message and an exit code."""
    called = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        app_of([called] if called in COMMANDS else COMMANDS)()
    except LabctlError as error:
        terminal.say(refusal(error), err=True, fg="red")
        sys.exit(exit_code_of(error))


def refusal(error: LabctlError) -> str:
    """Return the sentence that the command line prints for an error."""
    return terminal.sentence(f"labctl: {error}")


def exit_code_of(error: LabctlError) -> int:
    """Return 2 for a request that is wrong (nothing was touched), 1 for everything else."""
    return 2 if isinstance(error, ConfigurationError | InvalidRequest) else 1
