"""Settings that can be left at the analysers and potentiostats."""

from random import Random

from front_panels.setting import Leave, Panel, Setting, Stand, between, one_of, put, sent

OWN_CORRECTIONS = "open, short and load correction, and the length of the cable"

SOLARTRON1260 = Panel(
    (
        Setting(
            "amplitude and bias of the generator",
            sent("VA{v}", "VB{b}", v=between(0, 1, 2), b=between(-2, 2, 2)),
        ),
        Setting(
            "current generator",
            sent("GT1", "IA{i}", "IB{b}", i=between(0, 0.01, 4), b=between(-0.01, 0.01, 4)),
        ),
        Setting("frequency", sent("FR{f}", f=one_of(0.1, 50, 1e6, 2e7))),
        Setting("integration and delay", sent("IS{s}", "MS{d}", s=one_of(0.01, 1, 10), d=one_of(0, 0.5, 3))),
        Setting("modulus and phase, unwrapped", sent("CZ1", "CV1", "UW1")),
        Setting(
            "ranges of the inputs",
            sent(
                "RA1,{v}", "RA2,{w}", "RA3,{i}", v=one_of(1, 2, 3), w=one_of(1, 2, 3), i=one_of(1, 2, 3, 4, 5)
            ),
        ),
        Setting("source of the result", sent("SO{a}", a=one_of("1,2", "2,1", "1,3"))),
        Setting("alternating coupling of the inputs", sent("DC1,1", "DC3,1")),
        Setting("results to file and printer", sent("OP1,1", "OP2,0", "OP3,1")),
        Setting("separator, terminator and heading", sent("OS1", "OT0", "RH1")),
        Setting("it repeats a measurement", sent("OP2,1", "RE")),
        Setting("auto-integration, sweep, compliance", sent("AU1", "SW1", "VC1", "IC1")),
    ),
    kept=("inputs single or differential, outer conductors grounded or floating",),
)

OF_THE_1287 = (
    Setting("it is polarised at a potential", sent("PV{v}", "PW1", v=between(-1, 1, 2))),
    Setting("galvanostat", sent("PW0", "PO1")),
    Setting("half standby", sent("BY1")),
    Setting("level when switched on is the rest potential", sent("ON1")),
    Setting("gain of the polarisation input", sent("PI{n}", n=one_of(0, 1))),
    Setting("standard resistor", sent("RR{n}", n=one_of(0, 1, 3, 6, 8))),
    Setting("current limit and what it does", sent("IL{n}", "OL{m}", n=one_of(0, 3, 6), m=one_of(0, 1, 2))),
    Setting("gains of the rear outputs", sent("VX{n}", "IX{m}", n=one_of(0, 1), m=one_of(0, 1))),
    Setting("digits", sent("DG{n}", n=one_of(0, 1, 2))),
    Setting(
        "other quantities of the voltmeter", sent("PX{n}", "PY{m}", n=one_of(0, 1, 5), m=one_of(2, 3, 9))
    ),
    Setting("readings sent without end", sent("RU1", "GP{n}", n=one_of(1, 2))),
    Setting("filter, bias rejection, compensation", sent("FI1", "BR1", "VT1", "IT1", "CC1")),
    Setting("terminator", sent("OT0")),
)

OF_BOTH_LCR_METERS = (
    Setting("function", sent(":FUNC:IMP {f}", f=one_of("ZTD", "ZTR", "GB", "RX"))),
    Setting("range held", sent(":FUNC:IMP:RANG {r}", r=one_of(1, 100, 1e4, 1e5))),
    Setting(
        "deviation of the first value",
        sent(":FUNC:DEV1:REF {r}", ":FUNC:DEV1:MODE ABS", r=between(-500, 500)),
    ),
    Setting(
        "deviation of the second value",
        sent(":FUNC:DEV2:REF {r}", ":FUNC:DEV2:MODE ABS", r=between(-500, 500)),
    ),
    Setting("speed and averages", sent(":APER {a},{n}", a=one_of("SHOR", "LONG"), n=one_of(1, 5, 200))),
    Setting("level as a voltage", sent(":VOLT {v}", v=between(0.01, 2, 2))),
    Setting("level as a current", sent(":CURR {i}", i=between(0.001, 0.02, 3))),
    Setting("bias", sent(":BIAS:VOLT {b}", ":BIAS:STAT ON", b=between(-2, 2, 2))),
    Setting("trigger", sent(":TRIG:SOUR {t}", t=one_of("INT", "EXT", "BUS", "HOLD"))),
    Setting("frequency", sent(":FREQ {f}", f=one_of(20, 1000, 1e5, 1e6))),
    Setting("list of frequencies", sent(":LIST:FREQ 100,1000,10000", ":LIST:MODE SEQ", ":DISP:PAGE LIST")),
    Setting("errors not yet read", sent(":NO:SUCH", ":FREQ 1E9")),
    Setting(
        "corrections and cable length",
        sent(":CORR:OPEN:STAT ON", ":CORR:SHOR:STAT ON", ":CORR:LENG {m}", m=one_of(0, 1, 2)),
    ),
)
LCR_METER = Panel(OF_BOTH_LCR_METERS, kept=(OWN_CORRECTIONS,))

E4990A = Panel(
    (
        Setting(
            "parameters of the traces",
            sent(
                ":CALC1:PAR1:DEF {a}",
                ":CALC1:PAR2:DEF {b}",
                a=one_of("Z", "G", "X"),
                b=one_of("TZ", "B", "R"),
            ),
        ),
        Setting(
            "logarithmic sweep of many points",
            sent(":SENS1:SWE:TYPE LOG", ":SENS1:SWE:POIN {n}", n=one_of(2, 201, 1601)),
        ),
        Setting("segments", sent(":SENS1:SEGM:DATA 7,0,0,0,0,0,0,0,1,100,1000,5", ":SENS1:SWE:TYPE SEGM")),
        Setting(
            "start and stop",
            sent(":SENS1:FREQ:STAR {a}", ":SENS1:FREQ:STOP {b}", a=one_of(20, 1e3), b=one_of(1e6, 1.2e8)),
        ),
        Setting(
            "averages of points and sweeps",
            sent(
                ":SENS1:AVER ON",
                ":SENS1:AVER:COUN {n}",
                ":CALC1:AVER ON",
                ":CALC1:AVER:COUN {m}",
                n=one_of(2, 10),
                m=one_of(2, 10),
            ),
        ),
        Setting("aperture", sent(":SENS1:APER {n}", n=one_of(1, 3, 5))),
        Setting("level", sent(":SOUR1:VOLT {v}", v=between(0.01, 1, 2))),
        Setting("bias", sent(":SOUR1:BIAS:VOLT {b}", ":SOUR1:BIAS:STAT ON", b=between(-2, 2, 2))),
        Setting("trigger", sent(":TRIG:SOUR {t}", t=one_of("INT", "EXT", "MAN", "BUS"))),
        Setting("errors not yet read", sent(":NO:SUCH")),
        Setting(
            "compensation that was not measured at these frequencies",
            sent(":SENS1:CORR2:OPEN ON"),
            "OPEN compensation not measured",
        ),
    ),
    hidden=("extension of the port and fixture model: no source shows the reply",),
    kept=("open and short compensation",),
)

KEITHLEY2450 = Panel(
    (
        Setting("current source", sent(":SOUR:FUNC CURR")),
        Setting(
            "output on at a level", sent(":SOUR:FUNC VOLT", ":SOUR:VOLT {v}", ":OUTP ON", v=between(-1, 1, 2))
        ),
        Setting(
            "output-off state",
            sent(":OUTP:VOLT:SMOD {m}", ":OUTP:CURR:SMOD {m}", m=one_of("NORM", "ZERO", "GUAR", "HIMP")),
        ),
        Setting("current limit", sent(":SOUR:VOLT:ILIM {i}", i=one_of(1e-9, 1e-6, 1e-2))),
        Setting("range of the source", sent(":SOUR:VOLT:RANG {v}", v=one_of(0.02, 2, 200))),
        Setting("range of the current", sent(":SENS:CURR:RANG {i}", i=one_of(1e-8, 1e-5, 1))),
        Setting(
            "relative readings",
            sent(":SENS:CURR:REL {i}", ":SENS:CURR:REL:STAT ON", i=between(-1e-5, 1e-5, 7)),
        ),
        Setting("mathematics", sent(":CALC:CURR:MATH:STAT ON")),
        Setting("unit", sent(":SENS:CURR:UNIT OHM")),
        Setting("moving filter", sent(":SENS:CURR:AVER:COUN {n}", ":SENS:CURR:AVER ON", n=one_of(5, 100))),
        Setting("readings for each measurement", sent(":SENS:COUN {n}", n=one_of(1, 7))),
        Setting("integration time", sent(":SENS:CURR:NPLC {n}", n=one_of(0.01, 1, 10))),
        Setting("rear terminals", sent(":ROUT:TERM REAR")),
        Setting("voltage as the quantity", sent(':SENS:FUNC "VOLT"')),
        Setting("errors not yet read", sent(":NO:SUCH", ":SOUR:VOLT 1E4")),
        Setting(
            "another command language", put("language", one_of("SCPI2400", "TSP")), "choose the language SCPI"
        ),
    ),
    kept=("the calibration of the instrument",),
)


def script(*lines: str) -> Leave:
    """Send a script of another program."""

    def leave(stand: Stand, chance: Random) -> None:
        stand.model.world.now()
        for line in ("e", *lines, ""):
            stand.device.hear(line.encode())
        stand.model.world.now()

    return leave


METHODSCRIPT = Panel(
    (
        Setting("cell on at a potential", script("set_pgstat_mode 2", "set_e 500m", "cell_on")),
        Setting("low-speed mode", script("set_pgstat_mode 2")),
        Setting("range of the current", script("set_range ba 1m")),
        Setting(
            "a long measurement runs",
            script(
                "var p",
                "var c",
                "set_pgstat_mode 2",
                "set_e 300m",
                "cell_on",
                "meas_loop_ca p c 300m 500m 1000",
                "pck_start",
                "pck_add p",
                "pck_add c",
                "pck_end",
                "endloop",
            ),
        ),
        Setting("half of a script was sent", sent("e", "var p")),
    ),
    hidden=("another baud rate, or a protocol other than MethodSCRIPT: the instrument does not answer",),
)

PAIR = Panel(
    (
        *OF_THE_1287,
        *(
            Setting(f"1260: {setting.words}", setting.leave, of_partner=True)
            for setting in SOLARTRON1260.settings
        ),
    ),
    kept=SOLARTRON1260.kept,
)

METERS = {
    "drivers.solartron1260:Solartron1260": SOLARTRON1260,
    "drivers.solartron1287:Solartron1287": Panel(OF_THE_1287),
    "drivers.solartron_pair:Solartron1260With1287": PAIR,
    "drivers.lcr_meters:KeysightE4980A": LCR_METER,
    "drivers.lcr_meters:Agilent4284A": LCR_METER,
    "drivers.keysight_e4990a:KeysightE4990A": E4990A,
    "drivers.keithley2450:Keithley2450": KEITHLEY2450,
    **{
        f"drivers.palmsens:{name}": METHODSCRIPT for name in ("EmStatPico", "EmStat4LR", "EmStat4HR", "Nexus")
    },
}
