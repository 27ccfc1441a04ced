"""`labctl sim`: a simulated rig for other processes."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import terminal
from labctl.cli.number import number_option
from labctl.errors import ConfigurationError
from labctl.shipped import shipped_module

app = typer.Typer(help="A simulated rig for other processes.", no_args_is_help=True)


@app.command()
def serve(
    rig: Annotated[
        str, typer.Argument(help="Description of the rig: `default`, `serial`, or a TOML file.")
    ] = "default",
    speed: Annotated[
        float, number_option("How many times faster than real time.", low=1e-3, show_default=True)
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random numbers in the rig.")] = 1,
    material: Annotated[
        str | None, typer.Option(help="Material in the oven; see the materials table.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Measured spectra as the cell: a file or a folder.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="First port; 0: any free ports.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Also write the station file here.")] = None,
) -> None:
    """Serve every instrument of a rig on a TCP socket of this machine (127.0.0.1 alone) until stopped.

    Prints a station file for this rig. Its first line names the control channel, which accepts faults and
    returns the true state, one JSON object per line.
    """
    from labctl.clock import ScaledClock

    def announce(station_text: str) -> None:
        terminal.echo(station_text)
        if out is not None:
            out.write_text(station_text, encoding="utf-8")

    options = {"seed": seed, "description": rig, "material": material, "replay": replay}
    given = {name: value for name, value in options.items() if value is not None}
    try:
        # Loaded by name: labctl imports no rig.
        serving = shipped_module("sim_instruments.serve").serve
        serving(given, ScaledClock(speed), first_port=port, announce=announce)
    except (TypeError, ValueError, OSError) as error:
        raise ConfigurationError("labctl sim serve", "", str(error)) from error
