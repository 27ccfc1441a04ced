"""Messages and bench checks of the Solartron 1287, alone and with a 1260."""

from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message("?VN", "version; its form is not known", source="SI1287 program"),
    Message("BK4", "initialise; 1 s", source="UMS", second_source="SI1287 program"),
    Message(
        "BK0",
        "break",
        source="UMS",
        second_source="SI1287 program",
        when="if the cell could not be switched off",
    ),
    Message("OS0", "separator of a reply: comma", source="UMS"),
    Message("OT1", "end of a reply: CR LF with EOI", source="UMS"),
    Message("CE", "clear the error", source="UMS", second_source="CV/OCP program"),
    Message("?ER", "last error; 0 is none", source="CV/OCP program", second_source="SI1287 program"),
    Message(
        "PW<0|1>",
        "polarisation off, on",
        source="official guide, 6.1 to 6.3",
        second_source="UMS; SI1287 program",
    ),
    Message("?PW", "whether the cell is polarised", source="official guide, 6.1 to 6.3"),
    Message(
        "BY<0|1>",
        "standby: 0 full (cell off), 1 half",
        source="official guide, 6.1 to 6.3",
        second_source="UMS; SI1287 program",
    ),
    Message("?BY", "standby", source="official guide, 6.1 to 6.3"),
    Message(
        "PV<value>",
        "potential",
        unit="V",
        source="official guide, 6.1 to 6.3",
        second_source="UMS; CV/OCP program",
    ),
    Message("PO0", "potentiostat", source="official guide, 6.1 to 6.3", second_source="UMS; SI1287 program"),
    Message(
        "ON0",
        "polarisation on applies the level",
        source="official guide, 6.1 to 6.3",
        second_source="SI1287 program",
    ),
    Message("OL0", "cut out at the limit", source="CV/OCP program"),
    Message(
        "IL<n>",
        "limit of the current, 2E-6 A times 10^n",
        unit="A",
        source="UMS",
        second_source="CV/OCP program; SI1287 program",
    ),
    Message("?IL", "limit of the current", unit="A", source="official guide, 6.1 to 6.3"),
    Message(
        "RR<n>",
        ("standard resistor: 0 automatic, 1 0.1 ohm to 8 1 Mohm; one program has the map reversed"),
        unit="ohm",
        source="official guide p. 39, table 3.1",
        second_source="UMS",
    ),
    Message("?RR", "standard resistor", unit="ohm", source="official guide, 6.1 to 6.3"),
    Message("DG0", "digits", source="UMS", second_source="CV/OCP program"),
    Message("RG0", "range of the voltmeter: automatic", source="UMS", second_source="CV/OCP program"),
    Message("TR1", "the voltmeter runs continuously", source="UMS", second_source="CV/OCP program"),
    Message("RU<0|1>", "voltmeter halt, run", source="UMS", second_source="CV/OCP program"),
    Message(
        "PX3",
        "first quantity: potential of the reference electrodes",
        source="CV/OCP program",
        second_source="SI1287 program",
    ),
    Message("PY5", "second quantity: current", source="CV/OCP program", second_source="SI1287 program"),
    Message(
        "GP<0|1>",
        "readings to GPIB off, long form: potential, current, two error codes, time",
        unit="V, A",
        source="official guide p. 87",
        second_source="UMS; CV/OCP program",
    ),
    Message("SW0", "stop a sweep", source="SI1287 program"),
    Message(
        "PO1",
        "galvanostat",
        source="official guide, 6.1 to 6.3",
        second_source="UMS; SI1287 program",
        when="by `impose_current` in a script, with `range_map_verified`",
    ),
    Message(
        "PC<value>",
        "current",
        unit="A",
        source="official guide, 6.1 to 6.3",
        second_source="SI1287 program",
        when="by `impose_current` in a script, with `range_map_verified`",
    ),
    Message(
        "VX0",
        "rear output of the potential: gain 1",
        source="UMS",
        second_source="SI1287 program",
        only_for=("Solartron1260With1287",),
    ),
    Message(
        "IX0",
        "rear output of the current: gain 1",
        source="UMS",
        second_source="SI1287 program",
        only_for=("Solartron1260With1287",),
    ),
    Message(
        "PI<0|1>",
        "gain of the external input: 1, 0.01",
        source="official guide, 6.1 to 6.3",
        second_source="UMS",
        only_for=("Solartron1260With1287",),
    ),
    Message(
        "?PI",
        "gain of the external input",
        source="official guide, 6.1 to 6.3",
        only_for=("Solartron1260With1287",),
    ),
)
BENCH_CHECKS = (
    BenchCheck(
        "the map of current ranges (one source has it reversed)",
        ("station setting `standard_resistor_ohm = 1000.0`, 1 kohm resistor, `list(fra.sweep([1e3], 0.01))`"),
        (
            "1000 ohm (a reversed map gives 100 kohm; 100 ohm is the same range in both, so it "
            "decides nothing). Repeat with 10 kohm. Only then set `range_map_verified = true`; "
            "without it no current is imposed, and `labctl check`, `labctl instruments check` "
            "and every run with `Solartron1260With1287` state that the scale of its impedances "
            "is not confirmed"
        ),
        is_decisive=True,
    ),
    BenchCheck(
        "version",
        "`cell.identity`",
        ("a text; put a part of it in the setting `version` so that an exchanged address is detected"),
        reads="identity",
    ),
    BenchCheck(
        "read-back",
        (
            '`cell.ask("?PW")`, `cell.ask("?BY")`, then `?IL`, `?RR`, `?PI` after '
            "`list(cell.hold(0.0, [0.0], 2e-3))`"
        ),
        (
            "`0` each, then 3, the code of the range, 0. On a time-out set `reads_back = false`; "
            "a lost range command then scales every impedance without detection"
        ),
    ),
    BenchCheck("leads open in full standby", "after `cell.make_safe()`, ohmmeter between WE and CE", "open"),
    BenchCheck(
        "the limit cuts out (`OL0`)",
        "10 ohm resistor, `list(cell.hold(0.1, [1.0], 2e-3))`",
        "a status with limited or cut out; current not above 2 mA",
    ),
    BenchCheck("the current limit in force", "the same, ammeter in line", "`IL3` is 2 mA"),
    BenchCheck("the fresh reading", "change the load by hand during `hold`", "the next point shows it"),
    BenchCheck(
        "external gain",
        "`Solartron1260With1287`: oscilloscope on the cell during `sweep(..., 0.01)`",
        "10 mV rms (`PI1`, factor 0.01); and 50 mV rms with 0.05 (`PI0`)",
        only_for=("Solartron1260With1287",),
    ),
    BenchCheck(
        "gains of the rear outputs",
        "as above, resistor",
        "Z right to 1 %: `VX0` and `IX0` are gain 1",
        only_for=("Solartron1260With1287",),
    ),
    BenchCheck("sign of the current", "`cell.hold(0.01, [1.0], 1e-3)` on a resistor", "positive current"),
)
