"""Tests of what a driver declares: patterns of messages, members of a family, fingerprints of checks."""

from dataclasses import replace

import pytest

from labctl.command_table import BenchCheck, Message, bench_checks_of, messages_of, undeclared, unsent
from labctl.instrument import Instrument

CHECK = BenchCheck("the unit", "read the display", "the same", reads="temperature_k", within=0.5)


class Family(Instrument):
    messages = (
        Message("TEMP?", "temperature", "degC"),
        Message("SETP <output>,<value>", "set point", "degC"),
        Message("HEAT <0|1>", "heater", when="with a heater"),
        Message("*RST", "reset", when="never: it forgets the sensor"),
        Message("ZONE <n>", "zone", only_for=("Large",)),
    )
    bench_checks = (CHECK, replace(CHECK, name="the zones", only_for=("Large",)))


class Large(Family):
    pass


@pytest.mark.parametrize(
    ("command", "text", "fits"),
    [
        ("SETP <output>,<value>", "SETP 1,300.5", True),
        ("SETP <output>,<value>", "SETP 1,300.5,2", False),
        ("SETP <output>,<value>", "SETP 1", False),
        ("HEAT <0|1>", "HEAT 1", True),
        ("HEAT <0|1>", "HEAT 2", False),
        ("PV?", "PVX", False),
        ("<text...>", "a, b; c\nd", True),
        ("R1<rate>", "R12000", True),
    ],
)
def test_a_placeholder_stands_for_one_field(command, text, fits):
    assert Message(command, "").matches(text) is fits


def test_a_member_of_a_family_has_the_table_of_the_family_and_its_own_rows():
    assert len(messages_of(Family)) == 4
    assert len(messages_of(Large)) == 5
    assert [check.name for check in bench_checks_of(Family)] == ["the unit"]
    assert [check.name for check in bench_checks_of(Large)] == ["the unit", "the zones"]


def test_a_driver_without_declarations_has_none():
    assert messages_of(Instrument) == bench_checks_of(Instrument) == ()


def test_a_message_that_is_not_declared_is_named_once():
    assert undeclared(Family, ["TEMP?", "VOLT?", "SETP 1,3", "VOLT?", "ZONE 1"]) == ["VOLT?", "ZONE 1"]


def test_a_declared_message_of_every_measurement_that_is_not_sent_is_named():
    assert [message.command for message in unsent(Family, ["SETP 1,3"])] == ["TEMP?"]
    assert unsent(Family, ["SETP 1,3", "TEMP?"]) == []


def test_a_message_is_unconfirmed_until_it_was_tried_on_hardware():
    assert not Message("TEMP?", "").is_confirmed
    assert Message("TEMP?", "", on_hardware="our 336, 2026").is_confirmed
    assert not Message("*RST", "", when="never: it resets").is_sent


def test_the_fingerprint_of_a_check_changes_with_what_is_expected():
    assert CHECK.fingerprint == replace(CHECK, name="its unit", only_for=("Large",)).fingerprint
    assert CHECK.fingerprint != replace(CHECK, expect="25").fingerprint
    assert CHECK.fingerprint != replace(CHECK, within=5.0).fingerprint


def test_each_line_of_a_text_is_a_message_unless_the_driver_says_otherwise():
    assert Instrument.declared_texts("e\nset_e 100\n\n") == ("e", "set_e 100")
