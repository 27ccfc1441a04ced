"""A protocol with the samples of several cells."""

import pytest

from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError

SAMPLE = """
[[sample]]
cell = "{cell}"
name = "{name}"
thickness_mm = 1.0
diameter_mm = 10
"""
SERIES = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [30, 50]
dwell_min = 1
"""


def text(*cells, after=SERIES):
    return "".join(SAMPLE.format(cell=cell, name=f"pellet {cell}") for cell in cells) + after


def parsed(*cells, after=SERIES):
    return parse_protocol(text(*cells, after=after), "night.toml")


def test_every_procedure_measures_all_samples_in_their_order():
    protocol = parsed("B", "A")
    assert list(protocol.in_cells) == ["B", "A"]
    assert [sample.name for sample in protocol.samples] == ["pellet B", "pellet A"]
    assert protocol.sample.name == "pellet B"
    assert [entry.cells for entry in protocol.procedures] == [("B", "A")]


def test_a_procedure_names_its_cells_and_their_order():
    only_a = SERIES + 'cells = ["A"]\n'
    protocol = parsed("A", "B", after=SERIES + 'cells = ["B", "A"]\n' + only_a)
    assert [entry.cells for entry in protocol.procedures] == [("B", "A"), ("A",)]
    assert [entry.sample.name for entry in protocol.procedures] == ["pellet B", "pellet A"]


def test_the_part_of_one_cell_is_a_protocol_of_one_sample():
    part = parsed("A", "B", after=SERIES + SERIES + 'cells = ["A"]\n').of_cell("B")
    assert (part.sample.name, part.in_cells, len(part.procedures)) == ("pellet B", {}, 1)
    assert part.procedures[0].cells == ()


def test_the_plan_settles_once_for_all_samples():
    labels = [step.label for step in parsed("A", "B").plan()]
    assert labels[0].startswith("settle at 30 degC")
    assert [label.rpartition(", ")[2] for label in labels[1:3]] == ["cell A", "cell B"]
    assert labels[3].startswith("settle at 50 degC")
    assert len(labels) == 6


def test_samples_as_they_were_when_queued_replace_those_of_the_text():
    known = parsed("A", "B")
    again = parse_protocol(text("A", "B").replace("= 1.0", "= 2.0"), "x", in_cells=known.in_cells)
    assert [sample.thickness_m for sample in again.samples] == [1e-3, 1e-3]


def test_a_protocol_of_one_sample_names_no_cell():
    table = SAMPLE.format(cell="", name="pellet").replace("[[sample]]", "[sample]").replace('cell = ""\n', "")
    protocol = parse_protocol(table + SERIES, "night.toml")
    assert protocol.in_cells == {}
    assert [entry.cells for entry in protocol.procedures] == [()]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (text("A", "A"), "sample[1].cell: is 'A', where 'pellet A' is already"),
        (
            text("A", "B").replace("pellet B", "pellet A"),
            "sample[1].name: is 'pellet A', the name of another",
        ),
        (text("A").replace('cell = "A"\n', ""), "sample[0].cell: is missing"),
        (
            text("A", after=SERIES + 'cells = ["C"]\n'),
            "procedure[0].cells: names 'C'; cells of this protocol: A",
        ),
        (
            text("A", "B", after=SERIES + 'history = "dry 120 degC 2 h"\n'),
            "procedure[0].history: is for one sample in an oven; hold it before",
        ),
        (text("A", after=SERIES + "cells = []\n"), "procedure[0].cells: is []; give a list of cells"),
        (text("A", after=SERIES + 'cells = "A"\n'), "procedure[0].cells: is 'A'; give a list of cells"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(given, said):
    with pytest.raises(ConfigurationError) as refused:
        parse_protocol(given, "night.toml")
    assert said in str(refused.value)
