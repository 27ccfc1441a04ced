"""The table of oracles: driver, oracle, missing settings, and disagreements with the manual.

docs/reference/oracles.md shows this table; a test compares the two.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CR, LF, CR_LF = b"\r", b"\n", b"\r\n"


@dataclass(frozen=True)
class Gap:
    """A setting of the instrument that the oracle does not have; the relay stores it instead.

    Attributes
    ----------
    name : str
        As the table shows it.
    asks, sets : str
        Regular expressions of the question and of the message that sets it, with the group `key`; `sets`
        has the group `value` too. Empty: there is none.
    initial : str
        Reply before it was set.
    example : str
        A message that the oracle does not understand.
    """

    name: str
    asks: str
    sets: str
    initial: str = ""
    example: str = ""

    def key_asked(self, message: str) -> str | None:
        """Return which setting a message asks for, None if it is another message."""
        found = re.fullmatch(self.asks, message) if self.asks else None
        return found["key"] if found else None

    def changed_by(self, message: str) -> tuple[str, str] | None:
        """Return the setting that a message sets and its value, None if it is another message."""
        found = re.fullmatch(self.sets, message) if self.sets else None
        return (found["key"], found["value"]) if found else None


@dataclass(frozen=True)
class Oracle:
    """An oracle and the driver that is connected to it.

    Attributes
    ----------
    name : str
        Name of its tests.
    distribution : str
        Package of its environment.
    arguments : tuple of str
        Of the bridge: family and model; of lewis: device and protocol.
    driver : str
        `module:Class`.
    line : str
        `socket` or `pty`.
    settings : Mapping
        Settings of the driver.
    acts : str
        Regular expression of the messages that change something.
    separator : str
        Separator of several messages in one, empty if there is none.
    ends, reply_ends : bytes
        Terminators of message and reply.
    gaps : tuple of Gap
        Settings that it lacks.
    disagreements : tuple of str
        Differences from the manual, and the remedy of the relay.
    is_part : bool
        Whether it does too little for the contract: it has tests of its own.
    """

    name: str
    distribution: str
    arguments: tuple[str, str]
    driver: str
    line: str
    acts: str
    separator: str = ""
    ends: bytes = LF
    reply_ends: bytes = LF
    settings: Mapping[str, Any] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    disagreements: tuple[str, ...] = ()
    is_part: bool = False

    @property
    def row(self) -> str:
        """Get the oracle's row in the table of docs/reference/oracles.md."""
        driver = self.driver.partition(":")[2]
        lacks = ", ".join(f"`{gap.name}`" for gap in self.gaps) or "-"
        said = "; ".join(self.disagreements) or "-"
        oracle = f"{self.distribution}: {', '.join(self.arguments)}"
        return f"| `{driver}` | {oracle} | {lacks} | {said} |"


def lake_shore(model: str, **settings: Any) -> Oracle:
    """Return the oracle of a Lake Shore 335, 336 or 350."""
    return Oracle(
        name=f"lakeshore{model}",
        distribution="labmcp-lakeshore",
        arguments=("lakeshore", model),
        driver=f"drivers.lakeshore33x:LakeShore{model}",
        line="socket",
        acts=r"[^?]*",
        separator=";",
        reply_ends=CR_LF,
        settings=settings,
        gaps=(
            Gap("MOUT", r"MOUT\? (?P<key>\d)", r"MOUT (?P<key>\d),(?P<value>\S+)", "+0.00", "MOUT? 1"),
            Gap("OUTMODE to set it", "", r"OUTMODE (?P<key>\d),(?P<value>1,1,0)", "", "OUTMODE 1,1,1,0"),
            Gap(
                "TLIMIT",
                r"TLIMIT\? (?P<key>[A-D])",
                r"TLIMIT (?P<key>[A-D]),(?P<value>\S+)",
                "+0.0000",
                "TLIMIT? A",
            ),
        ),
        disagreements=("the event status register has no power-on bit (128) after the start",),
    )


def labmcp_julabo(name: str, model: str, driver: str, gaps: tuple[Gap, ...]) -> Oracle:
    """Return an oracle of a Julabo with the commands of CORIO CD and MAGIO."""
    return Oracle(
        name=name,
        distribution="labmcp-julabo",
        arguments=("julabo", model),
        driver=driver,
        line="pty",
        acts=r"OUT_.*",
        ends=CR,
        reply_ends=CR_LF,
        gaps=gaps,
    )


SET_POINT_NUMBER = Gap(
    "IN_MODE_01, OUT_MODE_01",
    "IN_MODE_(?P<key>01)",
    r"OUT_MODE_(?P<key>01) (?P<value>\d)",
    "0",
    "IN_MODE_01",
)
SENSOR = Gap(
    "IN_MODE_04, OUT_MODE_04",
    "IN_MODE_(?P<key>04)",
    r"OUT_MODE_(?P<key>04) (?P<value>\d)",
    "0",
    "IN_MODE_04",
)
UNIT = Gap("IN_SP_06", "IN_SP_(?P<key>06)", "", "0", "IN_SP_06")


def of_functions(head: str, tail: str, value: str, initial: str) -> Gap:
    """Return the gap of a setting of the 2450 that exists for voltage and current."""
    key = f"(?P<key>:{head}:(VOLT|CURR){tail})"
    name = f":{head}:<function>{tail}"
    return Gap(name, rf"{key}\?", f"{key} (?P<value>{value})", initial, f":{head}:VOLT{tail}?")


KEITHLEY_2450 = Oracle(
    name="keithley2450",
    distribution="labmcp-keithley-smu",
    arguments=("keithley", "2450"),
    driver="drivers.keithley2450:Keithley2450",
    line="socket",
    acts=r"[^?]*",
    separator=";",
    gaps=(
        of_functions("OUTP", ":SMOD", r"\w+", "NORM"),
        of_functions("SENS", ":UNIT", r"\w+", "AMP"),
        of_functions("SENS", ":REL:STAT", r"\w+", "0"),
        of_functions("SENS", ":AVER", r"\w+", "0"),
        of_functions("CALC", ":MATH:STAT", r"\w+", "0"),
        Gap(":TRAC:CLE", "", r'(?P<key>:TRAC:CLE) (?P<value>"\w+")', "", ':TRAC:CLE "defbuffer1"'),
    ),
    disagreements=(
        "there is no buffer: :READ? is asked with the elements READ,SOUR, and :TRAC:DATA? returns them with "
        "the relative time 0",
        "the buffer reads back the measured source value whether :SOUR:VOLT:READ:BACK is on or off",
    ),
)

LEWIS_JULABO = Oracle(
    name="lewis-julabo",
    distribution="lewis",
    arguments=("julabo", "julabo-version-1"),
    driver="drivers.julabo:JulaboFC",
    line="pty",
    acts=r"OUT_.*",
    ends=CR,
    reply_ends=CR_LF,
    gaps=(SENSOR,),
    disagreements=(
        "STATUS returns a greeting without a number: the relay returns 02 REMOTE STOP or 03 REMOTE START",
        "an OUT command is answered by an empty line: the relay leaves it out",
        "a set point below 0 degC is ignored",
    ),
)

LEWIS_LINKAM = Oracle(
    name="lewis-linkam_t95",
    distribution="lewis",
    arguments=("linkam_t95", "stream"),
    driver="drivers.linkam_t95:LinkamT95",
    line="pty",
    acts=r"[^T].*",
    ends=CR,
    reply_ends=CR,
    disagreements=(
        "a command is acknowledged by the text b'' and a carriage return: the relay leaves the text out",
        "a limit below 0 degC is not acknowledged",
        "E while the stage is stopped cancels the next S: the relay acknowledges such an E itself",
        "only the error bit 'cooling too fast' exists",
    ),
)

IKA = Oracle(
    name="ika",
    distribution="labmcp-ika",
    arguments=("ika", "hotplate"),
    driver="drivers.namur_watchdog:NamurWatchdog",
    line="pty",
    acts=r"OUT_.*",
    ends=b" \r\n",
    reply_ends=CR_LF,
    is_part=True,
    disagreements=(
        "the echo of OUT_WD1@ is the time alone, which the manuals do not print",
        "a tripped watchdog need not be reset at the panel",
    ),
)

PALMSENS = Oracle(
    name="palmsens",
    distribution="labmcp-palmsens",
    arguments=("palmsens", "pico"),
    driver="drivers.palmsens:EmStatPico",
    line="pty",
    acts="",
    is_part=True,
    disagreements=(
        "it has neither the commands l and r nor meas, meas_loop_eis and meas_loop_ocp, by which the driver "
        "measures: only identity, abort and the script that switches the cell off are tested",
    ),
)


def pymodbus(family: str, line: str) -> Oracle:
    """Return a Modbus server with the registers of a Eurotherm."""
    return Oracle(
        name=f"eurotherm{family}-{line}",
        distribution="pymodbus",
        arguments=("registers", family),
        driver=f"drivers.eurotherm:Eurotherm{family}",
        line=line,
        acts="",
        disagreements=(
            "only frames, checksums, function codes and exceptions are independent: the meaning of the "
            "registers, and that the working set point follows the target, are ours",
            "another unit number is answered by exception 4; an instrument is silent",
        ),
    )


MODBUS_OVEN = Oracle(
    name="modbus_oven",
    distribution="pymodbus",
    arguments=("registers", "oven"),
    driver="drivers.modbus_oven:ModbusOven",
    line="socket",
    acts="",
    settings={
        "framing": "tcp",
        "word_order": "low_first",
        "temperature_unit": "degC",
        "set_points": [-200, 600],
        "temperature": {"address": 0, "type": "float32"},
        "target": {"address": 2, "type": "float32"},
        "rules": {"address": 4, "type": "float32"},
        "on": [{"address": 6, "value": 1}],
        "off": [{"address": 6, "value": 0}, {"address": 7, "value": 0}],
        "is_off": [{"address": 6, "values": [0]}, {"address": 8, "at_most": 0}],
    },
    disagreements=(
        "only frames of Modbus TCP, function codes and exceptions are independent: the registers are ours, "
        "floats with the low word first",
    ),
)


ORACLES = (
    lake_shore("335"),
    lake_shore("336"),
    lake_shore("350", heater_range=5),
    labmcp_julabo(
        "julabo-magio", "magio", "drivers.julabo:JulaboCF", (SET_POINT_NUMBER, SENSOR, UNIT)
    ),
    labmcp_julabo(
        "julabo-corio-cd", "corio_cd", "drivers.julabo:JulaboCorio", ()
    ),
    KEITHLEY_2450,
    LEWIS_JULABO,
    LEWIS_LINKAM,
    IKA,
    PALMSENS,
    pymodbus("2400", "pty"),
    pymodbus("3200", "socket"),
    pymodbus("3500", "pty"),
    MODBUS_OVEN,
)  # fmt: skip
