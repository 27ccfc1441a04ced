"""Loading of device definitions from YAML files.

The format is pyvisa-sim's (spec 1.1), so that stock `ResourceManager("file.yaml@sim")` can load the file and
replies with fixed values. Entries that stock pyvisa-sim ignores bind the definition to a model:

* `bind: attribute` in a property: its getter and setter use that attribute of the model;
* `wire:` in a device: `commands` (`q`, a template of `grammar`; `call`, a method of the model; `r`, the
  format of the reply, none if absent), `latency_s`, `ignored`, `end_is_eom`, `suffix_queries` (`FR?` means
  `?FR`), `framer` (see `framed`), `model` (see `own_model`), `serial` (`baud_rate`, `data_bits`, `parity`,
  `stop_bits`, `echo`, `boots_s`).
"""

from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from pyvisa_sim import parser

from sim_instruments.wire.device import BoundProperty, Model, SimDevice
from sim_instruments.wire.faults import FaultPlan
from sim_instruments.wire.framed import FrameDevice, LineDevice
from sim_instruments.wire.grammar import Command, Grammar, compile_command
from sim_instruments.wire.serial_line import SerialLine
from sim_instruments.world.world import World


@cache
def load_definition(name: str) -> dict[str, Any]:
    """The one device defined in `instruments/<name>.yaml`."""
    path = files("sim_instruments.instruments").joinpath(f"{name}.yaml")
    return parser.Loader(str(path), bundled=False).data["devices"][name]


def read_definitions(file: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    """Devices of a YAML file with their names, by address; raises ValueError if the file is invalid."""
    try:
        data = parser.Loader(str(file), bundled=False).data
    except Exception as problem:
        raise ValueError(f"{file}: not a YAML file of pyvisa-sim: {problem}") from problem
    resources = data.get("resources") or {}
    if not resources:
        raise ValueError(f"{file}: there are no resources")
    absent = [entry["device"] for entry in resources.values() if entry["device"] not in data["devices"]]
    if absent:
        raise ValueError(f"{file}: resources: there is no device {absent[0]!r}")
    return {
        address: (entry["device"], data["devices"][entry["device"]]) for address, entry in resources.items()
    }


def make_device(
    name: str, definition: dict[str, Any], model: Model, world: World, faults: FaultPlan
) -> SimDevice:
    """Make a device of a definition and a model. Raises AttributeError if the model lacks a bound member."""
    wire = definition.get("wire", {})
    framer = wire.get("framer", "commands")
    if framer not in _KINDS:
        raise ValueError(f"{name}: wire: framer: {framer!r} is not one of {', '.join(_KINDS)}")
    device = _KINDS[framer](
        name,
        model,
        world,
        faults,
        delimiter=definition.get("delimiter", ";").encode(),
        latency_s=float(wire.get("latency_s", 0.01)),
        ignored=wire.get("ignored", "\r ").encode(),
        end_is_eom=wire.get("end_is_eom", "true") == "true",
    )
    if "serial" in wire:
        device.line = SerialLine.of(wire["serial"])
    for interface, eom in definition["eom"].items():
        device.add_eom(interface, eom["q"], eom["r"])
    device.grammar = Grammar(_commands(definition, model))
    return device


_KINDS: dict[str, Callable[..., SimDevice]] = {
    "commands": SimDevice,
    "lines": LineDevice,
    "modbus_rtu": FrameDevice,
    "frames": FrameDevice,
}


def _commands(definition: dict[str, Any], model: Model) -> list[Command]:
    commands = [
        compile_command(entry["q"], getattr(model, entry["call"]), entry.get("r"))
        for entry in definition.get("wire", {}).get("commands", ())
    ]
    for name, entry in definition.get("properties", {}).items():
        if "bind" in entry:
            commands += _property_commands(name, entry, model)
    if definition.get("wire", {}).get("suffix_queries") == "true":
        commands += [_suffixed(command) for command in commands if command.template.startswith("?")]
    for dialogue in definition.get("dialogues", ()):
        commands.append(_dialogue(dialogue))
    return commands


def _suffixed(command: Command) -> Command:
    """The same command with suffix query: `FR?` for `?FR`."""
    return compile_command(f"{command.template[1:]}?", command.call, command.reply)


def _dialogue(entry: dict[str, str]) -> Command:
    reply = entry.get("r")
    return compile_command(entry["q"], lambda: reply, None if reply is None else "{}")


def _set(bound: BoundProperty, answer: str | None, text: str) -> str | None:
    bound.set_value(text)
    return answer


def _property_commands(name: str, entry: dict[str, Any], model: Model) -> list[Command]:
    bound = BoundProperty(name, entry.get("specs", {}), model, entry["bind"])
    bound.get_value()
    commands = []
    if "getter" in entry:
        commands.append(compile_command(entry["getter"]["q"], bound.get_value, entry["getter"]["r"]))
    if "setter" in entry:
        answer = entry["setter"].get("r")
        commands.append(compile_command(entry["setter"]["q"], partial(_set, bound, answer), answer and "{}"))
    return commands
