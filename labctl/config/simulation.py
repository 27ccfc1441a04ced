"""The `[simulation]` table of a station file: a simulated rig instead of hardware."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.clock import Clock, RealClock, ScaledClock, VirtualClock
from labctl.config.loading import CodeIdentity, load_named
from labctl.config.registered import take_reference
from labctl.config.table import Table, is_number
from labctl.errors import ConfigurationError
from labctl.plain_text import shown

RIG_FILES = ("description", "replay")


@dataclass(frozen=True)
class Simulation:
    """The `[simulation]` table: a simulated rig instead of hardware."""

    rig: str
    build: Any
    seed: int
    clock: str | float
    options: Mapping[str, Any]
    code: tuple[CodeIdentity, ...] = ()

    def make_clock(self) -> Clock:
        """Return the clock of this rig: virtual, real, or faster than real."""
        if self.clock == "real":
            return RealClock()
        if self.clock == "virtual":
            return VirtualClock(epoch_s=RealClock().time())
        return ScaledClock(float(self.clock))

    def visa_library(self, clock: Clock, stack: ExitStack, source: str) -> Any:
        """Build the rig, which `stack` closes, and return its VISA library.

        Raises ConfigurationError, which names the file `source`, where the rig refuses its options.
        """
        rig = self._built(clock, source)
        stack.callback(rig.close)
        return rig.visa_library

    def addresses(self, source: str) -> tuple[str, ...]:
        """Build the rig, close it, and return the addresses it has; none where it does not say.

        Raises as `visa_library`.
        """
        rig = self._built(VirtualClock(epoch_s=RealClock().time()), source)
        try:
            devices = getattr(rig, "devices", {})
            return tuple(devices) if isinstance(devices, Mapping) else ()
        finally:
            rig.close()

    def _built(self, clock: Clock, source: str) -> Any:
        try:
            return self.build(clock, seed=self.seed, **self.options)
        except (TypeError, ValueError, OSError) as error:
            raise ConfigurationError(source, "simulation.options", f"refused by the rig: {error}") from error


def read_simulation(table: Table) -> Simulation:
    """Read and check the `[simulation]` table; raises ConfigurationError with key and valid value."""
    reference = take_reference(table, "rig", "sim_instruments.rig:build")
    named = load_named(table, "rig", reference)
    simulation = Simulation(
        rig=reference,
        build=named.value,
        seed=int(table.number("seed", 1.0, minimum=0)),
        clock=_clock(table),
        options=_beside(table, table.table("options", {}).values),
        code=named.code,
    )
    table.refuse_unknown()
    return simulation


def _beside(table: Table, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a rig; files and folders that they name are looked up beside the station file."""
    folder = Path(str(table.source)).parent
    named = {key: folder / options[key] for key in RIG_FILES if isinstance(options.get(key), str)}
    return {**options, **{key: str(path) for key, path in named.items() if path.exists()}}


def _clock(table: Table) -> str | float:
    value = table.take("clock", "virtual", "'virtual', 'real' or a speed")
    if value in ("virtual", "real"):
        return value
    if is_number(value) and value > 0:
        return float(value)
    wanted = "'virtual', 'real' or how many times faster than real"
    raise table.error("clock", f"is {shown(value)}; give {wanted}")
