"""Lists of all drivers by role, used by `labctl instruments`. The type checker verifies each role."""

from drivers.agilent4294a import Agilent4294A
from drivers.alicat import AlicatMC
from drivers.cellkraft import CellkraftP10
from drivers.eurotherm import Eurotherm2200, Eurotherm2400, Eurotherm3200, Eurotherm3216, Eurotherm3500
from drivers.huber import Huber
from drivers.julabo import JulaboCF, JulaboCorio, JulaboFC, JulaboFL, JulaboPresto
from drivers.keithley2400 import Keithley2400, Keithley6430
from drivers.keithley2450 import Keithley2450
from drivers.keithley6514 import Keithley2400With6514, Keithley6514
from drivers.keithley6517b import Keithley6517B
from drivers.keithley_multimeters import Keithley2000, KeithleyDMM6500
from drivers.keithley_switches import Keithley2700, Keithley2750, Keithley7001
from drivers.keysight_e4990a import KeysightE4990A
from drivers.lakeshore33x import LakeShore335, LakeShore336, LakeShore350
from drivers.lcr_meters import Agilent4284A, KeysightE4980A
from drivers.linkam_t95 import LinkamT95
from drivers.modbus_oven import ModbusOven
from drivers.namur_watchdog import NamurWatchdog
from drivers.nanodac import Nanodac
from drivers.omron_e5c import OmronE5C
from drivers.oxford_itc503 import OxfordITC503
from drivers.oxford_mercury import OxfordMercuryITC
from drivers.palmsens import EmStat4HR, EmStat4LR, EmStatPico, Nexus
from drivers.relay_watchdog import RelayWatchdog
from drivers.solartron1260 import Solartron1260
from drivers.solartron1287 import Solartron1287
from drivers.solartron_pair import Solartron1260With1287
from drivers.temptronic import TemptronicATS
from drivers.thermotron3800 import ThermotronOven
from labctl.bench import (
    Atmosphere,
    FrequencyResponseAnalyzer,
    Monitor,
    Potentiostat,
    Switch,
    TemperatureController,
    Thermometer,
    Watchdog,
)
from labctl.instrument import Instrument

TEMPERATURE_CONTROLLERS: tuple[type[TemperatureController], ...] = (
    LakeShore335,
    LakeShore336,
    LakeShore350,
    Eurotherm2200,
    Eurotherm2400,
    Eurotherm3200,
    Eurotherm3216,
    Eurotherm3500,
    Nanodac,
    OmronE5C,
    ModbusOven,
    JulaboCF,
    JulaboFC,
    JulaboCorio,
    JulaboFL,
    JulaboPresto,
    Huber,
    LinkamT95,
    OxfordMercuryITC,
    OxfordITC503,
    TemptronicATS,
    ThermotronOven,
)
ANALYZERS: tuple[type[FrequencyResponseAnalyzer], ...] = (
    Solartron1260,
    Solartron1260With1287,
    EmStatPico,
    EmStat4LR,
    EmStat4HR,
    Nexus,
    KeysightE4990A,
    Agilent4294A,
    KeysightE4980A,
    Agilent4284A,
)
POTENTIOSTATS: tuple[type[Potentiostat], ...] = (
    Solartron1287,
    Solartron1260With1287,
    EmStatPico,
    EmStat4LR,
    EmStat4HR,
    Nexus,
    Keithley2450,
    Keithley2400,
    Keithley6430,
    Keithley6517B,
    Keithley2400With6514,
)
THERMOMETERS: tuple[type[Thermometer], ...] = (Keithley2000, KeithleyDMM6500)
SWITCHES: tuple[type[Switch], ...] = (Keithley7001, Keithley2700, Keithley2750)
MONITORS: tuple[type[Monitor], ...] = (Keithley2000, KeithleyDMM6500, AlicatMC, CellkraftP10)
ATMOSPHERES: tuple[type[Atmosphere], ...] = (AlicatMC, CellkraftP10)
WATCHDOGS: tuple[type[Watchdog], ...] = (NamurWatchdog, RelayWatchdog, JulaboPresto)
PARTNERS: tuple[type[Instrument], ...] = (Keithley6514,)
"""Instruments that fill no role alone: another works `with` them."""
