"""Spoilt replies to every driver: a named error or a value; make_safe() works once they are right again."""

import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from drivers.solartron1260 import Solartron1260
from drivers.solartron_pair import Solartron1260With1287
from fuzzing import Case
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.measurement import measure
from labctl.testing.trial import QUIET_CELL, Candidate, Partner, find_candidate
from sim_instruments.rig import build
from sim_instruments.stand_ins import DRIVERS

PAIR = {"GPIB0::6::INSTR": "solartron1287", "GPIB0::4::INSTR": "solartron1260"}
LATEST_REPLY = 60  # the first that is spoilt is one of so many
AFTERWARDS_S = 60.0
WORDS = (
    b"",
    b"NaN",
    b"INF",
    b"-INF",
    b"9.9E37",
    b"1e309",
    b"-1e400",
    b"9" * 5000,
    b"0",
    b"-1",
    b"1",
    b"HELLO",
    b"+",
    b",",
    b",,,,,,",
    b"1," * 3000,
    b"\x00",
    b"\x1b[2J",
    b"\xff\xfe",
    b"\x80",
    b" ",
    b"\t",
    b"0x1F",
    b"1_0",
    b"1,5",
    b"1;2",
    b"true",
    b"OK",
    b"ERROR",
    b"Err -113",
    b"\xd9\xa1",
    b"1e",
    b"e5",
    b"--1",
    b"1.2.3",
    b"P",
    b"\n",
    b"\r",
    b"\r\n1",
)

Spoil = Callable[[random.Random, bytes], bytes]


def _other(chance: random.Random, body: bytes) -> bytes:
    return chance.choice(WORDS)


def _byte(chance: random.Random, body: bytes) -> bytes:
    if not body:
        return bytes([chance.randrange(256)])
    place = chance.randrange(len(body))
    return body[:place] + bytes([chance.randrange(256)]) + body[place + 1 :]


def _bit(chance: random.Random, body: bytes) -> bytes:
    if not body:
        return body
    place = chance.randrange(len(body))
    return body[:place] + bytes([body[place] ^ (1 << chance.randrange(8))]) + body[place + 1 :]


def _shorter(chance: random.Random, body: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _beheaded(chance: random.Random, body: bytes) -> bytes:
    return body[chance.randrange(len(body) + 1) :]


def _longer(chance: random.Random, body: bytes) -> bytes:
    return chance.choice(
        (body + body, body + b"," + body, body + chance.choice(WORDS), chance.choice(WORDS) + body)
    )


def _field(chance: random.Random, body: bytes) -> bytes:
    fields = body.split(b",")
    fields[chance.randrange(len(fields))] = chance.choice(WORDS)
    return b",".join(fields)


SPOILS: tuple[Spoil, ...] = (_other, _byte, _byte, _bit, _shorter, _beheaded, _longer, _field)


class Spoiler:
    """Stands between an instrument's replies and the wire; counts the replies of a whole rig."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._next = chance.randrange(LATEST_REPLY)
        self._again = chance.choice((0.0, 0.0, 0.05, 0.5, 1.0))
        self._sent = 0
        self.over = False

    def between(self, send: Callable[..., None]) -> Callable[..., None]:
        """Return `send` with some of its replies spoilt."""

        def sending(reply: str | bytes, *rest: Any, **details: Any) -> None:
            body = reply.encode("latin-1") if isinstance(reply, str) else reply
            send(self._spoilt(body), *rest, **details)

        return sending

    def _spoilt(self, body: bytes) -> bytes:
        self._sent += 1
        due = self._sent > self._next and (
            self._sent == self._next + 1 or self._chance.random() < self._again
        )
        return self._chance.choice(SPOILS)(self._chance, body) if due and not self.over else body


@cache
def candidates() -> tuple[Candidate, ...]:
    """Return every shipped driver, and the pair of two instruments."""
    others = [("watchdog",), ()]  # a partner has no role of its own
    found = [find_candidate(reference) for reference, roles in DRIVERS.values() if roles not in others]
    pair = Candidate(
        "drivers.solartron_pair:Solartron1260With1287",
        Solartron1260With1287,
        lambda clock, seed=1: build(clock, seed=seed, instruments=PAIR, **QUIET_CELL),
        "GPIB0::6::INSTR",
        {"standard_resistor_ohm": 1000.0},
        Partner(Solartron1260, "GPIB0::4::INSTR"),
    )
    return (*found, pair)


def cases(seed: int, count: int) -> Iterator[Case]:
    """Yield the cases of a seed, each driver in turn."""
    for number in range(count):
        candidate = candidates()[number % len(candidates())]
        yield Case(candidate.reference, lambda c=candidate, n=number: _fault(c, random.Random(f"{seed} {n}")))


def _fault(candidate: Candidate, chance: random.Random) -> str:
    with candidate.connected() as trial:
        spoiler = Spoiler(chance)
        for device in trial.rig.devices.values():
            device.send = spoiler.between(device.send)
        try:
            list(measure(trial))
            confirmed_on = bool(trial.energised)
        except (InstrumentError, ConfigurationError):
            confirmed_on = False
        spoiler.over = True
        trial.clock.sleep(AFTERWARDS_S)
        try:
            trial.driver.make_safe()
        except InstrumentError as error:
            return f"the replies are right again, but make_safe() fails: {error}"
        if trial.energised:
            return "it is on at the end"
        return "make_safe() returned, and it is on" if confirmed_on else ""
