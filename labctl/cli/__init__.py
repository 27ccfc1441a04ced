"""The command line, one file per command group.

Exit codes: 0 done, 1 the measurement or check failed, 2 the request is wrong and nothing was touched.
Commands import modules when they run, so that `labctl --help` stays quick.
"""

import sys
from typing import Annotated

import typer

from labctl.cli import (
    amend,
    analyses,
    archive,
    check,
    check_analyser,
    compare,
    db,
    demo,
    export,
    fact,
    fit,
    gui,
    import_spectra,
    instruments,
    new,
    plot,
    procedures,
    queue,
    rehearse,
    report,
    run,
    runner,
    samples,
    service,
    show,
    sim,
    status,
    summary,
    supervisor,
    terminal,
    verify,
)
from labctl.errors import ConfigurationError, InvalidRequest, LabctlError

app = typer.Typer(
    name="labctl",
    cls=terminal.PlainGroup,
    help="Ion transport in solid electrolytes: temperature series, impedance, conductivity, overnight.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: drawing boxes would take longer than everything else
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo", short_help="Measure a simulated night and show the results.")(demo.demo)
app.command("check", short_help="Check a protocol; list its steps and times.")(check.check)
app.command("check-analyser", short_help="Measure a reference resistor in place of the sample.")(
    check_analyser.check_analyser
)
app.command("run", short_help="Measure a protocol now.")(run.run)
app.command("show")(show.show)
app.command("amend", short_help="Correct a sample or run; derive its results again.")(amend.amend)
app.command("note", short_help="Add a note to a run.")(amend.note)
app.command("exclude", short_help="Exclude points of a run from its results.")(amend.exclude)
app.command(
    "fact",
    short_help="Keep what other methods found; see what follows.",
    context_settings={"ignore_unknown_options": True},  # -40 is a value
)(fact.fact)
app.command("import", short_help="Import spectra measured elsewhere as runs.")(import_spectra.import_spectra)
app.command("fit", short_help="Derive results of runs again, also with other choices.")(fit.fit)
app.command("analyses", short_help="List, compare and choose the analyses of a run.")(analyses.analyses)
app.command("samples", short_help="List samples with their best numbers.")(samples.samples)
app.command("find", short_help="Find runs by sample, ion, day, conductivity.")(samples.find)
app.command("compare", short_help="Compare runs; separate contacts by thickness.")(compare.compare)
app.command("report", short_help="Write a page about runs: HTML, PDF, Word.")(report.report)
app.command("plot", short_help="Draw runs for a paper or a slide.")(plot.plot)
app.command("export", short_help="Write runs as files for other programs.")(export.export)
app.command("gui")(gui.gui)
app.add_typer(db.app, name="db")
app.add_typer(archive.app, name="archive", short_help="Keep and ask the runs of many rigs.")
app.add_typer(sim.app, name="sim")
app.add_typer(verify.app, name="verify")
app.add_typer(instruments.app, name="instruments")
app.add_typer(new.app, name="new", short_help="Start a driver or a procedure of your own.")
app.command("procedures", short_help="List procedures, or the parameters of one.")(procedures.procedures)
app.add_typer(queue.app, name="queue")
app.command("rehearse", short_help="Rehearse the queue on the simulated rig.")(rehearse.rehearse)
app.command("runner", short_help="Measure the queue of a station, unattended.")(runner.runner)
app.command("supervisor")(supervisor.supervisor)
app.add_typer(service.app, name="service", short_help="Keep the supervisor running by a service.")
app.command("status")(status.status)
app.command("summary", short_help="Tell what a night brought, and what to do next.")(summary.summary)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from labctl.version import __version__

        terminal.echo(f"labctl {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; convert labctl's own errors into a message and an exit code."""
    try:
        app()
    except LabctlError as error:
        terminal.say(refusal(error), err=True, fg="red")
        sys.exit(exit_code_of(error))


def refusal(error: LabctlError) -> str:
    """Return the sentence that the command line prints for an error."""
    return terminal.sentence(f"labctl: {error}")


def exit_code_of(error: LabctlError) -> int:
    """Return 2 for a request that is wrong (nothing was touched), 1 for everything else."""
    return 2 if isinstance(error, ConfigurationError | InvalidRequest) else 1
