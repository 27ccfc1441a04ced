import pytest

from labctl.config.station import read_station
from labctl.errors import ConfigurationError

STATION = """
[limits]
temperature_degc = [0, 200]
potential_v = 1
current_a = 0.1

[instruments.furnace]
driver = "drivers.eurotherm:Eurotherm2400"
address = "ASRL5::INSTR"
roles = ["oven"]

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]

[instruments.meter]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::16::INSTR"
roles = ["thermometer"]

[instruments.other_meter]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::17::INSTR"
roles = ["thermometer"]

[instruments.relays]
driver = "{driver}"
address = "GPIB0::7::INSTR"
roles = ["switch"]
"""
CELLS = """
[cells.A]
switch_channels = ["1", "11"]
thermometer = "meter"
lead_ohm = 1.5
lead_uncertainty_ohm = 0.1

[cells.B]
switch_channels = ["2", "12"]
fra = "analyser"
thermometer = "other_meter"
fixture_open = [[1000.0, 1.0, -1e9], [1.0, 3e10, -4e10]]
"""
RELAYS = '''
from labctl.instrument import Instrument


class Relays(Instrument):
    """A `labctl.bench.Switch` with forty channels."""

    @classmethod
    def channels_of(cls, settings):
        return tuple(map(str, range(1, 41)))

    @property
    def channels(self):
        return self.channels_of({})

    closed_channels = frozenset()
    identity = "relays"

    def close(self, channels):
        pass

    def open_all(self):
        pass

    def prepare(self):
        pass

    def make_safe(self):
        pass
'''


@pytest.fixture
def station_of(tmp_path):
    def read(text):
        (tmp_path / "forty_relays.py").write_text(RELAYS)
        path = tmp_path / "station.toml"
        path.write_text(text.replace("{driver}", "forty_relays:Relays"))
        return read_station(path)

    return read


def test_a_cell_names_its_channels_its_instruments_and_its_leads(station_of):
    cells = station_of(STATION + CELLS).cells
    assert list(cells) == ["A", "B"]
    assert cells["A"].switch_channels == ("1", "11")
    assert dict(cells["A"].instruments) == {"fra": "analyser", "thermometer": "meter"}
    assert (cells["A"].lead_ohm, cells["A"].lead_u_ohm) == (1.5, 0.1)
    assert cells["A"].isolation_ohm is None
    assert cells["B"].isolation_ohm == pytest.approx(5e10)


def test_a_station_without_cells_has_none_and_one_instrument_for_each_role(station_of):
    one = STATION.replace("[instruments.other_meter]", "[instruments.unused]")
    with pytest.raises(
        ConfigurationError, match=r"unused\.roles: 'thermometer' is already the role of 'meter'"
    ):
        station_of(one)
    alone = one[: one.index("[instruments.unused]")]
    assert dict(station_of(alone).cells) == {}


def test_of_cell_keeps_the_instruments_of_one_cell_and_those_of_all(station_of):
    station = station_of(STATION + CELLS).of_cell("B")
    assert [entry.name for entry in station.instruments] == ["furnace", "analyser", "other_meter", "relays"]
    assert dict(station.cells) == {}
    with pytest.raises(ConfigurationError, match="there is no such cell; cells: A, B"):
        station_of(STATION + CELLS).of_cell("C")


def test_the_accuracy_of_a_cell_is_that_of_its_own_thermometer(station_of):
    accuracy = (
        '\n[accuracy.thermometer.meter]\noffset_uncertainty_k = 0.1\nsource = "certificate 1"\n'
        '[accuracy.thermometer.other_meter]\noffset_uncertainty_k = 0.4\nsource = "certificate 2"\n'
    )
    station = station_of(STATION + CELLS + accuracy)
    assert station.of_cell("A").accuracy.thermometer.source == "certificate 1"
    assert station.of_cell("B").accuracy.thermometer.source == "certificate 2"


def test_an_accuracy_that_could_be_of_several_instruments_is_refused(station_of):
    accuracy = '\n[accuracy.thermometer]\noffset_uncertainty_k = 0.1\nsource = "certificate 1"\n'
    with pytest.raises(ConfigurationError, match=r"\[accuracy\.thermometer\.meter\], .*other_meter\]"):
        station_of(STATION + CELLS + accuracy)


def test_a_second_instrument_of_a_role_that_cells_do_not_have_is_refused(station_of):
    two = STATION.replace(
        "[instruments.analyser]",
        "[instruments.relays_2]\n"
        'driver = "{driver}"\naddress = "GPIB0::8::INSTR"\nroles = ["switch"]\n\n[instruments.analyser]',
    )
    with pytest.raises(ConfigurationError, match="'switch' is already the role of 'relays_2'"):
        station_of(two + CELLS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ('fra = "analyser"', 'fra = "analyzer"'),
            r"cells\.B\.fra: is 'analyzer', which is no instrument of this station; name one of: analyser",
        ),
        (
            ('fra = "analyser"', 'fra = "meter"'),
            r"cells\.B\.fra: .*has not the role fra; name one of: analyser",
        ),
        (('thermometer = "meter"', ""), r"cells\.A\.thermometer: is missing.*meter, other_meter"),
        (('["2", "12"]', '["2", "11"]'), r"cells\.B\.switch_channels: names '11', a channel of cell A"),
        (('["2", "12"]', '["2", "2"]'), r"cells\.B\.switch_channels: .*one channel twice"),
        (('["2", "12"]', "[2, 12]"), r"cells\.B\.switch_channels: is \[2, 12\]; give a list .* in quotes"),
        (('["2", "12"]', '["2", "41"]'), r"cells\.B\.switch_channels: names '41'.*it has 1 \.\.\. 40"),
        (('switch_channels = ["2", "12"]', ""), r"cells\.B\.switch_channels: is missing.*measures cell A"),
        (('roles = ["switch"]', 'roles = ["monitor"]'), r"cannot be 'monitor': it lacks readings"),
        (("lead_ohm = 1.5", ""), r"cells\.A\.lead_uncertainty_ohm: needs lead_ohm"),
        (("[cells.B]", "[cells.B]\nchannels = 4"), r"cells\.B\.channels: is not known"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_key(station_of, change, words):
    with pytest.raises(ConfigurationError, match=words):
        station_of((STATION + CELLS).replace(*change))


def test_channels_without_a_switch_are_refused(station_of):
    without = STATION[: STATION.index("[instruments.relays]")]
    with pytest.raises(ConfigurationError, match=r"cells\.A\.switch_channels: is given, but no instrument"):
        station_of(without + CELLS)


def test_a_cell_that_nothing_measures_is_refused(station_of):
    without = (
        STATION.replace('roles = ["fra"]', 'roles = ["potentiostat"]')
        .replace("solartron1260:Solartron1260", "solartron1287:Solartron1287")
        .replace("GPIB0::4", "GPIB0::6")
    )
    assert station_of(without + CELLS.replace('fra = "analyser"', "")).cells["A"].potentiostat == "analyser"
    nothing = STATION.replace('roles = ["fra"]', "roles = []")
    with pytest.raises(ConfigurationError, match=r"analyser\.roles: is empty"):
        station_of(nothing + CELLS)


def test_a_cell_gives_its_leads_to_a_sample_that_states_none(station_of, sample):
    cell = station_of(STATION + CELLS).cells["A"]
    assert cell.holding(sample()).lead_ohm == 1.5
    assert cell.holding(sample(lead_ohm=0.2)).lead_ohm == 0.2


@pytest.fixture
def sample():
    from labctl.config.sample import Sample

    def make(**given):
        return Sample("disc", "", "", 1e-3, 1e-6, 1e-4, 1e-6, "blocking", **given)

    return make
