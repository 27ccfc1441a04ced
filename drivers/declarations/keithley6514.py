"""Messages and bench checks of the Keithley 6514."""

from drivers.declarations import keithley2400
from labctl.command_table import BenchCheck, Message

MANUAL, KIT, BLISS = "6514-901-01 p. 16-6", "InstrumentKit Keithley6514", "BLISS K6514"
APART = "a pymeasure driver published apart from it"
CLASS, CHARGES = "public class KeithleyPAmeterConnection (6514)", "public programs that read charges"


def asked(command: str, meaning: str, source: str, second: str = "-", unit: str = "-") -> tuple[Message, ...]:
    """Return the messages that set something and ask for it."""
    header = command.split()[0]
    return (
        Message(command, meaning, unit, source, second),
        Message(f"{header}?", meaning, unit, source, second),
    )


MESSAGES = (
    Message("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 6514, ...", source=CLASS, second_source="IEEE 488.2"),
    Message("*CLS", "clear status and errors", source=CLASS, second_source="IEEE 488.2"),
    Message("*RST", "reset, in one message with zero check on", source=CLASS, second_source=CHARGES),
    Message("SYST:ERR?", "oldest error: number, text", source="comet K6514", second_source=APART),
    *asked(":SYST:ZCH <ON|OFF>", "zero check", KIT, APART),
    *asked(":SENS:FUNC 'CURR'", 'current; reads `"CURR:DC"`', KIT, APART),
    *asked(":SENS:CURR:RANG:AUTO ON", "automatic range", KIT, CLASS),
    *asked(":SENS:CURR:NPLC <cycles>", "integration time", "a public program", APART, "power line cycles"),
    *asked(":SENS:CURR:DAMP <ON|OFF>", "damping", CLASS),
    *asked(":SENS:AVER:STAT OFF", "digital filter", APART),
    *asked(":SENS:MED:STAT OFF", "median filter", APART),
    *asked(":CALC:STAT OFF", "math", APART),
    *asked(":CALC2:NULL:STAT OFF", "REL", CHARGES),
    *asked(":SYST:ZCOR OFF", "zero correction", KIT, APART),
    *asked(":SYST:AZER:STAT ON", "auto-zero", APART),
    *asked(":ARM:SOUR IMM", "start at once", KIT, APART),
    *asked(":ARM:COUN 1", "one cycle of readings", APART),
    *asked(":TRIG:SOUR IMM", "start at once", KIT, APART),
    *asked(":TRIG:COUN 1", "one reading", APART),
    *asked(":FORM:DATA ASC", "text replies", MANUAL),
    *asked(":FORM:ELEM READ", "the reading alone", MANUAL, BLISS),
    Message(":READ?", "new reading; overflow 9.9E37", "A", MANUAL, KIT),
)
BENCH_CHECKS = (
    BenchCheck(
        "the settings are read back",
        "`cell.prepare()`, `list(cell.hold(1.0, [5.0], 1e-6))` on 10 Gohm in a shielded box",
        "100 pA, and no error: every question of the driver is answered, many in one message",
    ),
    BenchCheck(
        "the form of a reading",
        '`cell.ammeter.ask(":READ?")`',
        "one number without a unit; with a unit every reading is refused: report it to us",
    ),
    BenchCheck(
        "the sign of the current",
        "the same hold; HI of the 2400 at the electrode meant to be positive",
        "a positive current. If the two differ by more than 0.1 uA, the status says what the 2400 reads",
    ),
    BenchCheck(
        "two meters, one current",
        "1 Mohm, `list(cell.hold(1.0, [5.0], 1e-5))`",
        "1 uA with status `ok`: 2400 and 6514 agree",
    ),
    BenchCheck(
        "a setting of the 6514 changed at the panel",
        "press REL or a filter during a `hold`",
        "an `InstrumentError` that names the setting; the output is off",
    ),
)
OF_2400 = {message.command for message in keithley2400.MESSAGES}
MESSAGES_WITH_2400 = (*keithley2400.MESSAGES, *(m for m in MESSAGES if m.command not in OF_2400))
BENCH_CHECKS_WITH_2400 = (*BENCH_CHECKS, *keithley2400.BENCH_CHECKS)
