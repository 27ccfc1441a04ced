"""The served rig of a night, with a cable for each instrument; outputs are read from its control channel."""

import json
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from labctl.clock import ScaledClock
from sim_instruments.cable import Cable
from sim_instruments.serve import HOST, Server

SPEED = 300.0
OVEN, ANALYSER = "lakeshore336", "solartron1260"
ADDRESSES = {OVEN: "GPIB0::12::INSTR", ANALYSER: "GPIB0::4::INSTR"}
NIGHT = "[night]\nretry_delay_s = 0.1\n"


@dataclass(frozen=True)
class Outputs:
    """State of the outputs at one moment."""

    oven: bool
    analyser: bool


class ServedRig:
    """A rig of oven and analyser, served by this process in scaled time.

    Parameters
    ----------
    station_file : Path
        Written here.
    analyser_first : bool
        Order of the instruments in that file.
    drivers : mapping, optional
        Replaces drivers in the station file, by model.
    """

    def __init__(
        self, station_file: Path, analyser_first: bool, drivers: dict[str, str] | None = None
    ) -> None:
        self._file, self._drivers = station_file, drivers or {}
        self._order = [ANALYSER, OVEN] if analyser_first else [OVEN, ANALYSER]
        self.cables: dict[str, Cable] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            instruments = {ADDRESSES[model]: model for model in self._order}
            options = {"seed": 3, "instruments": instruments, "material": "Mg3(BH4)4(NH2)2"}
            server = opened.enter_context(Server(options, ScaledClock(SPEED)))
            text = server.station_toml("rig") + NIGHT
            for outlet in server.outlets:
                cable = Cable(outlet.port)
                opened.callback(cable.close)
                self.cables["oven" if outlet.name == OVEN else "analyser"] = cable
                text = text.replace(f"::{outlet.port}::", f"::{cable.port}::")
            for before, after in self._drivers.items():
                text = text.replace(before, after)
            self._file.write_text(text, encoding="utf-8")
            self._addresses = {outlet.name: outlet.address for outlet in server.outlets}
            self._control = opened.enter_context(socket.create_connection((HOST, server.control.port)))
            self._replies = opened.enter_context(self._control.makefile("rb"))
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def outputs(self) -> Outputs:
        """Ask the control channel for the state of the outputs."""
        instruments = self._ask("state")["instruments"]
        heater, analyser = (instruments[self._addresses[model]] for model in (OVEN, ANALYSER))
        return Outputs(heater["heater_range"] != 0, analyser["amplitude_v"] != 0)

    def _ask(self, what: str) -> Any:
        self._control.sendall(json.dumps({"do": what}).encode() + b"\n")
        reply = json.loads(self._replies.readline())
        if not reply["ok"]:
            raise RuntimeError(reply["error"])
        return reply["result"]
