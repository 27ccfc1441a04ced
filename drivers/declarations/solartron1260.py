"""Messages and bench checks of the Solartron 1260."""

import math

from labctl.accuracy import Accuracy, AccuracyRange
from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message(
        "*IDN?",
        "model; the manual writes it without `?`",
        source="1260 manual p. 142",
        second_source="1260A program",
    ),
    Message("OS0", "separator of a reply: comma", source="UMS", second_source='"SMaRT" SI 1260 tool'),
    Message("OT1", "end of a reply: CR LF with EOI", source="UMS", second_source='"SMaRT" SI 1260 tool'),
    Message("RH0", "no headings", source="UMS"),
    Message("TT2", "reset; 3 s", source="UMS", second_source="vtipy family"),
    Message("BK", "stop measuring", source="1260 manual p. 142"),
    Message("VA<value>", "voltage amplitude", unit="V rms", source="UMS", second_source="vtipy family"),
    Message("VB<value>", "DC bias", unit="V", source="UMS", second_source="vtipy family"),
    Message("IA0", "current amplitude: none", unit="A rms", source="UMS", second_source="vtipy family"),
    Message("IB0", "bias current: none", unit="A", source="UMS", second_source="vtipy family"),
    Message("SW0", "no internal sweep", source="UMS", second_source='"SMaRT" SI 1260 tool'),
    Message("OP1,0", "no results to RS-423", source="UMS", second_source='"SMaRT" SI 1260 tool'),
    Message("OP2,<0|1>", "results to GPIB off, on", source="UMS", second_source='"SMaRT" SI 1260 tool'),
    Message("OP3,0", "no results to the file", source="UMS"),
    Message(
        "?<VA|VB|CZ|CV>",
        "value of a setting; another source has `VA?`",
        unit="V; 0 is a + jb",
        source="1250 manual (sister)",
    ),
    Message(
        "<VA|VB|CZ|CV>?",
        "value of a setting, the other form",
        unit="V; 0 is a + jb",
        source="log of the maker's program",
        second_source="UMS (comment)",
        when="where `?VA` is not answered",
    ),
    Message("GT0", "generator: voltage", source="UMS", second_source="vtipy family"),
    Message("SO1,3", "result: V1 / I", source="vtipy family"),
    Message("SO1,2", "result: V1 / V2", source="UMS", when="with a 1287"),
    Message(
        "CZ0",
        "impedance as real and imaginary part",
        source="vtipy family",
        second_source='"SMaRT" SI 1260 tool',
    ),
    Message(
        "CV0",
        "ratio as real and imaginary part",
        source='"SMaRT" SI 1260 tool',
        second_source="1255B program",
        when="with a 1287",
    ),
    Message("VI0", "shown variable: frequency", source="UMS"),
    Message("UW0", "phase not unwrapped", source="UMS", second_source="1255B program"),
    Message("AU0", "no auto-integration", source="UMS", second_source="vtipy family"),
    Message("DC<1|2|3>,0", "DC coupling of V1, V2, I", source="UMS", second_source="vtipy family"),
    Message("RA<1|2|3>,0", "autorange of V1, V2, I", source="UMS", second_source="vtipy family"),
    Message("IS<value>", "integration time", unit="s", source="UMS", second_source="vtipy family"),
    Message("MS<value>", "delay before measuring", unit="s", source="UMS", second_source="vtipy family"),
    Message("FR<value>", "frequency", unit="Hz", source="UMS", second_source="vtipy family"),
    Message(
        "SI",
        "a measurement; its reply has frequency, real and imaginary part, error digit, limits",
        unit="Hz, ohm",
        source="1260 manual p. 138",
        second_source='UMS; "SMaRT" SI 1260 tool',
    ),
    Message(
        "IP<text...>",
        "single or differential input",
        source="UMS",
        when="never: sources contradict each other",
    ),
    Message("OU<text...>", "outer conductor", source="UMS", when="never: sources contradict each other"),
)
BENCH_CHECKS = (
    BenchCheck(
        "the form of a query",
        "`print(fra.condition)`",
        (
            "`answers ?VA` or `answers VA?`; tell us which. With neither a lost setting is not "
            "detected; `reads_back = false` in its settings then saves the time-outs"
        ),
        reads="condition",
        answer="answers .*",
    ),
    BenchCheck(
        "terminator switches",
        "rear switches F1, F2",
        (
            "LF (off, off) or EOI (on, on); CR LF is sent. For the others give `connection = { "
            'write_termination = "\\r" }` or `";"`'
        ),
    ),
    BenchCheck(
        "device clear",
        '`fra.write("VA0.5"); fra.clear_bus(); fra.amplitude_v`',
        "any number, as a reply after the clear. A clear that resets is also safe",
    ),
    BenchCheck("exponent form", '`fra.write("FR3.3333333E-1"); fra.reported("FR")`', "0.33333333"),
    BenchCheck(
        "input polarity (`IP`) and outer conductor (`OU`)",
        ("not sent: sources contradict each other. Set them at the front panel, measure the resistor"),
        "its value",
    ),
    BenchCheck(
        "the error digit", "short the current input, measure", "a status other than `ok`; note the digit"
    ),
)

ACCURACY = Accuracy(
    analyser=(
        AccuracyRange(
            gain=0.001,
            phase_rad=math.radians(0.1),
            source="Solartron 1260A brochure: 0.1 %, 0.1 degree at best; its range here is an assumption",
            frequency_hz=(10.0, 1e5),
            impedance_ohm=(10.0, 1e5),
        ),
    )
)
"""At best. The manual has a chart by frequency and impedance; outside this range nothing is stated."""
