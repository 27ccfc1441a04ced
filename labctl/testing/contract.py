"""The contract of every driver, as tests: `pytest --labctl-driver module:Class --labctl-rig RIG` runs them.

`labctl.bench` gives the rules. Each test uses the fixture `candidate`.
"""

import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from labctl.bench import Bench, Limits
from labctl.clock import VirtualClock
from labctl.config.declared import declared
from labctl.config.loading import module_of
from labctl.config.station import read_station
from labctl.errors import InstrumentError, LimitExceeded
from labctl.instrument import Channel, Instrument
from labctl.testing.adapters import Babbling, Dead, Silent
from labctl.testing.beyond import attempts_beyond
from labctl.testing.measurement import (
    AMPLITUDE_V,
    CURRENT_LIMIT_A,
    QUICK_HZ,
    REFUSALS,
    SLOW_HZ,
    STEP_V,
    TARGET_K,
    closed_early,
    energise,
    readings,
    spoil,
)
from labctl.testing.trial import ROLES, Candidate, Partner, own_bases

VERBS = ("Control", "Get", "Measure", "Set")
LONGEST_SILENCE_S = 120.0
OFF_WITHIN_S = 2.0
VISA_RESOLUTION_S = 0.01
SETTLED_OFF_S = 1.0
of_an_oven = pytest.mark.labctl_role("oven")
of_an_analyser = pytest.mark.labctl_role("fra")
of_a_potentiostat = pytest.mark.labctl_role("potentiostat")
of_a_switch = pytest.mark.labctl_role("switch")
of_an_atmosphere = pytest.mark.labctl_role("atmosphere")
of_a_monitor = pytest.mark.labctl_role("monitor")
of_what_stimulates = pytest.mark.labctl_role("oven", "fra", "potentiostat")
of_what_is_made_safe = pytest.mark.labctl_role("oven", "fra", "potentiostat", "switch")
ABSURD = (math.nan, math.inf, -1.0, 1e9)


# Description of the driver.


def test_it_says_which_role_it_has_and_has_all_its_members(candidate: Candidate) -> None:
    """Rule: its docstring names `labctl.bench.<Protocol>`, and it has every member of that protocol."""
    assert set(candidate.claimed_roles) == set(candidate.roles), (
        f"its docstring claims {candidate.claimed_roles}, its members make it {candidate.roles}"
    )
    for role in candidate.claimed_roles:
        protocol = ROLES[role]
        wanted = {n for base in protocol.__mro__ for n in vars(base) if not n.startswith("_")}
        missing = [name for name in sorted(wanted) if not hasattr(candidate.driver_class, name)]
        assert not missing, f"as {protocol.__name__} it lacks {', '.join(missing)}"


def test_its_methods_take_what_the_role_says(candidate: Candidate) -> None:
    """Rule: a procedure can call any driver with the same names and defaults."""
    for role in candidate.roles:
        for method, of_role in inspect.getmembers(ROLES[role], inspect.isfunction):
            if method.startswith("_"):
                continue
            parameters = inspect.signature(getattr(candidate.driver_class, method)).parameters.values()
            wanted = inspect.signature(of_role).parameters.values()
            assert [(p.name, p.default) for p in parameters] == [(p.name, p.default) for p in wanted], method


@of_an_oven
def test_temperatures_set_points_and_rates_can_be_read_and_the_latter_two_written(
    candidate: Candidate,
) -> None:
    """Rule: of a temperature controller."""
    assert inspect.getattr_static(candidate.driver_class, "temperature_k").fset is None
    for name in ("setpoint_k", "ramp_rate_k_s"):
        member = inspect.getattr_static(candidate.driver_class, name)
        assert member.fget, name
        assert member.fset, name


def test_the_manuals_words_are_described_by_what_they_do(candidate: Candidate) -> None:
    """Rule: the docstring of a pymeasure property begins with Control, Get, Measure or Set."""
    for owner in _classes_described(candidate):
        for name, member in vars(owner).items():
            if isinstance(member, property) and "common_base" in member.fget.__code__.co_filename:  # type: ignore[union-attr]
                assert (member.__doc__ or "").strip().startswith(VERBS), f"{owner.__name__}.{name}"


def _classes_described(candidate: Candidate) -> list[type]:
    own = own_bases(candidate.driver_class)
    modules = [module_of(base) for base in own]
    channels = [c for module in modules for c in vars(module).values() if inspect.isclass(c)]
    return own + [c for c in channels if issubclass(c, Channel) and c is not Channel]


def test_it_says_how_it_is_connected_and_how_fast_it_may_be_asked(candidate: Candidate) -> None:
    """Rule: the connection settings are data, so that a station can open the connection."""
    driver_class = candidate.driver_class
    assert issubclass(driver_class, Instrument)
    settings = driver_class.connection_settings
    assert settings["timeout"] > 0
    assert {"timeout", "write_termination", "read_termination", "asrl", "tcpip"} >= settings.keys()
    assert driver_class.write_interval_s >= 0
    assert all(seconds > driver_class.write_interval_s for seconds in driver_class.quiet_after_s.values())


def test_a_station_file_can_name_it(candidate: Candidate, tmp_path: Path) -> None:
    """Rule: `module:Class` in a station file is sufficient; no registration is needed."""
    path = tmp_path / "station.toml"
    path.write_text(_station_text(candidate), encoding="utf-8")
    assert read_station(path).roles == set(candidate.roles)


def _station_text(candidate: Candidate) -> str:
    text = "[limits]\ntemperature_degc = [0, 100]\npotential_v = 1\ncurrent_a = 0.1\n\n"
    text += _instrument_text("it", candidate) + f"roles = {candidate.roles}\n"
    if candidate.partner:
        text += 'with = "partner"\n\n' + _instrument_text("partner", candidate.partner)
    return text


def _instrument_text(name: str, one: Candidate | Partner) -> str:
    driver = f"{one.driver_class.__module__}:{one.driver_class.__name__}"
    head = f'[instruments.{name}]\ndriver = "{driver}"\naddress = "{one.address}"\n'
    return f"{head}settings = {_as_toml(one.settings)}\n"


def _as_toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_as_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_as_toml, value)) + "]"
    return json.dumps(value)


def test_it_neither_sleeps_nor_reads_a_clock_of_its_own(candidate: Candidate) -> None:
    """Rule: the bench provides the clock; a driver that sleeps can be neither simulated nor aborted."""
    for base in own_bases(candidate.driver_class):
        source = inspect.getsource(module_of(base))
        own_time = re.search(r"\btime\.(sleep|time|monotonic)|import time|from time|\bsleep\(", source)
        assert not own_time, f"{base.__module__}: {own_time and own_time[0]}"


# Identity.


def test_constructing_it_sends_nothing(candidate: Candidate) -> None:
    """Rule 1."""
    adapter = Silent()
    candidate.on(adapter)
    assert adapter.sent == []


def test_preparing_it_energises_nothing_and_may_be_repeated(candidate: Candidate) -> None:
    """Rule 1: in the known state everything is off."""
    with candidate.connected() as trial:
        for _ in range(2):
            trial.driver.prepare()
            assert not trial.energised
        assert trial.driver.identity.strip()


def test_another_instrument_at_its_address_is_an_instrument_error(candidate: Candidate) -> None:
    """Rule: `prepare()` checks the identity."""
    with pytest.raises(InstrumentError):
        candidate.on(Babbling()).prepare()


# Making safe.


@of_what_is_made_safe
@pytest.mark.parametrize("adapter_class", [Silent, Dead, Babbling], ids=["silent", "dead", "babbling"])
def test_make_safe_never_believes_an_instrument_that_does_not_confirm(
    candidate: Candidate, adapter_class: type[Silent]
) -> None:
    """Rule 2: it reads back, so silence is an error, each time it is called."""
    adapter = adapter_class()
    driver = candidate.on(adapter)
    for _ in range(2):
        with pytest.raises(InstrumentError):
            driver.make_safe()
    assert adapter.sent


@of_what_is_made_safe
def test_making_a_dead_instrument_safe_tries_as_much_as_making_a_silent_one(candidate: Candidate) -> None:
    """Rule 2: after one failing message the others are still sent."""
    dead, silent = Dead(), Silent()
    for adapter in (dead, silent):
        with suppress(InstrumentError):
            candidate.on(adapter).make_safe()
    assert set(silent.sent) >= set(dead.sent)
    assert dead.sent[0] == silent.sent[0]


def test_make_safe_switches_off_what_was_on_and_may_be_repeated(candidate: Candidate) -> None:
    """Rule 2: in the middle of a measurement, and any number of times."""
    with candidate.connected() as trial:
        end = energise(trial)
        for _ in range(3):
            trial.driver.make_safe()
            assert not trial.energised
        end()
        assert not trial.energised


def test_make_safe_notices_a_command_that_was_not_obeyed(candidate: Candidate) -> None:
    """Rule 2: if any one of its messages is lost, it raises or everything is off."""
    for skip in count():
        with candidate.connected() as trial:
            energise(trial)
            trial.rig.faults.add("refuse", skip=skip)
            try:
                trial.driver.make_safe()
            except InstrumentError:
                error = True
            else:
                error = False
            struck = [strike.command for strike in trial.rig.faults.log]
            assert error or not trial.energised, f"{struck[0]!r} was lost without an error"
        if not struck:
            break


# Switched off.


def _has_own_switch_off(candidate: Candidate) -> bool:
    return candidate.driver_class.switch_off is not Instrument.switch_off


def _switched_off(driver: Any) -> None:
    """Switch off; a missing acknowledgement may be an error, and all is sent before it is raised."""
    with suppress(InstrumentError):
        driver.switch_off()


@pytest.mark.parametrize("adapter_class", [Silent, Dead, Babbling], ids=["silent", "dead", "babbling"])
def test_switching_off_asks_nothing_unless_every_command_is_acknowledged(
    candidate: Candidate, adapter_class: type[Silent]
) -> None:
    """Rule 2: in an emergency nothing waits for an answer; `acknowledges` says that commands have one."""
    adapter = adapter_class()
    _switched_off(candidate.on(adapter))
    assert adapter.reads == 0 or candidate.driver_class.acknowledges


def test_switching_off_a_dead_instrument_tries_as_much_as_switching_off_a_silent_one(
    candidate: Candidate,
) -> None:
    """Rule 2: one failing message does not keep the others from being sent."""
    dead, silent = Dead(), Silent()
    for adapter in (dead, silent):
        _switched_off(candidate.on(adapter))
    assert dead.sent == silent.sent
    assert bool(dead.sent) == _has_own_switch_off(candidate)


def test_switching_off_sends_every_message_of_make_safe_that_is_no_question(candidate: Candidate) -> None:
    """Rule 2: a message without a read answer can only switch something off."""
    off = _messages(candidate, lambda driver: driver.switch_off())
    safe = _messages(candidate, lambda driver: driver.make_safe())
    assert set(safe) <= set(off) or not _has_own_switch_off(candidate)


def _messages(candidate: Candidate, act: Callable[[Any], object]) -> list[str]:
    """Return the messages sent, in the middle of a measurement, without reading an answer."""
    with candidate.connected() as trial:
        energise(trial)
        for connection in trial.connections:
            connection.unanswered.clear()
        act(trial.driver)
        return [message for connection in trial.connections for message in connection.unanswered]


def test_switching_off_is_enough_and_may_be_repeated(candidate: Candidate) -> None:
    """Rule 2: in the middle of a measurement; what it leaves on the wire answers no question later."""
    with candidate.connected() as trial:
        energise(trial)
        for _ in range(2):
            trial.driver.switch_off()
            trial.clock.sleep(SETTLED_OFF_S)
            assert not (trial.energised and _has_own_switch_off(candidate))
        trial.driver.make_safe()
        assert not trial.energised


def test_switching_off_needs_no_answer_and_keeps_a_deadline(candidate: Candidate) -> None:
    """Rule 2: an instrument that obeys but has gone silent is off within two seconds."""
    with candidate.connected() as trial:
        energise(trial)
        trial.rig.faults.add("timeout", count=math.inf)
        began_s = trial.clock.monotonic()
        with trial.driver.until(began_s + OFF_WITHIN_S):
            _switched_off(trial.driver)
        assert trial.clock.monotonic() - began_s <= OFF_WITHIN_S + VISA_RESOLUTION_S
        trial.clock.sleep(SETTLED_OFF_S)
        assert not (trial.energised and _has_own_switch_off(candidate))


def test_it_is_made_safe_within_the_time_that_it_states(candidate: Candidate) -> None:
    """Rule 2: `safe_within_s` is enough for the off messages and, after them, for `make_safe()`."""
    with candidate.connected() as trial:
        energise(trial)
        began_s = trial.clock.monotonic()
        trial.driver.switch_off()
        off_s = trial.clock.monotonic() - began_s
        trial.driver.make_safe()
        stated_s = candidate.driver_class.safe_within_s
        assert off_s <= stated_s / 2
        assert trial.clock.monotonic() - began_s <= stated_s


@of_what_is_made_safe
def test_making_safe_keeps_a_deadline(candidate: Candidate) -> None:
    """Rule 2: a silent instrument is not waited for beyond it."""
    with candidate.connected() as trial:
        energise(trial)
        trial.rig.faults.add("timeout", count=math.inf)
        began_s = trial.clock.monotonic()
        with trial.driver.until(began_s + OFF_WITHIN_S), pytest.raises(InstrumentError):
            trial.driver.make_safe()
        assert trial.clock.monotonic() - began_s <= OFF_WITHIN_S + VISA_RESOLUTION_S


# Refused before it is sent.


@of_what_stimulates
def test_what_is_not_a_number_is_never_sent(candidate: Candidate) -> None:
    """Rule: NaN is refused by the driver, not by the instrument."""
    adapter = Silent()
    driver = candidate.on(adapter)
    attempts = {
        "oven": lambda: setattr(driver, "setpoint_k", math.nan),
        "fra": lambda: list(driver.sweep([1000.0], math.nan)),
        "potentiostat": lambda: list(driver.hold(math.nan, [0.0], 1e-3)),
    }
    for role in candidate.roles:
        with pytest.raises((ValueError, InstrumentError)):
            attempts[role]()
    assert not [sent for sent in adapter.sent if "nan" in sent.lower()]


@of_what_stimulates
def test_the_stations_limits_hold_before_anything_is_sent(candidate: Candidate) -> None:
    """Rule: the bench refuses values outside the station's limits, also if the driver accepts them."""
    adapter = Silent()
    limits = Limits((250.0, 350.0), potential_v=0.5, current_a=0.01)
    on_bench = Bench(VirtualClock(), limits, dict.fromkeys(candidate.roles, candidate.on(adapter)))
    attempts = {
        "oven": lambda: setattr(on_bench.oven, "setpoint_k", 351.0),
        "fra": lambda: on_bench.fra.sweep([1e3], 0.01, bias_v=0.5),
        "potentiostat": lambda: on_bench.potentiostat.hold(0.01, [0.0], 0.02),
    }
    for role in candidate.roles:
        with pytest.raises(LimitExceeded):
            attempts[role]()
    assert adapter.sent == []


def test_what_it_declares_impossible_is_refused_before_anything_is_sent(candidate: Candidate) -> None:
    """Rule: the driver refuses by the ranges that it declares in `can` or `capabilities`."""
    can = declared(candidate.driver_class, candidate.settings)
    for role in candidate.roles:
        for words, attempt in attempts_beyond(role, can):
            adapter = Silent()
            driver = candidate.on(adapter)
            with suppress(InstrumentError), pytest.raises(ValueError, match=r"."):
                attempt(driver)
            assert adapter.sent == [], f"{words} was sent"


@of_an_oven
@pytest.mark.parametrize("value", ABSURD)
def test_a_set_point_it_cannot_reach_is_refused_and_nothing_heats(candidate: Candidate, value: float) -> None:
    """Rule: an error, not the nearest possible value."""
    with candidate.connected() as trial:
        trial.driver.prepare()
        with pytest.raises(REFUSALS):
            trial.driver.setpoint_k = value
        assert not trial.energised


@of_an_analyser
@pytest.mark.parametrize("value", ABSURD)
def test_an_amplitude_or_frequency_it_cannot_do_is_refused(candidate: Candidate, value: float) -> None:
    """Rule: an error, and the stimulus is off."""
    for frequency_hz, amplitude_v, bias_v in ((1e3, value, 0.0), (value, 0.01, 0.0), (1e3, 0.01, value)):
        if bias_v == -1.0:
            continue  # as for any other bias
        with candidate.connected() as trial:
            trial.driver.prepare()
            with pytest.raises(REFUSALS):
                list(trial.driver.sweep([frequency_hz], amplitude_v, 1.0, bias_v))
            assert not trial.energised


@of_a_potentiostat
@pytest.mark.parametrize("value", ABSURD)
def test_a_potential_or_current_it_cannot_do_is_refused(candidate: Candidate, value: float) -> None:
    """Rule: an error, and the cell is off."""
    for potential_v, limit_a in ((value, 1e-3), (0.01, value)):
        if potential_v == -1.0 or limit_a in (1e9, math.inf):
            continue  # as for any other potential; a limit without effect
        with candidate.connected() as trial:
            trial.driver.prepare()
            with pytest.raises(REFUSALS):
                list(trial.driver.hold(potential_v, [0.0], limit_a))
            assert not trial.energised


# Settings and measurements.


@of_an_oven
def test_a_set_point_set_twice_is_the_same_as_set_once(candidate: Candidate) -> None:
    """Rule: a setting gives the new value, not a change of it."""
    with candidate.connected() as trial:
        trial.driver.prepare()
        found = []
        for _ in range(2):
            trial.driver.setpoint_k = TARGET_K
            trial.clock.sleep(10)
            found.append(trial.driver.setpoint_k)
        assert found == pytest.approx([TARGET_K] * 2, abs=0.2)
        trial.driver.ramp_rate_k_s = 0.0
        assert trial.driver.ramp_rate_k_s == 0


@of_an_oven
def test_an_output_that_can_be_read_back_is_on_after_a_set_point_and_off_when_safe(
    candidate: Candidate,
) -> None:
    """Rule: of `output_state`, which is optional: what it says is true, and reading it switches nothing."""
    if not hasattr(candidate.driver_class, "output_state"):
        pytest.skip("the driver offers no output_state")
    with candidate.connected() as trial:
        trial.driver.prepare()
        assert not trial.driver.output_state.is_on
        trial.driver.setpoint_k = TARGET_K
        trial.clock.sleep(10)
        state = trial.driver.output_state
        assert (state.is_on, state.problem) == (True, "")
        assert state.target_k is None or state.target_k == pytest.approx(TARGET_K, abs=0.51)
        assert trial.driver.setpoint_k == pytest.approx(TARGET_K, abs=0.51)
        trial.driver.make_safe()
        assert not trial.driver.output_state.is_on


@of_an_analyser
def test_the_stimulus_is_off_when_a_spectrum_ends_or_is_closed(candidate: Candidate) -> None:
    """Rule: of `sweep`."""
    with candidate.connected() as trial:
        trial.driver.prepare()
        assert len(list(trial.driver.sweep(list(QUICK_HZ), AMPLITUDE_V))) == len(QUICK_HZ)
        assert not trial.energised
        closed_early(trial.driver.sweep(list(QUICK_HZ), AMPLITUDE_V))
        assert not trial.energised


@of_a_potentiostat
def test_the_cell_is_held_until_the_iterator_is_closed(candidate: Candidate) -> None:
    """Rule: of `hold`."""
    with candidate.connected() as trial:
        trial.driver.prepare()
        with closing(trial.driver.hold(STEP_V, [0.0, 1.0], CURRENT_LIMIT_A)) as points:
            next(points)
            assert trial.energised is not False
        assert not trial.energised
        list(trial.driver.rest([0.0]))
        assert not trial.energised


# Switches and monitors.


@of_a_switch
def test_closing_a_channel_opens_every_other(candidate: Candidate) -> None:
    """Rule: of `close`: exactly the channels given are closed, and none after `open_all`."""
    with candidate.connected() as trial:
        trial.driver.prepare()
        first, second, *_ = trial.driver.channels
        for wanted in ([first], [second], [second, first]):
            trial.driver.close(wanted)
            assert trial.driver.closed_channels == set(wanted)
            assert trial.energised is not False
        trial.driver.open_all()
        assert trial.driver.closed_channels == frozenset()
        assert not trial.energised


@of_a_switch
def test_a_channel_that_it_does_not_have_is_refused_before_anything_is_sent(candidate: Candidate) -> None:
    """Rule: of `close`."""
    adapter = Silent()
    driver = candidate.on(adapter)
    with pytest.raises(ValueError, match="no such channel"):
        driver.close([driver.channels[0], "no such channel"])
    assert adapter.sent == []


@of_a_switch
def test_a_connection_that_was_not_obeyed_is_noticed(candidate: Candidate) -> None:
    """Rule: of `close`: if any one of its messages is lost, it raises or the channels are closed."""
    for skip in count():
        with candidate.connected() as trial:
            trial.driver.prepare()
            first, second, *_ = trial.driver.channels
            trial.driver.close([first])
            trial.rig.faults.add("refuse", skip=skip)
            with suppress(InstrumentError):
                trial.driver.close([second])
                assert trial.driver.closed_channels == {second}
            struck = [strike.command for strike in trial.rig.faults.log]
            trial.rig.faults.clear()
            trial.driver.make_safe()
            assert not trial.energised
        if not struck:
            break


@of_a_monitor
def test_what_it_watches_has_names_with_units_and_finite_values(candidate: Candidate) -> None:
    """Rule: of `readings`: the same names each time."""
    with candidate.connected() as trial:
        trial.driver.prepare()
        found = [trial.driver.readings for _ in range(2)]
        assert found[0]
        assert found[0].keys() == found[1].keys()
        assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", name) for name in found[0])
        assert all(math.isfinite(value) for value in found[0].values())


@of_an_atmosphere
def test_a_set_point_is_read_back_and_the_quantity_follows_it(candidate: Candidate) -> None:
    """Rule: of `setpoint`, `value` and `readings`; preparing it changes no set point."""
    with candidate.connected() as trial:
        driver = trial.driver
        driver.prepare()
        before = driver.setpoint
        wanted = _another_set_point(driver)
        driver.setpoint = wanted
        assert driver.setpoint == pytest.approx(wanted, rel=0.02)
        trial.clock.sleep(SETTLED_OFF_S * 600)
        assert driver.value == pytest.approx(wanted, rel=0.05)
        assert driver.readings[driver.quantity] == pytest.approx(wanted, rel=0.05)
        driver.prepare()
        assert driver.setpoint == pytest.approx(wanted, rel=0.02)
        assert before != pytest.approx(wanted, rel=0.02)


@of_an_atmosphere
def test_a_set_point_out_of_range_is_refused_before_anything_is_sent(candidate: Candidate) -> None:
    """Rule: of `setpoint`."""
    for absurd in (math.nan, math.inf, -math.inf, 1e30):
        adapter = Silent()
        with pytest.raises(LimitExceeded):
            candidate.on(adapter).setpoint = absurd
        assert adapter.sent == []


@of_an_atmosphere
def test_a_set_point_that_was_not_obeyed_is_noticed(candidate: Candidate) -> None:
    """Rule: of `setpoint`: if any one of its messages is lost, it raises or the set point is as given."""
    for skip in count():
        with candidate.connected() as trial:
            trial.driver.prepare()
            wanted = _another_set_point(trial.driver)
            trial.rig.faults.add("refuse", skip=skip)
            with suppress(InstrumentError):
                trial.driver.setpoint = wanted
                trial.rig.faults.clear()
                assert trial.driver.setpoint == pytest.approx(wanted, rel=0.02)
            struck = [strike.command for strike in trial.rig.faults.log]
        if not struck:
            break


@of_an_atmosphere
def test_making_a_dead_atmosphere_safe_is_an_error(candidate: Candidate) -> None:
    """Rule 6: what it does, leave or purge or close, is read back."""
    with pytest.raises(InstrumentError):
        candidate.on(Dead()).make_safe()


def _another_set_point(driver: Any) -> float:
    """Return a set point that the driver accepts and that is not the present one."""
    for wanted in (1e-7, 1e-6, 10.0, 280.0, 1e3):
        with suppress(LimitExceeded, InstrumentError):
            if wanted != pytest.approx(driver.setpoint, rel=0.02):
                driver.setpoint = wanted
                driver.setpoint = 0.5 * wanted
                return wanted
    raise AssertionError("no set point of the usual quantities is accepted")


# Time-outs.


def test_silence_is_noticed_in_reasonable_time(candidate: Candidate) -> None:
    """Rule: a time-out follows the measurement; a quick one does not wait for hours."""
    for name, reading in readings(candidate).items():
        outcome = spoil(candidate, reading, "timeout", count=math.inf)
        assert outcome.took_s < LONGEST_SILENCE_S, f"{name}: silence was noticed after {outcome.took_s:g} s"


@of_an_analyser
def test_a_slow_point_is_waited_for_as_long_as_it_takes(candidate: Candidate) -> None:
    """Rule: a time-out follows the measurement; at the lowest frequency a point takes its periods."""
    longest_s = {}
    for frequency_hz in (QUICK_HZ[1], _lowest_hz(candidate)):
        with candidate.connected() as trial:
            trial.driver.prepare()
            (point,) = trial.driver.sweep([frequency_hz], AMPLITUDE_V)
            assert point.frequency_hz == pytest.approx(frequency_hz, rel=0.01)
            needed_s = trial.driver.point_duration_s(frequency_hz)
            longest_s[frequency_hz] = trial.longest_timeout_s
            assert trial.longest_timeout_s >= needed_s, f"{frequency_hz:g} Hz takes {needed_s:g} s"
    quick_s, slow_s = longest_s.values()
    assert slow_s > quick_s, "the time-out is the same for quick and slow points"


def _lowest_hz(candidate: Candidate) -> float:
    """Return the lowest of some frequencies that the driver accepts."""
    for frequency_hz in (1e-2, 0.1, 1.0, 10.0, 20.0):
        with candidate.connected() as trial, suppress(*REFUSALS):
            trial.driver.prepare()
            list(trial.driver.sweep([frequency_hz], AMPLITUDE_V))
            return frequency_hz
    return SLOW_HZ
