import pytest

from labctl.errors import ConfigurationError
from labctl.protocol import read_protocol


@pytest.fixture
def changed(protocol_file):
    def _changed(old: str, new: str):
        text = protocol_file.read_text(encoding="utf-8")
        assert old in text
        protocol_file.write_text(text.replace(old, new), encoding="utf-8")
        return protocol_file

    return _changed


def test_a_protocol_names_its_sample_in_si(protocol_file):
    sample = read_protocol(protocol_file).sample
    assert sample.thickness_m == pytest.approx(1e-3)
    assert sample.thickness_u_m == pytest.approx(1e-5)
    assert sample.area_m2 == pytest.approx(7.853981633974483e-05)
    assert sample.electrodes == "blocking"


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ("dwell_min = 10", "dwel_min = 10", "procedure[0].dwel_min", "did you mean 'dwell_min'?"),
        ("dwell_min = 10", 'dwell_min = "10"', "procedure[0].dwell_min", "in min"),
        ("dwell_min = 10", "dwell_min = -1", "procedure[0].dwell_min", "from 0 to 10000"),
        ("dwell_min = 10", "dwell_min = nan", "procedure[0].dwell_min", "from 0 to 10000"),
        (
            "points_per_decade = 8",
            "points_per_decade = 8.5",
            "procedure[0].points_per_decade",
            "whole number",
        ),
        ("[60, 80, 100]", "[60, 'x']", "procedure[0].temperatures_degc", "'x' is not a number"),
        ("[60, 80, 100]", "[60, 4000]", "procedure[0].temperatures_degc", "-270 to 1700"),
        ("[60, 80, 100]", "[]", "procedure[0].", "temperatures_degc is empty"),
        ("frequency_min_hz = 10.0", "frequency_min_hz = 2e6", "procedure[0].", "must be below"),
        ("TemperatureSteppedEIS", "TemperatureStepedEIS", "procedure[0].use", "TemperatureSteppedEIS"),
        ("thickness_mm = 1.0", "thickness_mm = 0", "sample.thickness_mm", "greater than zero"),
        ("diameter_mm = 10.0", "diameter_mm = 10.0\narea_cm2 = 1", "sample.diameter_mm", "either"),
        ('name = "pellet"', 'name = "pellet"\nelectrodes = "gold"', "sample.electrodes", "'blocking'"),
        ("[sample]", "[smaple]", "sample", "is missing"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_would_be_right(changed, old, new, key, hint):
    path = changed(old, new)
    with pytest.raises(ConfigurationError) as caught:
        read_protocol(path)
    assert caught.value.source == str(path)
    assert caught.value.key == key
    assert hint in caught.value.problem


def test_a_range_of_temperatures_may_be_written_as_one(changed):
    protocol = read_protocol(changed("[60, 80, 100]", '"60:100:20"'))
    assert protocol.procedures[0].build().temperatures_degc == [60, 80, 100]


def test_the_plan_lists_every_step_with_its_time(protocol_file):
    steps = read_protocol(protocol_file).plan()
    assert len(steps) == 6
    assert steps[0].label == "settle at 60 degC (heating)"
    assert steps[0].duration_s >= 600
    assert all(step.duration_s > 0 for step in steps)


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        (
            "[60, 80, 100]",
            "[60, 260]",
            "temperature 260 degC is outside this station's limits, -50 to 250 degC",
        ),
        ("dwell_min = 10", "amplitude_v = 2.0", "potential (peak) 2.82843 V"),
    ],
)
def test_a_step_beyond_the_limits_is_refused_before_anything_is_touched(changed, station, old, new, hint):
    protocol = read_protocol(changed(old, new))
    with pytest.raises(ConfigurationError) as caught:
        protocol.check_against(station)
    assert hint in caught.value.problem
    assert caught.value.key == "procedure[0]"
    assert station.source in caught.value.problem


def test_a_role_that_the_station_lacks_is_refused(protocol_file, station):
    from dataclasses import replace

    without_fra = replace(station, instruments=station.instruments[:1])
    with pytest.raises(ConfigurationError, match="needs the role fra"):
        read_protocol(protocol_file).check_against(without_fra)


def test_a_procedure_beside_the_protocol_file_is_found(protocol_file, tmp_path):
    (tmp_path / "my_own_procedure.py").write_text(
        "from pymeasure.experiment import Procedure, FloatParameter\n"
        "class Wait(Procedure):\n"
        "    minutes = FloatParameter('Minutes', units='min', minimum=0, maximum=60, default=1)\n"
        "    DATA_COLUMNS = ['time_s']\n",
        encoding="utf-8",
    )
    text = protocol_file.read_text(encoding="utf-8").partition("[[procedure]]")[0]
    protocol_file.write_text(
        text + '[[procedure]]\nuse = "my_own_procedure:Wait"\nminutes = 2\n', encoding="utf-8"
    )
    assert read_protocol(protocol_file).procedures[0].build().minutes == 2
