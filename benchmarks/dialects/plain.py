"""Dialects of plain tables: separators, units, signs, encodings."""

from dataclasses import replace

import numpy as np

from dialects.tables import Dialect, Field

DEG = float(np.pi / 180)
F, RE, IM = Field("Frequency (Hz)", "f"), Field("Z' (Ohm)", "re"), Field("Z'' (Ohm)", "im")
PLAIN = Dialect("plain csv", (F, RE, IM))
SEMICOLON = replace(PLAIN, separator=";")
TAB = replace(PLAIN, separator="\t")


def bare(*names: str) -> tuple[Field, Field, Field]:
    """Frequency, real and imaginary part with headings that have no unit."""
    return Field(names[0], "f"), Field(names[1], "re"), Field(names[2], "im")


KILO = (
    Field("Frequency", "f", 1e3),
    Field("Z'", "re", 1e3),
    Field("Z''", "im", 1e3),
)
PLAIN_DIALECTS = [
    PLAIN,
    replace(SEMICOLON, name="decimal commas, semicolons", decimal=",", form=".7e"),
    replace(
        TAB,
        name="decimal commas, tabs, minus",
        decimal=",",
        form=".5f",
        fields=(F, RE, Field("-Z'' (Ohm)", "im", minus=True)),
    ),
    replace(
        SEMICOLON,
        name="kilo in the headings",
        fields=(
            Field("f [kHz]", "f", 1e3),
            Field("Re(Z) [kOhm]", "re", 1e3),
            Field("-Im(Z) [kOhm]", "im", 1e3, True),
        ),
    ),
    replace(PLAIN, name="units below in brackets", fields=KILO, between=("(kHz),(kOhm),(kOhm)",)),
    replace(
        TAB,
        name="units below in square brackets after a blank line",
        fields=KILO,
        between=("", "[kHz]\t[kOhm]\t[kOhm]"),
    ),
    replace(SEMICOLON, name="units above", fields=KILO, before=("kHz;kOhm;kOhm",)),
    replace(TAB, name="units below with slashes", fields=KILO, between=("/kHz\t/kΩ\t/kΩ",)),
    replace(PLAIN, name="units below, blank lines after", fields=KILO, between=("kHz,kohm,kohm", "", "")),
    replace(
        TAB,
        name="mega and milli",
        fields=(Field("f/MHz", "f", 1e6), Field("Z'/mΩ", "re", 1e-3), Field("Z''/mΩ", "im", 1e-3)),
        form=".9e",
    ),
    replace(PLAIN, name="python names", fields=bare("frequency_hz", "impedance_real", "impedance_imag")),
    replace(
        PLAIN,
        name="python names of labctl",
        fields=bare("frequency_hz", "z_real_ohm", "z_imag_ohm"),
        form=".17g",
    ),
    replace(
        SEMICOLON,
        name="units in words",
        fields=(Field("freq in Hz", "f"), Field("Z' in Ohm", "re"), Field("-Z'' in Ohm", "im", minus=True)),
    ),
    replace(
        PLAIN, name="R and X", fields=(Field("f(Hz)", "f"), Field("R(ohm)", "re"), Field("X(ohm)", "im"))
    ),
    replace(
        SEMICOLON,
        name="German",
        encoding="cp1252",
        before=("Messung bei 25 °C",),
        fields=(
            Field("Frequenz (Hz)", "f"),
            Field("Realteil (Ohm)", "re"),
            Field("Imaginärteil (Ohm)", "im"),
        ),
    ),
    replace(
        PLAIN,
        name="imaginary part first",
        fields=(Field("Im(Z)/Ohm", "im"), Field("Re(Z)/Ohm", "re"), Field("freq/Hz", "f")),
    ),
    replace(PLAIN, name="spaces", separator="  ", row_start=" ", form=".6e"),
    replace(PLAIN, name="single spaces", separator=" ", form=".6e", heading="Freq (Hz) Z' (Ohm) Z'' (Ohm)"),
    replace(PLAIN, name="comment marks", separator=" ", heading="# frequency real imag", form=".8g"),
    replace(TAB, name="comment marks and units", heading="# f (kHz)\tZ' (kOhm)\tZ'' (kOhm)", fields=KILO),
    replace(TAB, name="UTF-16", encoding="utf-16"),
    replace(TAB, name="UTF-16 without a mark", encoding="utf-16-be", line_end="\r\n"),
    replace(
        SEMICOLON,
        name="UTF-8 with a mark, Windows line ends",
        encoding="utf-8-sig",
        line_end="\r\n",
        fields=(F, Field("Z' (Ω)", "re"), Field("Z'' (Ω)", "im")),
    ),
    replace(PLAIN, name="old Mac line ends", line_end="\r"),
    replace(PLAIN, name="quoted headings", heading='"Frequency (Hz)","Z\' (Ohm)","Z\'\' (Ohm)"'),
    replace(PLAIN, name="no headings", heading="", form=".6e"),
    replace(PLAIN, name="angular frequency", fields=(Field("omega (rad/s)", "w"), RE, IM), form=".12e"),
    replace(PLAIN, name="frequency in rad/s", fields=(Field("Frequency (rad/s)", "w"), RE, IM), form=".12e"),
    replace(PLAIN, name="frequency and angular frequency", fields=(Field("w", "w"), F, RE, IM), form=".8g"),
    replace(
        PLAIN,
        name="logarithm of the frequency",
        fields=(Field("log10(f/Hz)", "f", log=True), RE, IM),
        form=".12g",
    ),
    replace(
        TAB,
        name="logarithm in the row of units",
        fields=(Field("f", "f", log=True), Field("Z'", "re"), Field("Z''", "im")),
        between=("log10(Hz)\tOhm\tOhm",),
        form=".12g",
    ),
    replace(
        PLAIN,
        name="logarithms of both, phase in radians",
        form=".12g",
        fields=(
            Field("lg(f/Hz)", "f", log=True),
            Field("log10(|Z|/Ohm)", "mod", log=True),
            Field("phase (rad)", "phase"),
        ),
    ),
    replace(
        PLAIN,
        name="modulus and phase",
        fields=(F, Field("|Z| (Ohm)", "mod"), Field("Phase (deg)", "phase", DEG)),
    ),
    replace(
        TAB,
        name="phase in radians beside both parts",
        fields=(F, RE, IM, Field("|Z|", "mod"), Field("Phase", "phase")),
    ),
    replace(
        TAB,
        name="phase negated beside both parts",
        fields=(F, RE, IM, Field("-Phase (deg)", "phase", DEG, True)),
    ),
    replace(SEMICOLON, name="a count below the heading", between=(" {count} ",), form=".10g"),
    replace(PLAIN, name="a rule below the heading", between=("-----,-----,-----",)),
    replace(PLAIN, name="thousands separators", separator=";", form=",.0f"),
    replace(
        TAB,
        name="title admittance",
        before=("Admittance of the sample",),
        fields=(Field("Frequency (Hz)", "f"), Field("Real", "yre"), Field("Imag", "yim")),
    ),
    replace(
        PLAIN,
        name="admittance in mS",
        fields=(F, Field("Y' (mS)", "yre", 1e-3), Field("Y'' (mS)", "yim", 1e-3)),
    ),
]
