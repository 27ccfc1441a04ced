"""Lists of all drivers by role, used by `labctl instruments`. The type checker verifies each role."""

from drivers.eurotherm import Eurotherm2200, Eurotherm2400, Eurotherm3200, Eurotherm3216, Eurotherm3500
from drivers.huber import Huber
from drivers.julabo import JulaboCF, JulaboCorio, JulaboFC, JulaboFL, JulaboPresto
from drivers.keithley2450 import Keithley2450
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
from labctl.bench import FrequencyResponseAnalyzer, Potentiostat, TemperatureController, Watchdog

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
)
WATCHDOGS: tuple[type[Watchdog], ...] = (NamurWatchdog, RelayWatchdog, JulaboPresto)
