"""Messages and bench checks of the Keithley 2000 and DMM6500."""

from labctl.command_table import BenchCheck, Message

MANUAL, PYMEASURE, QCODES = "Model 2000 manual (2000-900-01) section 5", "pymeasure", "QCoDeS"
TWO_PROGRAMS = "two public programs"
ONLY_2000, ONLY_DMM6500 = ("Keithley2000",), ("KeithleyDMM6500",)
WITH_THERMOCOUPLE = "with a thermocouple"


def for_2000(command: str, meaning: str, unit: str = "-", second: str = QCODES, when: str = "") -> Message:
    """Return a message of the Keithley 2000."""
    return Message(command, meaning, unit, MANUAL, second, when=when, only_for=ONLY_2000)


def for_dmm6500(command: str, meaning: str, unit: str = "-", source: str = PYMEASURE, second: str = "-",
                when: str = "") -> Message:  # fmt: skip
    """Return a message of the DMM6500."""
    return Message(command, meaning, unit, source, second, when=when, only_for=ONLY_DMM6500)


MESSAGES = (
    Message("*IDN?", "manufacturer, model, serial number, firmware", source=PYMEASURE, second_source=QCODES),
    Message("*CLS", "clear status and errors", source=PYMEASURE),
    Message("*RST", "reset", source=PYMEASURE, second_source=QCODES),
    Message("SYST:ERR?", "oldest error and its text", source=PYMEASURE),
    Message(":READ?", "a new reading", "degC; ohm of a PT100 at the 2000", PYMEASURE),
    for_2000(":SYST:FRSW?", "inputs: 1 front, 0 rear", second=TWO_PROGRAMS),
    for_2000(':SENS:FUNC "<FRES|TEMP>"', "four-wire resistance for a PT100; temperature"),
    for_2000(":SENS:FUNC?", "function"),
    for_2000(":SENS:FRES:RANG <range>", "range", "ohm", PYMEASURE),
    for_2000(":SENS:FRES:RANG?", "range", "ohm", PYMEASURE),
    for_2000(":UNIT:TEMP C", "unit of temperatures", "-", TWO_PROGRAMS, WITH_THERMOCOUPLE),
    for_2000(":UNIT:TEMP?", "unit of temperatures", "-", TWO_PROGRAMS, WITH_THERMOCOUPLE),
    for_2000(":SENS:<FRES|TEMP>:NPLC <cycles>", "integration time", "power line cycles"),
    for_2000(":SENS:<FRES|TEMP>:NPLC?", "integration time", "power line cycles"),
    for_2000(":SENS:<FRES|TEMP>:AVER:STAT OFF", "no filter"),
    for_2000(":SENS:<FRES|TEMP>:AVER:STAT?", "filter, 0 or 1"),
    for_2000(":SENS:<FRES|TEMP>:REF:STAT OFF", "no relative reading", second=PYMEASURE),
    for_2000(":SENS:<FRES|TEMP>:REF:STAT?", "relative reading, 0 or 1", second=PYMEASURE),
    for_2000(":SENS:HOLD:STAT OFF", "no reading hold", second="a public program"),
    for_2000(":SENS:HOLD:STAT?", "reading hold, 0 or 1", second="a public program"),
    for_2000(":CALC:STAT OFF", "no formula", second="a public program"),
    for_2000(":CALC:STAT?", "formula, 0 or 1", second="a public program"),
    for_2000(":SYST:AZER:STAT ON", "auto-zero", second=TWO_PROGRAMS),
    for_2000(":SYST:AZER:STAT?", "auto-zero, 0 or 1", second=TWO_PROGRAMS),
    for_2000(":INIT:CONT OFF", "no continuous trigger"),
    for_2000(":INIT:CONT?", "continuous trigger, 0 or 1"),
    for_2000(":TRIG:SOUR IMM", "trigger at once"),
    for_2000(":TRIG:SOUR?", "trigger source"),
    for_2000(":TRIG:COUN 1", "one reading"),
    for_2000(":TRIG:COUN?", "number of readings"),
    for_2000(":FORM:DATA ASC", "text replies"),
    for_2000(":FORM:DATA?", "data format"),
    for_2000(":FORM:ELEM READ", "the reading alone"),
    for_2000(":FORM:ELEM?", "elements of a reading"),
    for_dmm6500("*LANG?", "command language: SCPI, SCPI2000 ... or TSP"),
    for_dmm6500(":ROUT:TERM?", "inputs: FRON or REAR"),
    for_dmm6500(':SENS:FUNC "TEMP"', "temperature"),
    for_dmm6500(":SENS:FUNC?", "function"),
    for_dmm6500(":SENS:TEMP:UNIT CELS", "unit of temperatures", source=TWO_PROGRAMS),
    for_dmm6500(":SENS:TEMP:UNIT?", "unit of temperatures", source=TWO_PROGRAMS),
    for_dmm6500(":SENS:TEMP:TRAN <FRTD|TC>", "four-wire resistance thermometer, thermocouple",
                source="a public program for the DMM6500", second=TWO_PROGRAMS),
    for_dmm6500(":SENS:TEMP:TRAN?", "kind of sensor", source="a public program for the DMM6500"),
    for_dmm6500(":SENS:TEMP:RTD:FOUR PT100", "PT100", source="a public program for the DMM6500",
                second=TWO_PROGRAMS),
    for_dmm6500(":SENS:TEMP:RTD:FOUR?", "resistance thermometer", source="a public program for the DMM6500"),
    for_dmm6500(":SENS:TEMP:ODET ON", "detect an open sensor", source="the maker's examples",
                second=TWO_PROGRAMS),
    for_dmm6500(":SENS:TEMP:ODET?", "detection of an open sensor, 0 or 1", source="the maker's examples"),
    for_dmm6500(":SENS:TEMP:NPLC <cycles>", "integration time", "power line cycles"),
    for_dmm6500(":SENS:TEMP:NPLC?", "integration time", "power line cycles"),
    for_dmm6500(":SENS:TEMP:AVER:STAT OFF", "no filter"),
    for_dmm6500(":SENS:TEMP:AVER:STAT?", "filter, 0 or 1"),
    for_dmm6500(":SENS:TEMP:REL:STAT OFF", "no relative reading"),
    for_dmm6500(":SENS:TEMP:REL:STAT?", "relative reading, 0 or 1"),
    Message(":SENS:TEMP:TC:TYPE <type>", "type of the thermocouple", source=MANUAL,
            second_source=TWO_PROGRAMS, when=WITH_THERMOCOUPLE),
    Message(":SENS:TEMP:TC:TYPE?", "type of the thermocouple", source=MANUAL,
            second_source="a public program", when=WITH_THERMOCOUPLE),
    Message(":SENS:TEMP:TC:RJUN:RSEL SIM", "the reference junction is at a temperature that is given",
            source=MANUAL, second_source=TWO_PROGRAMS, when=WITH_THERMOCOUPLE),
    Message(":SENS:TEMP:TC:RJUN:RSEL?", "kind of reference junction", source=MANUAL,
            second_source="a public program", when=WITH_THERMOCOUPLE),
    Message(":SENS:TEMP:TC:RJUN:SIM <temperature>", "temperature of the reference junction", "degC", MANUAL,
            TWO_PROGRAMS, when=WITH_THERMOCOUPLE),
    Message(":SENS:TEMP:TC:RJUN:SIM?", "temperature of the reference junction", "degC", MANUAL,
            "a public program", when=WITH_THERMOCOUPLE),
)  # fmt: skip
BENCH_CHECKS = (
    BenchCheck(
        "the temperature",
        "`thermometer.temperature_k - 273.15` with the sensor in melting ice, and beside a thermometer that "
        "is trusted",
        "0 degC, and what that thermometer shows",
        reads="temperature_k",
        shown="a thermometer beside the sensor",
        offset=-273.15,
        unit="degC",
        within=1.0,
    ),
    BenchCheck(
        "an open sensor",
        "disconnect one lead of the sensor, `thermometer.temperature_k`; each lead in turn",
        "an `InstrumentError`, never a temperature",
    ),
    BenchCheck(
        "several questions in one message",
        "`thermometer.prepare()`",
        "no error: the replies come in one line, separated by semicolons",
    ),
    BenchCheck(
        "a setting changed at the panel",
        "press REL or FILTER at the instrument, `thermometer.temperature_k`",
        "an `InstrumentError` that names the setting",
    ),
    BenchCheck(
        "the button of the inputs",
        "`thermometer.prepare()`, press FRONT/REAR at the instrument, `thermometer.temperature_k`",
        "an `InstrumentError` that names the inputs",
    ),
    BenchCheck(
        "a formula (DMM6500)",
        "switch mx+b on at the front panel, `thermometer.prepare()`, `thermometer.temperature_k`",
        "the temperature: the reset switches it off. A formula that is switched on later is not noticed, as "
        "no public source gives its command for temperatures",
        only_for=ONLY_DMM6500,
    ),
)
