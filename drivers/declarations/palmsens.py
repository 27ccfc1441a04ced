"""Messages and bench checks of PalmSens EmStat4, EmStat Pico and Nexus.

A script is declared line by line."""

from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message(
        "t",
        "device, version and date of the firmware",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8; labmcp-palmsens",
    ),
    Message(
        "i",
        "serial number",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8; labmcp-palmsens",
    ),
    Message(
        "Z",
        "abort a script",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8; labmcp-palmsens",
    ),
    Message(
        "l",
        "load the script that follows",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "r",
        "run the loaded script",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "e",
        "load and run the script that follows",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8; labmcp-palmsens",
    ),
    Message(
        "var <name>",
        "declare a variable",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "set_pgstat_chan 0",
        "channel",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "set_pgstat_mode <2|3>",
        "low speed, high speed",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "set_max_bandwidth <value>",
        "bandwidth",
        unit="Hz",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "set_range_minmax da <lowest> <highest>",
        "potentials that will occur",
        unit="V",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "set_range ba <value>",
        "current range",
        unit="A",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "set_autoranging ba <lowest> <highest>",
        "lowest and highest current range",
        unit="A",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "set_e <value>",
        "potential",
        unit="V",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "cell_on",
        "cell on",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "cell_off",
        "cell off",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8; labmcp-palmsens",
    ),
    Message(
        "meas_loop_eis f r j <amplitude> <first> <last> <points>i <bias>",
        "spectrum: frequency, real and imaginary part",
        unit="V rms, Hz, V",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "meas_loop_ca p c <potential> <interval> <duration>",
        "current at a potential",
        unit="V, s",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "meas_loop_ocp p <interval> <duration>",
        "open-circuit potential",
        unit="s",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "pck_start",
        "a package begins",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "pck_add <name>",
        "a variable of the package",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "pck_end",
        "a package ends",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "endloop",
        "the loop ends",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "on_finished:",
        "what follows is done at the end and after an abort",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
    ),
    Message(
        "<h|H>",
        "halt, resume: the cell stays on",
        source="manufacturer's MethodSCRIPT examples",
        second_source="ILCS gateway, which cites MethodSCRIPT manual 1.8",
        when="never by labctl",
    ),
)
BENCH_CHECKS = (
    BenchCheck(
        "the cell stays on between scripts",
        ("resistor, `held = cell.hold(0.1, [0, 1, 60], 1e-3)`, `next(held)` three times, voltmeter"),
        (
            "0.1 V all the time. Error 4027 means that it does not: `hold` then fails and gives "
            "no wrong values"
        ),
        is_decisive=True,
    ),
    BenchCheck(
        "a spectrum within a hold",
        ("`next(held); list(cell.sweep([1e3], 0.01, bias_v=0.1)); next(held)` with an oscilloscope"),
        "no gap in the potential",
    ),
    BenchCheck("the sign of `cd`", "R parallel C", "`z_imag_ohm` negative"),
    BenchCheck("one loop of one point", "`list(fra.sweep([1e3], 0.01))`", "one point"),
    BenchCheck("long literals", "`list(fra.sweep([1234.567, 1.234567], 0.01))`", "no load error"),
    BenchCheck(
        "underload at the lowest range",
        "`list(cell.hold(0.01, [1.0], 1e-6))` on 10 Mohm",
        "note whether the status contains underload: such points are flagged",
    ),
    BenchCheck(
        "an abort is prompt",
        "`points = fra.sweep([1e3, 0.01], 0.01); next(points); points.close()`",
        "back in seconds, cell off",
    ),
    BenchCheck(
        "line after `r`",
        "`cell.rest([0.0])`",
        "a point: the echo may or may not share its line, both are accepted",
    ),
    BenchCheck(
        "an empty line after a script without output",
        "`cell.make_safe()`, twice, with a watch",
        ("done immediately; one second longer each means that the echo is the end: both are accepted"),
    ),
    BenchCheck(
        "an empty line after a run-time error",
        '`cell.write("e\\nset_e 100\\n")`, then `cell.make_safe()`',
        "no time-out",
    ),
)
