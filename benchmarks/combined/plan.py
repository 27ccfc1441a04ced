"""The plan of a night: the program that measures, the faults, and their moments.

Every dimension is drawn independently of the others, so that a night is a random product of faults.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from sim_instruments.cable import SICKNESSES

PROGRAMS = ("runner", "runner", "run", "script")
KEPT = ("second supervisor", "service")
SIGNALS = ("SIGTERM", "SIGINT", "SIGINT 2", "SIGINT 3", "SIGINT 4", "SIGHUP", "SIGQUIT")
PROGRAM_BLOWS = ("kill", "kill", "freeze", "freeze", *SIGNALS)
SUPERVISOR_BLOWS = ("", "", "", "kill", "kill", "freeze", "SIGTERM")
FILE_BLOWS = ("", "", "", "full disk", "-wal deleted", "-shm deleted", "file deleted", "all deleted")
SICK = ("", "oven", "analyser")
STRIKES_WITHIN_S = 4.0
TOGETHER_WITHIN_S = 1.0
SICK_FOR_S = (2.0, 9.0)
FULL_FOR_S = (2.0, 6.0)
BETWEEN_SIGNALS_S = 0.3
TEMPERATURES_DEGC = ((32, 36), (40, 44))


@dataclass(frozen=True)
class Act:
    """Something done at a moment, in s since the heater was first on.

    `to` is program, supervisor, oven, analyser or file; `do` one of the names above, `well` or `room`.
    """

    at_s: float
    to: str
    do: str


@dataclass(frozen=True)
class Plan:
    """A night.

    Attributes
    ----------
    program : str
        runner, run or script.
    kept : str
        What keeps the supervisor.
    analyser_first : bool
        Order of the instruments in the station file.
    acts : tuple of Act
        In the order of time.
    temperatures_degc : tuple of tuple of int
        Steps of each job, as many in each; of one run or script: all of them.
    """

    program: str
    kept: str
    analyser_first: bool
    acts: tuple[Act, ...]
    temperatures_degc: tuple[tuple[int, ...], ...] = TEMPERATURES_DEGC

    def done_to(self, what: str) -> str:
        """First thing done to program, supervisor, file or an instrument; empty: nothing."""
        return next((act.do for act in self.acts if act.to == what), "")

    @property
    def sick(self) -> str:
        """Instrument and sickness, in words; empty: none is sick."""
        found = [act for act in self.acts if act.to in ("oven", "analyser") and act.do != "well"]
        return ", ".join(f"{act.to} {act.do}" for act in found)

    @property
    def words(self) -> str:
        """The night in one line."""
        acts = "; ".join(f"{act.at_s:.2f} s {act.to} {act.do}" for act in self.acts)
        order = "analyser first" if self.analyser_first else "oven first"
        return f"{self.program}, {self.kept}, {order}: {acts}"


def drawn(seed: int, number: int) -> Plan:
    """The night with that number in the campaign of that seed."""
    chance = random.Random(f"{seed} {number}")
    acts = [*_processes(chance), *_instruments(chance), *_file(chance)]
    return Plan(
        program=chance.choice(PROGRAMS),
        kept=chance.choice(KEPT),
        analyser_first=chance.random() < 0.5,
        acts=tuple(sorted(acts, key=lambda act: act.at_s)),
    )


def _processes(chance: random.Random) -> Iterator[Act]:
    at_s = chance.uniform(0.0, STRIKES_WITHIN_S)
    yield from _signals(at_s, "program", chance.choice(PROGRAM_BLOWS))
    if blow := chance.choice(SUPERVISOR_BLOWS):
        together_s = max(0.0, at_s + chance.uniform(-TOGETHER_WITHIN_S, TOGETHER_WITHIN_S))
        yield Act(chance.choice([at_s, together_s, together_s]), "supervisor", blow)
    if chance.random() < 0.2:  # a second blow at the program, which may be making safe, or be a new one
        yield Act(at_s + chance.uniform(0.0, STRIKES_WITHIN_S), "program", chance.choice(["kill", "freeze"]))


def _signals(at_s: float, to: str, blow: str) -> Iterator[Act]:
    name, _, times = blow.partition(" ")
    for number in range(int(times or 1)):
        yield Act(at_s + number * BETWEEN_SIGNALS_S, to, name)


def _instruments(chance: random.Random) -> Iterator[Act]:
    sick = chance.choice(SICK)
    both = chance.random() < 0.1
    for instrument in ("oven", "analyser"):
        if both or sick == instrument:
            at_s = chance.uniform(0.0, STRIKES_WITHIN_S)
            yield Act(at_s, instrument, chance.choice(SICKNESSES))
            yield Act(at_s + chance.uniform(*SICK_FOR_S), instrument, "well")


def _file(chance: random.Random) -> Iterator[Act]:
    if blow := chance.choice(FILE_BLOWS):
        at_s = chance.uniform(0.0, STRIKES_WITHIN_S)
        yield Act(at_s, "file", blow)
        if blow == "full disk":
            yield Act(at_s + chance.uniform(*FULL_FOR_S), "file", "room")
