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


SIGN_OF_AN_OPEN_INTERLOCK = "look at the interlock"
SOURCE_METER = (
    Setting("current source", sent(":SOUR:FUNC CURR", ":OUTP ON")),
    Setting(
        "output on at a level", sent(":SOUR:FUNC VOLT", ":SOUR:VOLT {v}", ":OUTP ON", v=between(-1, 1, 2))
    ),
    Setting("output-off state", sent(":OUTP:SMOD {m}", m=one_of("NORM", "ZERO", "GUAR"))),
    Setting("current limit", sent(":SENS:CURR:PROT {i}", i=one_of(1e-7, 1e-6, 1e-2))),
    Setting("range of the source", sent(":SOUR:VOLT:RANG {v}", v=one_of(0.2, 2, 200))),
    Setting("range of the current", sent(":SENS:CURR:RANG {i}", i=one_of(1e-6, 1e-5, 1e-4))),
    Setting("sweep or list of the source", sent(":SOUR:VOLT:MODE {m}", m=one_of("SWE", "LIST"))),
    Setting("moving filter", sent(":SENS:AVER:COUN {n}", ":SENS:AVER ON", n=one_of(5, 100))),
    Setting(
        "relative readings",
        sent(":CALC2:NULL:OFFS {i}", ":CALC2:NULL:STAT ON", i=between(-1e-5, 1e-5, 7)),
    ),
    Setting("mathematics", sent(":CALC:STAT ON")),
    Setting("resistance as the quantity", sent(":SENS:FUNC:OFF:ALL", ':SENS:FUNC "RES"')),
    Setting("one quantity at a time", sent(":SENS:FUNC:CONC OFF")),
    Setting("integration time", sent(":SENS:CURR:NPLC {n}", n=one_of(0.01, 1, 10))),
    Setting(
        "readings for each measurement",
        sent(":ARM:COUN {n}", ":TRIG:COUN {m}", n=one_of(1, 3), m=one_of(2, 7)),
    ),
    Setting(
        "trigger",
        sent(":ARM:SOUR {a}", ":TRIG:SOUR {b}", a=one_of("BUS", "MAN", "TIM"), b=one_of("IMM", "TLIN")),
    ),
    Setting("elements of a reply", sent(":FORM:ELEM {e}", e=one_of("CURR", "VOLT,CURR,RES", "CURR,TIME"))),
    Setting("binary replies", sent(":FORM:DATA SRE")),
    Setting("output off after each reading", sent(":SOUR:CLE:AUTO ON")),
    Setting("errors not yet read", sent(":NO:SUCH", ":SOUR:VOLT 1E4")),
    Setting("the interlock is open", put("is_interlocked", one_of(True)), SIGN_OF_AN_OPEN_INTERLOCK),
)
CALIBRATION = "the calibration of the instrument"
KEITHLEY2400 = Panel(
    (
        *SOURCE_METER,
        Setting("open output as the output-off state", sent(":OUTP:SMOD HIMP")),
        Setting("two or four wires", sent(":SYST:RSEN {s}", s=one_of("ON", "OFF"))),
        Setting("rear terminals", sent(":ROUT:TERM REAR")),
    ),
    kept=(CALIBRATION,),
)
KEITHLEY6430 = Panel(SOURCE_METER, kept=(CALIBRATION,))

READINGS_OF_AN_ELECTROMETER = (
    Setting("range of the current", sent(":SENS:CURR:RANG {i}", i=one_of(2e-9, 2e-6, 2e-3))),
    Setting("largest automatic range", sent(":SENS:CURR:RANG:AUTO:ULIM {i}", i=one_of(2e-9, 2e-7))),
    Setting("integration time", sent(":SENS:CURR:NPLC {n}", n=one_of(0.01, 1, 10))),
    Setting("damping", sent(":SENS:CURR:DAMP {s}", s=one_of("ON", "OFF"))),
    Setting("mathematics", sent(":CALC:STAT ON")),
    Setting("zero correction", sent(":SYST:ZCOR ON")),
    Setting("zero check", sent(":SYST:ZCH {s}", s=one_of("ON", "OFF"))),
    Setting("another quantity", sent(":SENS:FUNC '{f}'", f=one_of("VOLT", "RES", "CHAR"))),
    Setting("binary replies", sent(":FORM:DATA SRE")),
    Setting("errors not yet read", sent(":NO:SUCH", ":SENS:CURR:RANG 1E4")),
)
KEITHLEY6517B = Panel(
    (
        *READINGS_OF_AN_ELECTROMETER,
        Setting(
            "output on at a level",
            sent(
                ":SENS:FUNC 'CURR'", ":SOUR:VOLT {v}", ":SOUR:VOLT:MCON ON", ":OUTP ON", v=between(-1, 1, 2)
            ),
        ),
        Setting("output on, not connected", sent(":SOUR:VOLT {v}", ":OUTP ON", v=between(-50, 50))),
        Setting("range of the source", sent(":SOUR:VOLT:RANG {v}", v=one_of(100, 1000))),
        Setting(
            "limit of the source",
            sent(":SOUR:VOLT:LIM {v}", ":SOUR:VOLT:LIM:STAT ON", v=one_of(0, 0.005, 500)),
        ),
        Setting("resistor in series", sent(":SOUR:CURR:RLIM:STAT ON")),
        Setting("moving filter", sent(":SENS:CURR:AVER:COUN {n}", ":SENS:CURR:AVER ON", n=one_of(5, 100))),
        Setting("median", sent(":SENS:CURR:MED ON")),
        Setting(
            "relative readings",
            sent(":SENS:CURR:REF {i}", ":SENS:CURR:REF:STAT ON", i=between(-1e-5, 1e-5, 7)),
        ),
        Setting("guard", sent(":SENS:VOLT:GUAR ON")),
        Setting("measures without end", sent(":INIT:CONT ON")),
        Setting("trigger", sent(":TRIG:SOUR {t}", t=one_of("BUS", "EXT", "TIM", "MAN"))),
        Setting("elements of a reply", sent(":FORM:ELEM {e}", e=one_of("READ,STAT", "VSO", "READ,RNUM"))),
    ),
    kept=(CALIBRATION,),
)

OF_THE_6514 = (
    *READINGS_OF_AN_ELECTROMETER,
    Setting("moving filter", sent(":SENS:AVER:COUN {n}", ":SENS:AVER ON", n=one_of(5, 100))),
    Setting("median", sent(":SENS:MED ON")),
    Setting(
        "relative readings",
        sent(":CALC2:NULL:OFFS {i}", ":CALC2:NULL:STAT ON", i=between(-1e-5, 1e-5, 7)),
    ),
    Setting("zero is not measured anew", sent(":SYST:AZER OFF")),
    Setting(
        "trigger",
        sent(":ARM:SOUR {a}", ":TRIG:SOUR {b}", a=one_of("BUS", "MAN", "TIM"), b=one_of("IMM", "TLIN")),
    ),
    Setting(
        "readings for each measurement",
        sent(":ARM:COUN {n}", ":TRIG:COUN {m}", n=one_of(1, 3), m=one_of(2, 7)),
    ),
    Setting("elements of a reply", sent(":FORM:ELEM {e}", e=one_of("READ,TIME,STAT", "TIME"))),
)
SOURCE_AND_AMMETER = Panel(
    (
        *KEITHLEY2400.settings,
        *(Setting(f"6514: {setting.words}", setting.leave, of_partner=True) for setting in OF_THE_6514),
    ),
    kept=(CALIBRATION,),
)

SIGN_OF_THE_REAR_INPUTS = "front inputs are not chosen"
REAR_INPUTS = Setting("the rear inputs are chosen", put("rear", one_of(True)), SIGN_OF_THE_REAR_INPUTS)
OF_THE_SENSOR = "how the sensor is wired"
KEITHLEY2000 = Panel(
    (
        Setting("another quantity", sent(":SENS:FUNC '{f}'", f=one_of("VOLT:DC", "RES", "TEMP", "CURR:AC"))),
        Setting("range of the resistance", sent(":SENS:FRES:RANG {r}", r=one_of(100, 1e4, 1e8))),
        Setting("integration time", sent(":SENS:FRES:NPLC {n}", n=one_of(0.01, 1, 10))),
        Setting(
            "moving filter", sent(":SENS:FRES:AVER:COUN {n}", ":SENS:FRES:AVER:STAT ON", n=one_of(5, 100))
        ),
        Setting(
            "relative readings",
            sent(":SENS:FRES:REF {r}", ":SENS:FRES:REF:STAT ON", r=between(5, 100)),
        ),
        Setting("reading held", sent(":SENS:HOLD:STAT ON")),
        Setting("formula", sent(":CALC:STAT ON")),
        Setting("zero is not measured anew", sent(":SYST:AZER:STAT OFF")),
        Setting("measures without end", sent(":INIT:CONT ON")),
        Setting("trigger", sent(":TRIG:SOUR {t}", t=one_of("BUS", "EXT", "TIM", "MAN"))),
        Setting("readings for each measurement", sent(":TRIG:COUN {n}", n=one_of(2, 7))),
        Setting("binary replies", sent(":FORM:DATA SRE")),
        Setting("unit of temperatures", sent(":UNIT:TEMP {u}", u=one_of("F", "K"))),
        Setting("another thermocouple", sent(":SENS:TEMP:TC:TYPE {t}", t=one_of("K", "T"))),
        Setting("errors not yet read", sent(":NO:SUCH", ":TRIG:COUN 0")),
        REAR_INPUTS,
    ),
    kept=(OF_THE_SENSOR,),
)
KEITHLEY_DMM6500 = Panel(
    (
        Setting("another quantity", sent(":SENS:FUNC '{f}'", f=one_of("VOLT:DC", "RES", "FRES", "CURR:AC"))),
        Setting("unit of temperatures", sent(":SENS:TEMP:UNIT {u}", u=one_of("FAHR", "KELV"))),
        Setting("transducer", sent(":SENS:TEMP:TRAN {t}", t=one_of("TC", "RTD", "TRTD", "THER"))),
        Setting(
            "another resistance thermometer",
            sent(":SENS:TEMP:RTD:FOUR {t}", t=one_of("PT3916", "D100", "F100")),
        ),
        Setting("another thermocouple", sent(":SENS:TEMP:TC:TYPE {t}", t=one_of("B", "J", "T"))),
        Setting("reference junction", sent(":SENS:TEMP:TC:RJUN:SIM {t}", t=between(30, 50))),
        Setting("detection of an open sensor", sent(":SENS:TEMP:ODET OFF")),
        Setting("integration time", sent(":SENS:TEMP:NPLC {n}", n=one_of(0.01, 1, 10))),
        Setting("moving filter", sent(":SENS:TEMP:AVER:COUN {n}", ":SENS:TEMP:AVER ON", n=one_of(5, 100))),
        Setting("relative readings", sent(":SENS:TEMP:REL {t}", ":SENS:TEMP:REL:STAT ON", t=between(5, 50))),
        Setting("errors not yet read", sent(":NO:SUCH", ":SENS:TEMP:NPLC 99")),
        REAR_INPUTS,
        Setting(
            "another command language", put("language", one_of("SCPI2000", "TSP")), "choose the language SCPI"
        ),
    ),
    hidden=("a formula switched on after it was prepared: no public source gives its command",),
    kept=(OF_THE_SENSOR,),
)

AGILENT4294A = Panel(
    (
        Setting("parameters of the traces", sent("MEAS {m}", m=one_of("IMPH", "ARIM"))),
        Setting("active trace", sent("TRAC B")),
        Setting("sweep of level or bias", sent("SWPP {p}", p=one_of("OLEV", "DCB"))),
        Setting("logarithmic sweep of many points", sent("SWPT LOG", "POIN {n}", n=one_of(2, 201, 801))),
        Setting("start and stop", sent("STAR {a}", "STOP {b}", a=one_of(40, 1e3), b=one_of(1e6, 1.1e8))),
        Setting("bandwidth", sent("BWFACT {n}", n=one_of(1, 3, 5))),
        Setting("averages of points and sweeps", sent("AVER ON", "PAVER ON")),
        Setting("delays", sent("PDELT {p}", "SDELT {s}", p=one_of(0.1, 1), s=one_of(0.5, 5))),
        Setting("level as a voltage", sent("POWMOD VOLT", "POWE {v}", v=between(0.01, 1, 2))),
        Setting("level as a current", sent("POWMOD CURR")),
        Setting("bias", sent("DCV {b}", "DCO ON", b=between(-2, 2, 2))),
        Setting("bias as a current", sent("DCMOD {m}", m=one_of("CURR", "CVOLT", "CCURR"))),
        Setting("range of the bias", sent("DCRNG {r}", r=one_of("M1", "M100"))),
        Setting("trigger", sent("TRGS {t}", t=one_of("EXT", "BUS", "MAN"))),
        Setting("open compensation of another fixture", sent("COMSTA ON")),
        Setting("short compensation of another fixture", sent("COMSTB ON")),
        Setting("load compensation of another fixture", sent("COMSTC ON")),
        Setting("adapter", sent("E4TP {a}", a=one_of("M1", "M2", "APC7", "PROBE"))),
        Setting("binary replies", sent("{f}", f=one_of("FORM2", "FORM3"))),
        Setting("errors not yet read", sent("NOSUCH 1", "POWE 99")),
    ),
    hidden=("extension of the port: no source shows the reply",),
    kept=("the adapter", "the data of the compensations"),
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

SWITCH_7001 = Panel(
    (
        Setting("closed channels", sent(":ROUT:CLOS (@1!{c},2!{d})", c=one_of(1, 7, 40), d=one_of(1, 12))),
        Setting("errors not yet read", sent(":NO:SUCH")),
    ),
    hidden=("another language or terminator, which is set at the panel",),
)
SWITCH_27XX = Panel(
    (
        Setting("closed channels", sent(":ROUT:MULT:CLOS (@1{c},111)", c=one_of("01", "07", "20"))),
        Setting("errors not yet read", sent(":NO:SUCH")),
    ),
    hidden=("another interface, which is set at the panel",),
)

ALICAT = Panel(
    (
        Setting("set point", sent("AS{f}", f=between(0, 100, 2))),
        Setting("flow held at the display", put("held", one_of(True)), refusal="held|HLD|control"),
        Setting("pressure control", put("loop", one_of(34, 38)), refusal="does not control a mass flow"),
    ),
    hidden=("source of the set point, which is set at the display", "unit of the flow at the display"),
    kept=("the gas that is chosen",),
)

CELLKRAFT = Panel(
    (Setting("set point", put("word", one_of(0, 150, 700, 1400))),),
    hidden=("unit of the set point, which is set at the display",),
)

METERS = {
    "drivers.cellkraft:CellkraftP10": CELLKRAFT,
    "drivers.alicat:AlicatMC": ALICAT,
    "drivers.keithley_switches:Keithley7001": SWITCH_7001,
    "drivers.keithley_switches:Keithley2700": SWITCH_27XX,
    "drivers.keithley_switches:Keithley2750": SWITCH_27XX,
    "drivers.solartron1260:Solartron1260": SOLARTRON1260,
    "drivers.solartron1287:Solartron1287": Panel(OF_THE_1287),
    "drivers.solartron_pair:Solartron1260With1287": PAIR,
    "drivers.lcr_meters:KeysightE4980A": LCR_METER,
    "drivers.lcr_meters:Agilent4284A": LCR_METER,
    "drivers.keysight_e4990a:KeysightE4990A": E4990A,
    "drivers.keithley2450:Keithley2450": KEITHLEY2450,
    "drivers.keithley2400:Keithley2400": KEITHLEY2400,
    "drivers.keithley2400:Keithley6430": KEITHLEY6430,
    "drivers.keithley6517b:Keithley6517B": KEITHLEY6517B,
    "drivers.keithley6514:Keithley2400With6514": SOURCE_AND_AMMETER,
    "drivers.keithley_multimeters:Keithley2000": KEITHLEY2000,
    "drivers.keithley_multimeters:KeithleyDMM6500": KEITHLEY_DMM6500,
    "drivers.agilent4294a:Agilent4294A": AGILENT4294A,
    **{
        f"drivers.palmsens:{name}": METHODSCRIPT for name in ("EmStatPico", "EmStat4LR", "EmStat4HR", "Nexus")
    },
}
