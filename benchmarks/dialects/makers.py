"""Dialects of instruments' programs, as far as their public files show them."""

from dataclasses import replace

from dialects.plain import DEG, PLAIN, F
from dialects.spectra import DIAMETER_MM, THICKNESS_MM, coil
from dialects.tables import Dialect, Field

_TAB = replace(PLAIN, separator="\t")
_ECLAB = (
    Field("freq/Hz", "f"), Field("Re(Z)/Ohm", "re"), Field("-Im(Z)/Ohm", "im", minus=True), Field("|Z|/Ohm", "mod"),
    Field("Phase(Z)/deg", "phase", DEG), Field("time/s", "seconds"), Field("<Ewe>/V", "zero"), Field("cycle number", "one"),
)  # fmt: skip
_MADE = {
    "seconds": lambda k, s, f: 3.5 * k + 1000 * s,
    "zero": lambda k, s, f: 0.0012 - 1e-6 * k,
    "one": lambda k, s, f: 1.0,
    "count": lambda k, s, f: k,
    "nothing": lambda k, s, f: 0.0,
    "temperature": lambda k, s, f: 25.1 + 0.01 * (k % 3),
}
_ZPLOT = (
    Field("  Freq(Hz)", "f"), Field("Ampl", "nothing"), Field("Bias", "nothing"), Field("Time(Sec)", "seconds"),
    Field("Z'(a)", "re"), Field("Z''(b)", "im"), Field("GD", "nothing"), Field("Err", "nothing"), Field("Range", "one"),
)  # fmt: skip
_GAMRY = (
    Field("Pt", "count", form=".0f"), Field("Time", "seconds"), Field("Freq", "f"), Field("Zreal", "re"),
    Field("Zimag", "im"), Field("Zsig", "one"), Field("Zmod", "mod"), Field("Zphz", "phase", DEG), Field("Idc", "nothing"),
)  # fmt: skip
_NOVOCONTROL = ("sample of a test", f"Sample: Diameter [mm] = {DIAMETER_MM}  Thickness [mm] = {THICKNESS_MM}")
_KEYSIGHT = replace(PLAIN, form=".6E", after=("END",), line_end="\r\n", before=(
    "!CSV A.01.01", "!Agilent Technologies,E4990A,MY54000000,A.03.10", "!Date: 2020", "!Source: Standard",
    "BEGIN CH1_DATA"))  # fmt: skip
_PALMSENS = (
    Field("freq / Hz", "f"), Field("neg. Phase / °", "phase", DEG, True), Field("Idc / uA", "nothing"),
    Field("Z / Ohm", "mod"), Field("Z' / Ohm", "re"), Field("-Z'' / Ohm", "im", minus=True), Field("Cs / F", "cs"),
)  # fmt: skip
_RELAXIS = (
    Field("Data: Frequency", "f"), Field("Data: Z'", "re"), Field("Data: Z''", "im"), Field("Data: |Z|", "mod"),
    Field("Data: Theta (Z)", "phase", DEG),
)  # fmt: skip
MAKER_DIALECTS = [
    replace(_TAB, name="EC-Lab", fields=_ECLAB, form=".7E", encoding="cp1252", line_end="\r\n",
            before=("EC-Lab ASCII FILE", "Nb header lines : 5", "", "Electrode surface area : 0.001 cm²"), made=_MADE),
    replace(_TAB, name="EC-Lab with decimal commas", fields=_ECLAB, form=".7E", decimal=",", made=_MADE,
            before=("EC-Lab ASCII FILE", "Nb header lines : 3")),
    replace(_TAB, name="EC-Lab with more headings than cells", fields=_ECLAB, form=".7E", made=_MADE,
            before=("EC-Lab ASCII FILE", "Nb header lines : 3"),
            heading="\t".join(item.heading for item in _ECLAB) + "\tRcmp/Ohm\tI Range"),
    replace(_TAB, name="ZPlot", fields=_ZPLOT, form=".6E", made=_MADE, between=("End Comments",),
            before=("ZPLOT2 ASCII", "  Begin Experiment:           0", "  Data Points:                {count}")),
    replace(_TAB, name="Gamry", fields=_GAMRY, made=_MADE, row_start="\t", line_end="\r\n",
            before=("EXPLAIN", "TAG\tEISPOT", "ZCURVE\tTABLE"), heading="\t" + "\t".join(item.heading for item in _GAMRY),
            between=("\t#\ts\tHz\tohm\tohm\tV\tohm\t°\tA",)),
    replace(PLAIN, name="Autolab", made=_MADE, before=('"Z60W Data File: Version 1.1"', '""', "0,2,0,1,0.1,10000", "{count}"),
            fields=(Field("", "f"), Field("", "nothing"), Field("", "nothing"), Field("", "seconds"), Field("", "re"),
                    Field("", "im"), Field("", "nothing")),
            heading='"  Freq (Hz)    Ampl     Bias   Time(Sec)   Z\'(a)    Z\'\'(b)    GD"', form=".12g"),
    replace(PLAIN, name="CH Instruments", separator=", ", form=".4e", between=("",),
            before=("A.C. Impedance", "Instrument Model:  CHI660E", ""),
            fields=(Field("Freq/Hz", "f"), Field("Z'/ohm", "re"), Field('Z"/ohm', "im"), Field("Z/ohm", "mod"),
                    Field("Phase/deg", "phase", DEG))),
    replace(PLAIN, name="VersaStudio", made=_MADE, before=("<Application>", "Name=VersaStudio", "</Application>", "<Segment1>"),
            fields=(Field("Definition=Segment #", "nothing"), Field(" Point #", "count"), Field(" E(V)", "zero"),
                    Field(" Frequency(Hz)", "f"), Field(" E Real", "zero"), Field(" Z Real", "re"), Field(" Z Imag", "im")),
            after=("</Segment1>",), form=".7E"),
    replace(_TAB, name="Parstat", made=_MADE, row_end="\t", form=".15g",
            fields=(Field("Potential (V)", "zero"), Field("Elapsed Time (s)", "seconds"), Field("Frequency (Hz)", "f"),
                    Field("Zre (ohms)", "re"), Field("Zim (ohms)", "im")),
            heading="Potential (V)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\tZim (ohms)\t"),
    replace(_TAB, name="PowerSuite", fields=(Field("Frequency", "f"), Field(" Zre", "re"), Field(" Zimg", "im")), form=".8g"),
    replace(_TAB, name="Novocontrol", fields=(Field("   Freq.[Hz]   ", "f"), Field("Zs'[ohm]", "re"), Field("Zs''[ohm]", "im")),
            form=" .5e", before=("sample", "Fixed value(s) :  AC Volt  [Vrms]=3.5000e-02  ")),
    replace(_TAB, name="Novocontrol with doubled tabs", heading="Freq.[Hz]\t\t Zs'[ohm] \t\t Zs''[ohm]", form=".5e"),
    replace(_TAB, name="Novocontrol permittivity", before=_NOVOCONTROL, form=".9e",
            fields=(Field("Freq. [Hz]", "f"), Field("Eps'", "eps1"), Field("Eps''", "eps2"))),
    replace(_TAB, name="Novocontrol conductivity", before=_NOVOCONTROL, form=".9e",
            fields=(Field("Freq. [Hz]", "f"), Field("Sig' [S/cm]", "sig1", 100), Field("Sig'' [S/cm]", "sig2", 100))),
    replace(_TAB, name="RelaxIS", fields=_RELAXIS, before=("RelaxIS 3.0 Spectrum export", "Date: 1/1/2025"),
            between=("T=20\tModel: none\tSample_1\t\t",), form=".9g"),
    replace(_KEYSIGHT, name="Keysight Z-theta",
            fields=(Field("Frequency(Hz)", "f"), Field(" |Z|(Ohm)-data", "mod"), Field(" theta-z(deg)-data", "phase", DEG))),
    replace(_KEYSIGHT, name="Keysight Cp-D",
            fields=(Field("Frequency(Hz)", "f"), Field(" CP(F)-Data", "cp"), Field(" D()-Data", "d"))),
    replace(_KEYSIGHT, name="Keysight Cp-Rp",
            fields=(Field("Frequency(Hz)", "f"), Field(" CP(F)-Data", "cp"), Field(" RP(Ohm)-Data", "rp"))),
    replace(PLAIN, name="LCR meter Cs-Rs", fields=(F, Field("Cs (pF)", "cs", 1e-12), Field("Rs (Ohm)", "re"))),
    replace(PLAIN, name="LCR meter Ls-Rs", fields=(F, Field("Ls (µH)", "ls", 1e-6), Field("Rs (Ohm)", "re")), truth=coil),
    replace(PLAIN, name="LCR meter Y-theta",
            fields=(F, Field("|Y| (S)", "ymod"), Field("theta-y (deg)", "yphase", DEG)), form=".8e"),
    replace(PLAIN, name="LCR meter G-B", fields=(F, Field("G (µS)", "yre", 1e-6), Field("B (µS)", "yim", 1e-6)), form=".8e"),
    replace(PLAIN, name="Hioki", before=("HIOKI IM3570", "DATE,2021/01/01", "SPEED,MED"), line_end="\r\n", form=".5E",
            fields=(Field("FREQUENCY[Hz]", "f"), Field("Z[ohm]", "mod"), Field("PHASE[deg]", "phase", DEG))),
    replace(PLAIN, name="PalmSens", fields=_PALMSENS, encoding="utf-16", line_end="\r\n", made=_MADE, form=".10g",
            before=("Date and time:,2025-01-01 12:01:00", "Notes:,")),
    replace(PLAIN, name="PalmSens with the negative under Z''", made=_MADE, form=".10g", before=("Notes:,",),
            fields=(*_PALMSENS[:5], Field("Z'' / Ohm", "im", minus=True), _PALMSENS[6])),
]  # fmt: skip
