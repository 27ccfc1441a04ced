"""One state of a front panel: the driver prepares and measures, and is held against the simulated world."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from front_panels.setting import Panel, Stand, State
from labctl.bench import Bench, Limits
from labctl.errors import ConfigurationError, InstrumentError, SettingLost, SettlingTimeout
from labctl.measure.settle import SettlingCriterion, settle
from labctl.testing.trial import Candidate, Trial

REFUSALS = (ConfigurationError, InstrumentError, SettingLost, SettlingTimeout, ValueError)
LIMITS = Limits((200.0, 520.0), 2.0, 0.1)
CRITERION = SettlingCriterion(band_k=0.5, dwell_s=900.0, timeout_s=3 * 3600.0, poll_s=30.0)
ZERO_CELSIUS_K = 273.15
RAMP_K_S, RAMP_FACTOR, RAMP_OVER_S = 3 / 60, 1.6, 120.0
READING_K, REACHED_K, COLDER_K = 0.6, 1.0, 20.0
LEFT_FOR_S, READ_WITHIN_S = 20.0, 0.3
FASTER = "faster than the ramp K/s"
FREQUENCIES_HZ, AMPLITUDE_V, BIAS_V = (1e5, 1e4, 1e3), 0.02, 0.0
STEP_V, STEP_TIMES_S, LIMIT_A = 0.01, (0.0, 5.0), 1e-3
WATER_PA, GAS_SETTLES_S = 2026.5, 600.0
FLOW_M3_S, FLOW_SHARE, SCCM_M3_S = 5e-7, 0.01, 1e-6 / 60 * 273.15 / 298.15
IMPEDANCE_SHARE, CURRENT_SHARE, POTENTIAL_V = 0.02, 0.02, 1e-3


@dataclass
class Verdict:
    """Result of one state.

    `refused` is the error of the driver, or the status of a point that is not ok; `wrong` is the first value
    that disagrees with the simulated world.
    """

    refused: str = ""
    wrong: str = ""
    values: list[str] = field(default_factory=list)

    def outcome(self, state: State) -> str:
        """Return `right`, `refused` (by name, as listed), `not named`, `not listed` or `wrong`."""
        if self.wrong:
            return "wrong"
        if not self.refused:
            return "right"
        if state.meanwhile:
            return "refused"
        if not state.refusals:
            return "not listed"
        named = any(re.search(pattern, self.refused) for pattern in state.refusals)
        return "refused" if named else "not named"


def judge(candidate: Candidate, panel: Panel, state: State) -> Verdict:
    """Leave the state at a new stand-in, let the driver prepare and measure, and judge every value."""
    settings = {**candidate.settings, **panel.driver_settings}
    verdict = Verdict()
    with replace(candidate, settings=settings).connected(seed=state.seed + state.number) as trial:
        try:
            if is_thermometer(trial.driver):
                trial.rig.world.oven.start_at(panel.target_degc + ZERO_CELSIUS_K)
            if state.meanwhile:
                trial.driver.prepare()
            leave(trial, state)
            trial.clock.sleep(LEFT_FOR_S)
            if not state.meanwhile:
                trial.driver.prepare()
            for quantity, seen, true, allowed in measured(trial, panel, state):
                verdict.values.append(f"{quantity} {seen:.6g}")
                if not verdict.wrong and not abs(seen - true) <= allowed:
                    verdict.wrong = f"{quantity} {seen:.6g} instead of {true:.6g}"
        except Doubted as doubt:
            verdict.refused = str(doubt)
        except REFUSALS as failure:
            verdict.refused = f"{type(failure).__name__}: {failure}"
    return verdict


class Doubted(Exception):
    """Raised for a point with a status other than ok: the driver reports that it may be wrong."""


def leave(trial: Trial, state: State) -> None:
    """Leave the settings of a state at the stand-ins."""
    partner, own = trial.addresses[0], trial.addresses[-1]
    chance = state.chance
    for setting in state.settings:
        address = partner if setting.of_partner else own
        setting.leave(Stand(trial.rig.instruments[address], trial.rig.devices[address]), chance)
        trial.rig.devices[address].discard_arrived()


Compared = tuple[str, complex, complex, float]


def measured(trial: Trial, panel: Panel, state: State) -> Iterator[Compared]:
    """Yield quantity, the value seen or asked for, the true value, and how far they may differ.

    Settings left after preparing may have moved the oven already: the rate is then not judged.
    """
    driver = trial.driver
    if is_thermometer(driver):
        yield from readings(trial, panel)
    if hasattr(driver, "setpoint_k"):
        for compared in temperatures(trial, panel.target_degc + ZERO_CELSIUS_K, state.chance.random() < 0.5):
            if not (state.meanwhile and compared[0] == FASTER):
                yield compared
    if hasattr(driver, "closed_channels"):
        yield from connections(trial)
    if hasattr(driver, "quantity"):
        yield from conditions(trial)
    if hasattr(driver, "sweep"):
        yield from impedances(trial)
    if hasattr(driver, "hold"):
        yield from currents(trial)
    driver.make_safe()
    if trial.energised is not None:
        yield "outputs on", float(trial.energised), 0.0, 0.0


def conditions(trial: Trial) -> Iterator[Compared]:
    """Set a flow or a pressure of water, and read it when it has settled."""
    driver = trial.driver
    (model,) = (trial.rig.instruments[address] for address in trial.addresses)
    wanted = FLOW_M3_S if driver.quantity == "flow_m3_s" else WATER_PA
    driver.setpoint = wanted
    trial.clock.sleep(GAS_SETTLES_S)
    read = driver.value
    true = model.flow * SCCM_M3_S if driver.quantity == "flow_m3_s" else model.water_pa
    yield driver.quantity, read, true, FLOW_SHARE * wanted
    yield f"set {driver.quantity}", driver.setpoint, wanted, FLOW_SHARE * wanted
    yield f"true {driver.quantity}", true, wanted, FLOW_SHARE * wanted


def connections(trial: Trial) -> Iterator[Compared]:
    """Close two channels; count the relays that are otherwise."""
    wanted = trial.driver.channels[:2]
    trial.driver.close(wanted)
    (model,) = (trial.rig.instruments[address] for address in trial.addresses)
    yield "relays otherwise", float(len(model.relays.closed ^ set(wanted))), 0.0, 0.0


def is_thermometer(driver: Any) -> bool:
    """Return whether the driver reads a temperature and controls none; nothing is sent."""
    return hasattr(type(driver), "temperature_k") and not hasattr(type(driver), "setpoint_k")


def readings(trial: Trial, panel: Panel) -> Iterator[Compared]:
    """Read a temperature, and another one when the oven is colder."""
    oven = trial.rig.world.oven
    yield "temperature K", trial.driver.temperature_k, oven.sample_k, READING_K
    oven.start_at(panel.target_degc + ZERO_CELSIUS_K - COLDER_K)
    trial.clock.sleep(LEFT_FOR_S)
    yield "temperature K", trial.driver.temperature_k, oven.sample_k, READING_K


def temperatures(trial: Trial, target_k: float, ramps: bool) -> Iterator[Compared]:
    """Set a set point, with a ramp if the driver has one, and wait until the readings are steady."""
    oven, driver = trial.rig.world.oven, trial.driver
    bench = Bench(trial.clock, LIMITS, {"oven": driver})
    rate_k_s = asked_rate(bench, ramps)
    bench.oven.setpoint_k = target_k
    true_k: list[float] = []
    for reading in settle(bench, target_k, CRITERION, lambda: False):
        true_k.append(oven.sensor_k)
        if reading.phase == "dwell":
            yield "reading K", reading.temperature_k, oven.sensor_k, READING_K
    yield "oven K", target_k, oven.sensor_k, REACHED_K
    yield "set point K", driver.setpoint_k, target_k, REACHED_K
    if rate_k_s:
        over = round(RAMP_OVER_S / CRITERION.poll_s)
        fastest = max((abs(b - a) for a, b in zip(true_k, true_k[over:], strict=False)), default=0.0)
        yield FASTER, max(0.0, fastest / RAMP_OVER_S - RAMP_FACTOR * rate_k_s), 0.0, 0.0


def asked_rate(bench: Bench, ramps: bool) -> float:
    """Set a ramp rate and return it; 0 without a ramp."""
    if ramps and not any(base.__name__ == "WithoutRamp" for base in type(bench.roles["oven"]).__mro__):
        bench.oven.ramp_rate_k_s = RAMP_K_S
        return RAMP_K_S
    bench.oven.ramp_rate_k_s = 0.0
    return 0.0


def impedances(trial: Trial) -> Iterator[Compared]:
    """Measure a spectrum at zero bias; while it runs, look at the amplitude and the bias at the cell."""
    world = trial.rig.world
    for point in trial.driver.sweep(FREQUENCIES_HZ, AMPLITUDE_V, 0.2, BIAS_V):
        if point.status != "ok":
            raise Doubted(point.status)
        true_ohm = world.cell_impedance_ohm(point.frequency_hz)
        seen_ohm = complex(point.z_real_ohm, point.z_imag_ohm)
        yield f"impedance at {point.frequency_hz:g} Hz", seen_ohm, true_ohm, IMPEDANCE_SHARE * abs(true_ohm)
        for model in (trial.rig.instruments[address] for address in trial.addresses):
            if hasattr(model, "stimulus_v"):
                amplitude_v, bias_v = model.stimulus_v
                yield "amplitude at the cell V", AMPLITUDE_V, amplitude_v, 0.05 * AMPLITUDE_V
                yield "bias at the cell V", BIAS_V, bias_v, POTENTIAL_V


def currents(trial: Trial) -> Iterator[Compared]:
    """Hold the cell at a potential; compare measured and true current and potential."""
    terminals, world = trial.rig.world.terminals, trial.rig.world
    for point in trial.driver.hold(STEP_V, STEP_TIMES_S, LIMIT_A):
        if point.status != "ok":
            raise Doubted(point.status)
        true_a, before_a = (terminals.current_a(world.time_s - ago_s) for ago_s in (0.0, READ_WITHIN_S))
        allowed_a = CURRENT_SHARE * abs(true_a) + abs(true_a - before_a)
        yield "current A", point.current_a, true_a, allowed_a
        yield "potential V", point.potential_v, terminals.potential_v, POTENTIAL_V
        yield "potential at the cell V", STEP_V, terminals.potential_v, POTENTIAL_V
