"""The steps of docs/how-to/add-a-modbus-oven.md, with its own station file."""

import inspect
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.modbus_map import TYPES
from drivers.modbus_oven import ModbusOven
from labctl.config.protocol import parse_protocol
from labctl.config.stand_ins import stand_ins_of
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.queue.rehearsal import rehearse
from labctl.testing import contract
from labctl.testing.trial import find_candidate

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "add-a-modbus-oven.md").read_text(encoding="utf-8")
STATION, NETWORK, COMMANDS = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.S)
SUITE = re.search(r"^    pytest (--labctl-driver .*)$", PAGE, flags=re.M)
PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_hold:TemperatureHold"
temperature_degc = 60
hold_min = 5
"""
RULES = [
    contract.test_a_station_file_can_name_it,
    contract.test_preparing_it_energises_nothing_and_may_be_repeated,
    contract.test_make_safe_switches_off_what_was_on_and_may_be_repeated,
    contract.test_make_safe_notices_a_command_that_was_not_obeyed,
    contract.test_switching_off_sends_every_message_of_make_safe_that_is_no_question,
    contract.test_switching_off_is_enough_and_may_be_repeated,
    contract.test_it_is_made_safe_within_the_time_that_it_states,
    contract.test_a_set_point_set_twice_is_the_same_as_set_once,
    contract.test_an_output_that_can_be_read_back_is_on_after_a_set_point_and_off_when_safe,
]


@pytest.fixture
def station(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION, encoding="utf-8")
    return path


@pytest.fixture(params=["the station file", "on the network", "with commands"])
def candidate(request, station):
    """The driver as the page describes it, with the lines of each example in the station file."""
    found = find_candidate(*SUITE[1].split()[1::2][:1], str(station))
    changes = {"on the network": NETWORK, "with commands": COMMANDS}.get(request.param, "")
    settings = {**found.settings, **tomllib.loads(changes)}
    described = {"stand_in": "modbus_oven", "settings": settings}

    def build(clock, seed=1):
        from sim_instruments.rig import build as build_rig

        return build_rig(clock, seed=seed, instruments={found.address: described})

    return replace(found, build=build, settings=settings)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__[5:])
def test_the_contract_holds_for_the_examples_of_the_page(candidate, rule, tmp_path):
    if "tmp_path" in inspect.signature(rule).parameters:
        rule(candidate, tmp_path)
    else:
        rule(candidate)


def test_the_page_names_every_setting_and_every_type():
    parameters = inspect.signature(ModbusOven).parameters.values()
    settings = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    assert not [name for name in settings if not re.search(rf"^\| .*`{name}`", PAGE, flags=re.M)]
    assert not [kind for kind in TYPES if f'"{kind}"' not in PAGE]


def test_a_station_with_it_is_rehearsed_with_the_registers_of_its_own_settings(station):
    read = read_station(station)
    described = stand_ins_of(read)["ASRL3::INSTR"]
    assert described["stand_in"] == "modbus_oven"
    assert described["settings"]["target"] == {"address": 0x0100, "scale": 0.1}
    protocol = station.with_name("protocol.toml")
    protocol.write_text(PROTOCOL, encoding="utf-8")
    (job,) = rehearse([parse_protocol(PROTOCOL, protocol)], read).jobs
    assert job.problem == ""
    assert job.highest_k == pytest.approx(333.15, abs=1)


def test_a_mistake_in_the_station_file_is_named_by_its_key_without_the_oven(station):
    text = STATION.replace("target = { address", "target = { adress")
    station.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"instruments\.oven\.settings\.target\.address: is missing"):
        read_station(station)
