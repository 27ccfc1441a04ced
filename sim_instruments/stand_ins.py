"""Registry of stand-ins: message definition (a YAML file) and behaviour (a model) of each instrument.

In addition to the stand-ins shipped, any YAML file of pyvisa-sim defines stand-ins: their properties keep the
values written to them, and the rig's faults apply to their replies. `wire: {energised: [heating]}` in a
device names the properties that mean, when not zero, that heater, cell or source is on. A device with binary
messages names its own class; see `own_model`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pyvisa.rname import to_canonical_name

from sim_instruments.instruments.agilent4294a import Agilent4294A
from sim_instruments.instruments.alicat import Alicat
from sim_instruments.instruments.cellkraft_p10 import CellkraftP10
from sim_instruments.instruments.emstat4 import EMSTAT4_LR, EMSTAT_PICO, NEXUS, EmStat4
from sim_instruments.instruments.eurotherm2400 import Eurotherm2400
from sim_instruments.instruments.huber import Huber
from sim_instruments.instruments.julabo import Julabo
from sim_instruments.instruments.keithley2400 import Keithley2400
from sim_instruments.instruments.keithley2450 import Keithley2450
from sim_instruments.instruments.keithley6514 import Keithley6514
from sim_instruments.instruments.keithley6517b import Keithley6517B
from sim_instruments.instruments.keithley_multimeter import KeithleyMultimeter
from sim_instruments.instruments.keithley_switch import KeithleySwitch
from sim_instruments.instruments.keysight_e4990a import KeysightE4990A
from sim_instruments.instruments.lakeshore336 import LakeShore336
from sim_instruments.instruments.lcr_meter import LcrMeter
from sim_instruments.instruments.linkam_t95 import LinkamT95
from sim_instruments.instruments.modbus_oven import EXAMPLE, ModbusOven
from sim_instruments.instruments.nanodac import Nanodac
from sim_instruments.instruments.omron_e5c import OmronE5C
from sim_instruments.instruments.oxford_itc503 import OxfordITC503
from sim_instruments.instruments.oxford_mercury import OxfordMercury
from sim_instruments.instruments.solartron1260 import Solartron1260
from sim_instruments.instruments.solartron1287 import Solartron1287
from sim_instruments.instruments.temptronic_ats import TemptronicATS
from sim_instruments.instruments.thermotron3800 import Thermotron3800
from sim_instruments.instruments.watchdogs import NamurDevice, RelayTimer
from sim_instruments.own_model import own_model
from sim_instruments.wire.definition import load_definition, read_definitions
from sim_instruments.wire.device import Model
from sim_instruments.wire.property_model import PropertyModel, bind_properties
from sim_instruments.world.noise import ImpedanceNoise
from sim_instruments.world.world import World


@dataclass(frozen=True)
class Parts:
    """Shared parts of the rig that a model is constructed from."""

    world: World
    noise: ImpedanceNoise


@dataclass(frozen=True)
class StandIn:
    """One type of instrument; `file` names its definition when it is shared with another type.

    `driver` is the driver for it, as a station file names it, and `roles` are those it can have; both are
    empty for a stand-in from a user's own YAML file. `settings` are those that the driver needs for it;
    `described` makes it from other settings, where it can have any.
    """

    name: str
    make: Callable[[Parts], Model]
    file: str = ""
    given: dict[str, Any] | None = None
    driver: str = ""
    roles: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    described: Callable[[Mapping[str, Any]], Callable[[Parts], Model]] | None = None

    def of(self, settings: Mapping[str, Any]) -> "StandIn":
        """The same with other settings; raises ValueError where it has only its own."""
        if self.described is None:
            raise ValueError(f"{self.name!r} has no settings of its own: name it alone")
        return replace(self, make=self.described(settings), settings=settings)

    @property
    def definition(self) -> dict[str, Any]:
        """Message definition, as read from YAML."""
        return self.given or load_definition(self.file or self.name)


Roles = tuple[str, ...]
OVEN, ANALYSER, POTENTIOSTAT, WATCHDOG = ("oven",), ("fra",), ("potentiostat",), ("watchdog",)
BOTH = ANALYSER + POTENTIOSTAT
THERMOMETER = ("thermometer", "monitor")
SWITCH = ("switch",)
ATMOSPHERE = ("atmosphere", "monitor")
PARTNER: Roles = ()


def _in_the_world(
    name: str, driver: str, roles: Roles, made_by: Callable[..., Model], file: str = "", **settings: Any
) -> StandIn:
    return StandIn(name, lambda parts: made_by(parts.world, **settings), file, driver=driver, roles=roles)


def _with_noise(
    name: str, driver: str, roles: Roles, made_by: Callable[..., Model], file: str = "", **settings: Any
) -> StandIn:
    def make(parts: Parts) -> Model:
        return made_by(parts.world, parts.noise, **settings)

    return StandIn(name, make, file, driver=driver, roles=roles)


def _modbus_oven(description: Mapping[str, Any]) -> Callable[[Parts], Model]:
    return lambda parts: ModbusOven(parts.world, description)


MODELS: dict[str, StandIn] = {
    stand_in.name: stand_in
    for stand_in in (
        _in_the_world(
            "lakeshore335",
            "drivers.lakeshore33x:LakeShore335",
            OVEN,
            LakeShore336,
            "lakeshore336",
            model="335",
        ),
        _in_the_world("lakeshore336", "drivers.lakeshore33x:LakeShore336", OVEN, LakeShore336),
        _in_the_world(
            "lakeshore350",
            "drivers.lakeshore33x:LakeShore350",
            OVEN,
            LakeShore336,
            "lakeshore336",
            model="350",
        ),
        _in_the_world("eurotherm2400", "drivers.eurotherm:Eurotherm2400", OVEN, Eurotherm2400),
        _in_the_world(
            "eurotherm2200",
            "drivers.eurotherm:Eurotherm2200",
            OVEN,
            Eurotherm2400,
            "eurotherm2400",
            family="2200",
        ),
        _in_the_world(
            "eurotherm3216",
            "drivers.eurotherm:Eurotherm3216",
            OVEN,
            Eurotherm2400,
            "eurotherm2400",
            family="3216",
        ),
        _in_the_world(
            "eurotherm3200",
            "drivers.eurotherm:Eurotherm3200",
            OVEN,
            Eurotherm2400,
            "eurotherm2400",
            family="3200",
        ),
        _in_the_world(
            "eurotherm3500",
            "drivers.eurotherm:Eurotherm3500",
            OVEN,
            Eurotherm2400,
            "eurotherm2400",
            family="3500",
        ),
        _in_the_world("nanodac", "drivers.nanodac:Nanodac", OVEN, Nanodac),
        _in_the_world("omron_e5c", "drivers.omron_e5c:OmronE5C", OVEN, OmronE5C),
        StandIn(
            "modbus_oven",
            _modbus_oven(EXAMPLE),
            driver="drivers.modbus_oven:ModbusOven",
            roles=OVEN,
            settings=EXAMPLE,
            described=_modbus_oven,
        ),
        _in_the_world("julabo", "drivers.julabo:JulaboCF", OVEN, Julabo),
        _in_the_world("julabo_fc", "drivers.julabo:JulaboFC", OVEN, Julabo, "julabo", family="FC"),
        _in_the_world("julabo_corio", "drivers.julabo:JulaboCorio", OVEN, Julabo, "julabo", family="CORIO"),
        _in_the_world("julabo_fl", "drivers.julabo:JulaboFL", OVEN, Julabo, "julabo", family="FL"),
        _in_the_world(
            "julabo_presto", "drivers.julabo:JulaboPresto", OVEN, Julabo, "julabo", family="PRESTO"
        ),
        _in_the_world("namur_watchdog", "drivers.namur_watchdog:NamurWatchdog", WATCHDOG, NamurDevice),
        _in_the_world("relay_watchdog", "drivers.relay_watchdog:RelayWatchdog", WATCHDOG, RelayTimer),
        _in_the_world("huber", "drivers.huber:Huber", OVEN, Huber),
        _in_the_world("linkam_t95", "drivers.linkam_t95:LinkamT95", OVEN, LinkamT95),
        _in_the_world("oxford_mercury", "drivers.oxford_mercury:OxfordMercuryITC", OVEN, OxfordMercury),
        _in_the_world("oxford_itc503", "drivers.oxford_itc503:OxfordITC503", OVEN, OxfordITC503),
        _in_the_world("temptronic_ats", "drivers.temptronic:TemptronicATS", OVEN, TemptronicATS),
        _in_the_world("thermotron3800", "drivers.thermotron3800:ThermotronOven", OVEN, Thermotron3800),
        _with_noise("solartron1260", "drivers.solartron1260:Solartron1260", ANALYSER, Solartron1260),
        _in_the_world("solartron1287", "drivers.solartron1287:Solartron1287", POTENTIOSTAT, Solartron1287),
        _in_the_world("keithley2450", "drivers.keithley2450:Keithley2450", POTENTIOSTAT, Keithley2450),
        _in_the_world("keithley2400", "drivers.keithley2400:Keithley2400", POTENTIOSTAT, Keithley2400),
        _in_the_world(
            "keithley6430",
            "drivers.keithley2400:Keithley6430",
            POTENTIOSTAT,
            Keithley2400,
            "keithley2400",
            model="6430",
        ),
        _in_the_world("keithley6514", "drivers.keithley6514:Keithley6514", PARTNER, Keithley6514),
        _in_the_world("keithley6517b", "drivers.keithley6517b:Keithley6517B", POTENTIOSTAT, Keithley6517B),
        _in_the_world(
            "keithley2000", "drivers.keithley_multimeters:Keithley2000", THERMOMETER, KeithleyMultimeter
        ),
        _in_the_world(
            "keithley_dmm6500",
            "drivers.keithley_multimeters:KeithleyDMM6500",
            THERMOMETER,
            KeithleyMultimeter,
            model="DMM6500",
        ),
        _in_the_world(
            "keithley7001",
            "drivers.keithley_switches:Keithley7001",
            SWITCH,
            KeithleySwitch,
            model="7001",
            cards=("40", "40"),
        ),
        _in_the_world(
            "keithley2700",
            "drivers.keithley_switches:Keithley2700",
            SWITCH,
            KeithleySwitch,
            model="2700",
            cards=("7700",),
        ),
        _in_the_world(
            "keithley2750",
            "drivers.keithley_switches:Keithley2750",
            SWITCH,
            KeithleySwitch,
            model="2750",
            cards=("7700",),
        ),
        StandIn(
            "alicat",
            lambda parts: Alicat(parts.world),
            driver="drivers.alicat:AlicatMC",
            roles=ATMOSPHERE,
            settings={"flow_unit": "SCCM", "full_scale": 100.0, "when_safe": "close"},
        ),
        StandIn(
            "cellkraft_p10",
            lambda parts: CellkraftP10(parts.world),
            driver="drivers.cellkraft:CellkraftP10",
            roles=ATMOSPHERE,
            settings={"total_pressure_pa": 101325.0, "highest_pa": 15000.0, "when_safe": "dry"},
        ),
        _with_noise(
            "keysight_e4980a", "drivers.lcr_meters:KeysightE4980A", ANALYSER, LcrMeter, longest_list=201
        ),
        _with_noise("agilent_4284a", "drivers.lcr_meters:Agilent4284A", ANALYSER, LcrMeter, longest_list=10),
        _with_noise("keysight_e4990a", "drivers.keysight_e4990a:KeysightE4990A", ANALYSER, KeysightE4990A),
        _with_noise("agilent4294a", "drivers.agilent4294a:Agilent4294A", ANALYSER, Agilent4294A),
        _with_noise("emstat4", "drivers.palmsens:EmStat4HR", BOTH, EmStat4),
        _with_noise("emstat4_lr", "drivers.palmsens:EmStat4LR", BOTH, EmStat4, "emstat4", family=EMSTAT4_LR),
        _with_noise(
            "emstat_pico", "drivers.palmsens:EmStatPico", BOTH, EmStat4, "emstat4", family=EMSTAT_PICO
        ),
        _with_noise("nexus", "drivers.palmsens:Nexus", BOTH, EmStat4, "emstat4", family=NEXUS),
    )
}


VARIANTS: dict[str, StandIn] = {
    stand_in.name: stand_in
    for stand_in in (
        _with_noise(
            "keysight_e4980al",
            "drivers.lcr_meters:KeysightE4980A",
            ANALYSER,
            LcrMeter,
            "keysight_e4980a",
            longest_list=201,
            highest_hz=1e6,
            only_biases_v=(0.0, 1.5, 2.0),
        ),
        _with_noise(
            "solartron1260a",
            "drivers.solartron1260:Solartron1260",
            ANALYSER,
            Solartron1260,
            "solartron1260",
            identity="1260 IMPEDANCE ANALYZER, SOLARTRON, 0, 0",
        ),
        StandIn(
            "keithley2700_7709",
            lambda parts: KeithleySwitch(parts.world, "2700", ("7709",)),
            "keithley2700",
            driver="drivers.keithley_switches:Keithley2700",
            roles=SWITCH,
            settings={"cards": ["7709"]},
        ),
        _in_the_world(
            "huber_cc", "drivers.huber:Huber", OVEN, Huber, "huber", absent=(0x07, 0x13, 0x15, 0x3A)
        ),
    )
}
"""Models that differ from the first stand-in of their driver: an E4980AL-102 without a bias source (data
sheet 5989-4435EN), a 1260A by its identity, a 2700 with a matrix card, a Huber without external sensors and
their choice."""

DRIVERS = {stand_in.name: (stand_in.driver, stand_in.roles) for stand_in in MODELS.values()}
"""Driver and roles of every stand-in that ships, by its name."""

_ALSO = {
    "drivers.solartron_pair:Solartron1260With1287": "solartron1287",
    "drivers.keithley6514:Keithley2400With6514": "keithley2400",
}


def stand_in_for(driver: str) -> str | None:
    """Name of the stand-in that answers a driver, named `module:Class`; None if there is none."""
    names = {stand_in.driver: stand_in.name for stand_in in MODELS.values()}
    return (names | _ALSO).get(driver)


def stand_in_at(file: Path, address: str) -> StandIn:
    """Stand-in for one address in a YAML file: the one given for it there, or the only one.

    Raises ValueError if the file is invalid or has neither.
    """
    found = {to_canonical_name(place): stand_in for place, stand_in in stand_ins_of(file).items()}
    wanted = to_canonical_name(address)
    if wanted in found:
        return found[wanted]
    if len(found) == 1:
        return next(iter(found.values()))
    raise ValueError(f"{file}: there is no resource {address}; there are {', '.join(sorted(found))}")


def stand_ins_of(file: Path) -> dict[str, StandIn]:
    """Stand-ins in a YAML file of pyvisa-sim, by address; raises ValueError if the file is invalid."""
    found = {}
    for address, (name, definition) in read_definitions(file).items():
        found[address] = _own(file, name, definition)
    return found


def _own(file: Path, name: str, definition: dict[str, Any]) -> StandIn:
    reference = definition.get("wire", {}).get("model")
    if reference:
        made_by = own_model(file, reference)
        return StandIn(name, lambda parts: made_by(parts.world), given=definition)
    bound = bind_properties(name, definition)
    return StandIn(name, partial(_property_model, bound), given=bound)


def _property_model(definition: dict[str, Any], parts: Parts) -> Model:
    return PropertyModel(definition)
