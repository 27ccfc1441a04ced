"""`labctl new`: start a driver or a procedure of your own from a working example."""

import keyword
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import terminal
from labctl.errors import ConfigurationError
from labctl.plain_text import shown

app = typer.Typer(
    help="Start a driver or a procedure of your own from a working example.", no_args_is_help=True
)

EXAMPLE_CLASS, EXAMPLE_MODULE = "NewInstrument", "new_instrument"
LONGEST_NAME = 60
STATION = """\
name = "{module}"
visa_library = "{module}_stand_in.yaml@sim"  # take this line out for the real instrument

[limits]
temperature_degc = [-40, 200]
potential_v = 1
current_a = 0.01

[instruments.{module}]
driver = "{module}:{class_name}"
address = "GPIB0::1::INSTR"
roles = ["{role}"]
stand_in = "{module}_stand_in.yaml"  # for labctl rehearse

# [accuracy.thermometer]  # likewise analyser, potentiostat; what is not stated is in no interval
# class = "PT100 A wire"
"""


class Role(StrEnum):
    """Role of the new instrument."""

    temperature_controller = "temperature_controller"
    frequency_response_analyzer = "frequency_response_analyzer"
    potentiostat = "potentiostat"
    switch = "switch"
    atmosphere = "atmosphere"


STATION_ROLES = {
    Role.temperature_controller: "oven",
    Role.frequency_response_analyzer: "fra",
    Role.potentiostat: "potentiostat",
    Role.switch: "switch",
    Role.atmosphere: "atmosphere",
}


@app.command()
def driver(
    name: Annotated[str, typer.Argument(help="Model, as in AcmeOven or acme_oven.")],
    role: Annotated[Role, typer.Option(help="Role of the instrument.")],
    folder: Annotated[Path, typer.Option(help="Where to write.", file_okay=False)] = Path(),
) -> None:
    """Write a driver, its stand-in, its tests and a station file; `pytest` passes at once.

    Then replace the commands by your manual's, one after another; the tests check each message.
    The printed command tests the driver against the contract of every driver.
    """
    module, class_name = _names(name)
    _write(folder, _files(module, class_name, role))
    terminal.echo(f"pytest --labctl-driver {module}:{class_name} --labctl-rig {module}_stand_in.yaml")


@app.command()
def procedure(
    name: Annotated[str, typer.Argument(help="Name of the procedure, as in AgeingWatch or ageing_watch.")],
    folder: Annotated[Path, typer.Option(help="Where to write.", file_okay=False)] = Path(),
) -> None:
    """Write a procedure, its tests on the simulated rig and a protocol; `pytest` passes at once.

    Then change its steps, one after another; the tests check that everything ends safe.
    """
    module, class_name = _names(name, "labctl new procedure")
    examples = {
        f"{module}.py": "procedure.py",
        f"test_{module}.py": "procedure_on_the_rig.py",
        f"{module}_protocol.toml": "procedure_protocol.toml",
    }
    _write(folder, {path: _renamed(example, module, class_name) for path, example in examples.items()})


@app.command()
def protocol(
    name: Annotated[str, typer.Argument(help="Name of the file, as in first_sweep.")],
    temperatures_degc: Annotated[str, typer.Option(help="Temperatures, as in a protocol.")] = "25:110:5",
    folder: Annotated[Path, typer.Option(help="Where to write.", file_okay=False)] = Path(),
) -> None:
    """Write a protocol of spectra at several temperatures, to be edited.

    Its first temperature is measured again at the end (`repeat_first`) where that adds less than 10 %.
    """
    from labctl.config.first_again import with_first_again

    module, _ = _names(name, "labctl new protocol")
    path = f"{module}.toml"
    text = _renamed("sweep_protocol.toml", module, "").replace("25:110:5", temperatures_degc)
    _write(folder, {path: with_first_again(text.replace("new_protocol", module), path)})


def _renamed(example: str, module: str, class_name: str) -> str:
    text = (Path(__file__).parents[1] / "scaffold" / example).read_text(encoding="utf-8")
    text = text.removeprefix("# ruff: noqa: D100, D103\n")
    return text.replace("NewProcedure", class_name).replace("new_procedure", module)


def _write(folder: Path, texts: dict[str, str]) -> None:
    files = {folder / path: text for path, text in texts.items()}
    for path in files:
        if path.exists():
            raise ConfigurationError(path, "", "exists already; nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
            terminal.echo(path)
    except OSError as error:
        raise ConfigurationError(folder, "", f"cannot be written: {error.strerror}") from error


def _names(name: str, command: str = "labctl new driver") -> tuple[str, str]:
    """Return module and class; raises ConfigurationError for names that Python cannot import."""
    from labctl.config.loading import is_installed

    module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    is_name = module.isidentifier() and module.isascii() and len(module) <= LONGEST_NAME
    if not is_name or keyword.iskeyword(module):
        raise ConfigurationError(command, "NAME", f"{shown(name)} cannot name a Python module")
    if is_installed(module):
        raise ConfigurationError(command, "NAME", f"a module {module!r} is installed already")
    words = name.split("_")
    return module, "".join(word[:1].upper() + word[1:] for word in words)


def _files(module: str, class_name: str, role: Role) -> dict[str, str]:
    def example(suffix: str) -> str:
        text = (Path(__file__).parents[1] / "scaffold" / f"{role}{suffix}").read_text(encoding="utf-8")
        text = text.replace(f"labctl.scaffold.{role}", module).removeprefix(
            "# ruff: noqa: D100, D103, SIM117\n"
        )
        return text.replace(EXAMPLE_CLASS, class_name).replace(EXAMPLE_MODULE, module)

    station = STATION.format(module=module, class_name=class_name, role=STATION_ROLES[role])
    return {
        f"{module}.py": example(".py"),
        f"{module}_stand_in.yaml": example(".yaml"),
        f"test_{module}.py": example("_dialogue.py"),
        f"{module}_station.toml": station,
    }
