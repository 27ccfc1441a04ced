import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus_map import TYPES, UNITS, Place, Quantity, read_oven_map
from labctl.errors import ConfigurationError
from sim_instruments.stand_ins import MODELS

EXAMPLE = MODELS["modbus_oven"].settings
LIMITS = {
    "int16": (-0x8000, 0x7FFF),
    "uint16": (0, 0xFFFF),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
}


def changed(path, value, settings=EXAMPLE):
    """The example with another value at a dotted path; the value `REMOVED` removes the key."""
    key, _, rest = path.partition(".")
    if isinstance(settings, (list, tuple)):
        return [changed(rest, value, one) if str(i) == key else one for i, one in enumerate(settings)]
    copy = dict(settings)
    if rest:
        copy[key] = changed(rest, value, copy[key])
    elif value == REMOVED:
        copy.pop(key)
    else:
        copy[key] = value
    return copy


REMOVED = "removed"
MISTAKES = [
    ("temperature", REMOVED, "settings.temperature"),
    ("set_points", REMOVED, "settings.set_points"),
    ("set_points", [300, 0], "settings.set_points"),
    ("set_points", [0, math.inf], "settings.set_points"),
    ("temperature_unit", "C", "settings.temperature_unit"),
    ("framing", "ascii", "settings.framing"),
    ("word_order", "little", "settings.word_order"),
    ("temprature", {"address": 1}, "settings.temprature"),
    ("temperature", 16, "settings.temperature"),
    ("temperature.address", REMOVED, "settings.temperature.address"),
    ("temperature.address", 0x10000, "settings.temperature.address"),
    ("temperature.address", "0x10", "settings.temperature.address"),
    ("temperature.address", True, "settings.temperature.address"),
    ("temperature.type", "word", "settings.temperature.type"),
    ("temperature.function", 1, "settings.temperature.function"),
    ("temperature.scale", 0, "settings.temperature.scale"),
    ("temperature.offset", "1", "settings.temperature.offset"),
    ("temperature.adress", 1, "settings.temperature.adress"),
    ("ramp.per", "hour", "settings.ramp.per"),
    ("on", [], "settings.on"),
    ("off", REMOVED, "settings.off"),
    ("off", {"address": 1, "value": 0}, "settings.off"),
    ("off.0.value", REMOVED, "settings.off[0].value"),
    ("off.0.value", 70000, "settings.off[0].value"),
    ("off.0.function", 4, "settings.off[0].function"),
    ("off.0.read_back", 0, "settings.off[0].read_back"),
    ("is_off", [], "settings.is_off"),
    ("is_off.0.values", [], "settings.is_off[0].values"),
    ("is_off.0.values", REMOVED, "settings.is_off[0].values"),
    ("is_off.0.bit", 1, "settings.is_off[0].values"),
    ("errors.0.words", REMOVED, "settings.errors[0].words"),
    ("errors.0.bit", 16, "settings.errors[0].bit"),
    ("errors.0.type", "float32", "settings.errors[0].bit"),
    ("other_masters.1.values", ["2"], "settings.other_masters[1].values"),
    ("identity.values", 5, "settings.identity.values"),
    ("single_writes", "no", "settings.single_writes"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "key"), MISTAKES, ids=lambda one: str(one)[:30])
def test_every_mistake_is_refused_with_its_key(path, value, key):
    with pytest.raises(ConfigurationError) as refusal:
        read_oven_map("oven", changed(path, value))
    assert refusal.value.key == key
    assert str(refusal.value).startswith("oven")


def test_a_misspelt_key_is_answered_by_the_right_one():
    with pytest.raises(ConfigurationError, match="did you mean 'temperature'"):
        read_oven_map("oven", changed("temprature", {"address": 1}))


def test_the_example_is_read():
    described = read_oven_map("oven", EXAMPLE)
    assert described.temperature == Quantity(Place(0x10, "int16", 4), 0.1)
    assert (described.lowest_k, described.highest_k) == pytest.approx((273.15, 573.15))
    assert described.ramp.per_s == 60
    assert [state.words for state in described.other_masters] == ["a program rules", "it is in manual mode"]


@given(st.sampled_from(sorted(LIMITS)), st.booleans(), st.data())
def test_every_number_that_fits_comes_back(kind, low_first, data):
    number = data.draw(st.integers(*LIMITS[kind]))
    place = Place(0, kind, 3, low_first)
    words = place.words(number)
    assert len(words) == place.count
    assert place.decoded(struct.pack(f">{len(words)}H", *words)) == number


@pytest.mark.parametrize("kind", LIMITS)
def test_a_number_that_does_not_fit_is_refused(kind):
    low, high = LIMITS[kind]
    for number in (low - 1, high + 1):
        with pytest.raises(ValueError, match="does not fit"):
            Place(0, kind).words(number)


def test_the_order_of_the_words_of_a_float_is_the_one_that_is_given():
    """1.001 is 3F80 20C5, from the Eurotherm handbook."""
    assert Place(0, "float32").words(1.001) == (0x3F80, 0x20C5)
    assert Place(0, "float32", 3, low_first=True).words(1.001) == (0x20C5, 0x3F80)
    assert Place(0, "float32", 3, low_first=True).decoded(bytes.fromhex("20C5 3F80")) == pytest.approx(1.001)


def test_a_float_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        Place(0, "float32").decoded(bytes.fromhex("7FC0 0000"))


@pytest.mark.parametrize(("name", "degrees"), [("degC", 25.0), ("K", 298.15), ("degF", 77.0)])
def test_temperatures_are_converted_from_and_to_every_unit(name, degrees):
    assert UNITS[name].to_k(degrees) == pytest.approx(298.15)
    assert UNITS[name].of_k(298.15) == pytest.approx(degrees)


def test_every_type_has_one_or_two_registers():
    assert {kind: Place(0, kind).count for kind in TYPES} == {
        "int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2,
    }  # fmt: skip
