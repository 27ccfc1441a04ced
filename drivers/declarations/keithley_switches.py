"""Messages and bench checks of the Keithley 7001, 2700 and 2750."""

from labctl.command_table import BenchCheck, Message

MANUAL_7001 = "Model 7001 manual, section 5 (p. 5-78)"
MANUAL_2750 = "Model 2750 manual (2750-900-01) p. 2-19"
PYMEASURE, TWO_PROGRAMS = "pymeasure (2700)", "two public programs"
ONLY_7001, ONLY_27XX = ("Keithley7001",), ("Keithley2700", "Keithley2750")

MESSAGES = (
    Message(
        "*IDN?",
        "manufacturer, model, serial number, firmware",
        source=TWO_PROGRAMS,
        second_source=PYMEASURE,
    ),
    Message("*CLS", "clear status and errors", source=PYMEASURE),
    Message("SYST:ERR?", "oldest error and its text", source=PYMEASURE),
    Message(
        ":ROUT:OPEN ALL",
        "open every channel",
        source=MANUAL_7001,
        second_source=TWO_PROGRAMS,
        only_for=ONLY_7001,
    ),
    Message(
        ":ROUT:CLOS <list...>",
        "close channels: slot!channel, or slot!row!column of a matrix card",
        source=MANUAL_7001,
        second_source=TWO_PROGRAMS,
        only_for=ONLY_7001,
    ),
    Message(
        ":ROUT:CLOS:STAT?",
        "list of the closed channels",
        source="two public programs for the 7001",
        second_source="a third public program",
        only_for=ONLY_7001,
    ),
    Message("*OPT?", "cards of the slots; NONE for an empty slot", source=PYMEASURE, only_for=ONLY_27XX),
    Message(
        ":ROUT:OPEN:ALL",
        "open every channel",
        source=MANUAL_2750,
        second_source=PYMEASURE,
        only_for=ONLY_27XX,
    ),
    Message(
        ":ROUT:MULT:CLOS <list...>",
        "close channels: slot and two digits; others stay as they are",
        source=MANUAL_2750,
        second_source=PYMEASURE,
        only_for=ONLY_27XX,
    ),
    Message(
        ":ROUT:MULT:CLOS?",
        "list of the closed channels, also those that do not measure",
        source=MANUAL_2750,
        second_source=PYMEASURE,
        only_for=ONLY_27XX,
    ),
)
BENCH_CHECKS = (
    BenchCheck(
        "the channel that closes",
        "`switch.close([channel])` for each channel of each cell, ohmmeter at its clamps",
        "continuity at this cell and at no other. **A wrong channel attributes a spectrum to another cell**",
        is_decisive=True,
    ),
    BenchCheck(
        "all open",
        "`switch.open_all()`, ohmmeter at each cell; `switch.closed_channels`",
        "no continuity; `frozenset()`. Any other reply with all channels open is refused: report it to us",
    ),
    BenchCheck(
        "a channel closed at the panel",
        "close another channel at the front panel, `switch.closed_channels`",
        "its name is in the list",
    ),
)
