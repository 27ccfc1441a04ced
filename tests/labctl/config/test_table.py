"""Values of TOML that no key of labctl can have."""

import math

import pytest

from labctl.config.table import Table
from labctl.errors import ConfigurationError


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), math.inf, math.nan, "1.0", True, [1], {"a": 10**5000}]
)
def test_a_number_is_one_that_a_double_can_hold(value):
    with pytest.raises(ConfigurationError) as caught:
        Table("x.toml", {"a": value}).number("a")
    assert len(str(caught.value)) < 300
    with pytest.raises(ConfigurationError):
        Table("x.toml", {"a": [0, value]}).pair("a")


def test_a_number_in_quotes_is_told_so():
    with pytest.raises(ConfigurationError, match="give a number, without quotes and with a decimal point"):
        Table("x.toml", {"a": "1,5"}).number("a")


@pytest.mark.parametrize("value", ["a\x00b", "\x1b[2J", "\u202ex", "a\x85b"])
def test_a_text_has_no_control_characters(value):
    with pytest.raises(ConfigurationError, match="with a control character; remove it") as caught:
        Table("x.toml", {"a": value}).text("a")
    assert value not in str(caught.value)


def test_a_text_may_have_lines():
    assert Table("x.toml", {"a": "one\n\ttwo"}).text("a") == "one\n\ttwo"


def test_a_path_of_windows_that_became_an_escape_is_told_so():
    with pytest.raises(ConfigurationError, match="begins an escape; use single quotes, or /"):
        Table("x.toml", {"a": "C:\new"}).text("a")


def test_a_key_is_shown_as_data():
    table = Table("x.toml", {"a\x00b": {}}).table("a\x00b")
    assert str(table.error("c", "is missing")) == r"x.toml: a\x00b.c: is missing"


def test_a_missing_key_names_the_key_that_may_be_meant_for_it():
    with pytest.raises(ConfigurationError, match=r"x\.toml: a: is missing; give a number$"):
        Table("x.toml", {"b": 1.0}).number("a")
    misspelt = Table("x.toml", {"thicknes_mm": 1.0})
    with pytest.raises(ConfigurationError, match="is 'thicknes_mm' meant to be 'thickness_mm'"):
        misspelt.number("thickness_mm")


@pytest.mark.parametrize("other", ["thickness_uncertainty_mm", "pellet_diameter_mm"])
def test_another_key_of_the_table_is_not_taken_for_a_missing_one(other):
    for missing in ("thickness_mm", "diameter_mm"):
        assert Table("x.toml", {other: 1.0}).misspelt(missing) == ""
