import json

import pytest

from labctl.config.protocol import parse_protocol, read_protocol
from labctl.config.sample import kept_sample, sample_of
from labctl.errors import ConfigurationError
from labctl.store import Store


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
        ('name = "pellet"', 'name = " "', "sample.name", "is empty"),
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
        ("[60, 80, 100]", "[]", "procedure[0]", "temperatures_degc is empty"),
        ("frequency_min_hz = 10.0", "frequency_min_hz = 2e6", "procedure[0]", "must be below"),
        ("SteppedEIS", "StepedEIS", "procedure[0].use", "it has TemperatureSteppedEIS"),
        ("thickness_mm = 1.0", "thickness_mm = 0", "sample.thickness_mm", "greater than zero"),
        ("thickness_mm = 1.0", "thickness_mm = 1020", "sample.thickness_mm", "from 0 to 200"),
        ("diameter_mm = 10.0", "diameter_mm = 1e4", "sample.diameter_mm", "from 0 to 200"),
        ("diameter_mm = 10.0", "area_cm2 = 7.85e6", "sample.area_cm2", "from 0 to 400"),
        ("diameter_mm = 10.0", "diameter_mm = 10.0\narea_cm2 = 1", "sample.diameter_mm", "either"),
        ('name = "pellet"', 'name = "pellet"\nelectrodes = "gold"', "sample.electrodes", "'blocking'"),
        (
            "diameter_mm = 10.0",
            "diameter_mm = 10.0\npellet_diametre_mm = 12",
            "sample.pellet_diametre_mm",
            "'pellet_diameter_mm'",
        ),
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


LISTED = """\
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0

[[procedure]]
use = "procedures.eis:EIS"

[[procedure]]
repeat = 2

[[procedure.procedure]]
use = "procedures.temperature_hold:TemperatureHold"
temperature_degc = 60

[[procedure.procedure]]
use = "procedures.eis:EIS"
repeat = 3

[[procedure]]
use = "procedures.temperature_hold:TemperatureHold"
temperature_degc = 30
"""


def test_repeats_are_written_out_in_the_order_of_the_file():
    names = [entry.name for entry in parse_protocol(LISTED, "p.toml").procedures]
    inner = ["TemperatureHold {} of 2", *(f"EIS {{}} of 2, {n} of 3" for n in (1, 2, 3))]
    assert names == ["EIS", *(name.format(n) for n in (1, 2) for name in inner), "TemperatureHold"]


def test_the_plan_of_several_procedures_names_each():
    labels = [step.label for step in parse_protocol(LISTED, "p.toml").plan()]
    assert labels[1] == "TemperatureHold 1 of 2: hold 60 degC"
    assert labels[2].startswith("EIS 1 of 2, 1 of 3: spectrum at")
    assert len(labels) == 10


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ("repeat = 2", "repeat = 2.5", "procedure[1].repeat", "whole number"),
        ("repeat = 2", "repeat = 0", "procedure[1].repeat", "from 1 to"),
        ("repeat = 2", 'repeat = 2\nuse = "procedures.eis:EIS"', "procedure[1].use", "not known"),
        ("repeat = 2", "repeat = 9999", "procedure[1].repeat", "makes 39996 runs"),
        ("repeat = 3", "repeat = 3\nbias = 1", "procedure[1].procedure[1].bias", "not known"),
        ("temperature_degc = 30", "temperature_degc = 300", "procedure[2]", "outside this station's limits"),
    ],
)
def test_a_mistake_in_a_repeat_is_named_where_it_is(old, new, key, hint, station):
    assert old in LISTED
    with pytest.raises(ConfigurationError) as caught:
        parse_protocol(LISTED.replace(old, new), "p.toml").check_against(station)
    assert caught.value.key == key
    assert hint in caught.value.problem


def test_a_parameter_called_repeat_stays_a_parameter(tmp_path):
    (tmp_path / "repeating_procedure.py").write_text(
        "from pymeasure.experiment import Procedure, IntegerParameter\n"
        "class Repeating(Procedure):\n"
        "    repeat = IntegerParameter('Repeat', default=1)\n",
        encoding="utf-8",
    )
    text = LISTED.partition("[[procedure]]")[0] + '[[procedure]]\nuse = "repeating_procedure:Repeating"\n'
    (entry,) = parse_protocol(text + "repeat = 5\n", str(tmp_path / "p.toml")).procedures
    assert entry.build().repeat == 5


SAMPLE_FILE = 'name = "pellet 3"\nthickness_mm = 2.0\ndiameter_mm = 8.0\nelectrodes = "reversible"\n'


@pytest.fixture
def with_sample(tmp_path):
    def write(line):
        procedures = LISTED[LISTED.index("[[procedure]]") :]
        path = tmp_path / "protocol.toml"
        path.write_text(f"{line}\n\n{procedures}", encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("heading", ["", "[sample]\n"])
def test_a_sample_may_have_a_file_of_its_own_beside_the_protocol(with_sample, tmp_path, heading):
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "pellet_3.toml").write_text(heading + SAMPLE_FILE, encoding="utf-8")
    protocol = read_protocol(with_sample('sample = "samples/pellet_3.toml"'))
    assert protocol.sample.thickness_m == pytest.approx(2e-3)
    procedure = protocol.procedures[0].build()
    assert (procedure.electrodes, procedure.sample.name) == ("reversible", "pellet 3")


def test_a_sample_may_be_named_once_it_was_measured(with_sample, tmp_path):
    path = with_sample('sample = "pellet 3"')
    with pytest.raises(ConfigurationError, match="no database is given"):
        read_protocol(path)
    with pytest.raises(ConfigurationError, match="there is no sample 'pellet 3'"):
        read_protocol(path, tmp_path / "lab.db")
    with Store.open(tmp_path / "lab.db") as store:
        for thickness_mm in (1, 2):
            store.find_or_add_sample(vars(sample_of(SAMPLE | {"thickness_mm": thickness_mm}, tmp_path)))
    assert read_protocol(path, tmp_path / "lab.db").sample.thickness_m == pytest.approx(2e-3)


SAMPLE = {"name": "pellet 3", "diameter_mm": 8.0}


@pytest.mark.parametrize(
    ("line", "hint"),
    [("", "is missing"), ("sample = 3", "give a table"), ('sample = "absent.toml"', "no such file")],
)
def test_a_sample_that_is_not_there_is_refused(with_sample, line, hint):
    with pytest.raises(ConfigurationError, match=hint):
        read_protocol(with_sample(line))


def test_a_queued_protocol_keeps_the_sample_it_was_queued_with(with_sample, tmp_path):
    path = with_sample('sample = "pellet_3.toml"')
    (tmp_path / "pellet_3.toml").write_text(SAMPLE_FILE, encoding="utf-8")
    before = read_protocol(path)
    (tmp_path / "pellet_3.toml").unlink()
    again = parse_protocol(before.text, str(path), sample=kept_sample(json.dumps(vars(before.sample))))
    assert again.sample == before.sample
    assert again.procedures[0].build().sample == before.sample


def test_procedures_that_open_their_own_instruments_are_told_from_ours(tmp_path):
    (tmp_path / "their_bench_procedures.py").write_text(
        "from pymeasure.experiment import Procedure\n"
        "class Theirs(Procedure):\n"
        "    def execute(self): self.meter.read()\n"
        "class UsesTheBench(Procedure):\n"
        "    def execute(self): (lambda: self.bench.oven)()\n",
        encoding="utf-8",
    )
    text = LISTED
    for name in ("Theirs", "UsesTheBench"):
        text += f'\n[[procedure]]\nuse = "their_bench_procedures:{name}"\nrepeat = 2\n'
    warnings = parse_protocol(text, str(tmp_path / "p.toml")).warnings()
    (warning,) = [warning for warning in warnings if "opens its own instruments" in warning]
    assert warning.startswith("their_bench_procedures:Theirs ")


def test_a_procedure_without_a_plan_is_said_not_to_be_held_against_anything(tmp_path):
    (tmp_path / "unplanned_procedures.py").write_text(
        "from pymeasure.experiment import Procedure\n"
        "class Unplanned(Procedure):\n"
        "    def execute(self): self.bench.oven.setpoint_k = 300\n"
        "class Planned(Unplanned):\n"
        "    def plan(self): return []\n",
        encoding="utf-8",
    )
    text = LISTED
    for name in ("Unplanned", "Planned"):
        text += f'\n[[procedure]]\nuse = "unplanned_procedures:{name}"\n'
    (warning,) = parse_protocol(text, str(tmp_path / "p.toml")).warnings()
    assert warning.startswith("unplanned_procedures:Unplanned has no plan()")
    assert "nothing of it was held against limits or instruments" in warning


POLYMER = 'name = "pellet"\ntemperature_max_degc = 90\npotential_max_v = 0.01\ncurrent_max_a = 1e-4'


def test_the_ceilings_of_a_sample_are_in_si(changed):
    sample = read_protocol(changed('name = "pellet"', POLYMER)).sample
    assert sample.temperature_max_k == pytest.approx(363.15)
    assert (sample.potential_max_v, sample.current_max_a) == (0.01, 1e-4)
    assert kept_sample(json.dumps(vars(sample))) == sample


def test_the_lowest_limit_of_station_and_sample_holds(changed, station):
    limits = read_protocol(changed('name = "pellet"', POLYMER)).sample.within(station.limits)
    assert limits.temperature_k == (station.limits.temperature_k[0], pytest.approx(363.15))
    assert (limits.potential_v, limits.current_a) == (0.01, 1e-4)
    generous = POLYMER.replace("90", "900").replace("0.01", "99").replace("1e-4", "9")
    assert read_protocol(changed(POLYMER, generous)).sample.within(station.limits) == station.limits


@pytest.mark.parametrize(
    ("ceiling", "hint"),
    [
        (
            "temperature_max_degc = 90",
            "temperature 100 degC is outside this station's limits, -50 to 90 degC",
        ),
        ("potential_max_v = 0.01", "potential (peak)"),
    ],
)
def test_a_step_above_a_ceiling_of_the_sample_is_refused(changed, station, ceiling, hint):
    protocol = read_protocol(changed('name = "pellet"', f'name = "pellet"\n{ceiling}'))
    with pytest.raises(ConfigurationError) as caught:
        protocol.check_against(station)
    assert hint in caught.value.problem
    assert caught.value.problem.endswith("and the sample)")


@pytest.mark.parametrize(
    ("ceiling", "hint"),
    [
        ("potential_max_v = 0", "greater than zero"),
        ("current_max_a = -1", "current_max_a"),
        ("temperature_max_degc = 'hot'", "number"),
        ("temperature_max_c = 90", "did you mean"),
    ],
)
def test_a_ceiling_that_makes_no_sense_is_refused(changed, ceiling, hint):
    with pytest.raises(ConfigurationError, match=hint):
        read_protocol(changed('name = "pellet"', f'name = "pellet"\n{ceiling}'))


@pytest.mark.parametrize(
    ("keys", "key", "hint"),
    [
        ("thickness_after_mm = 1000.0", "thickness_after_mm", "200"),
        ("thickness_after_mm = 0.01", "thickness_after_mm", "are both in mm?"),
        (
            "thickness_after_uncertainty_mm = 0.01",
            "thickness_after_uncertainty_mm",
            "needs thickness_after_mm",
        ),
        ("thermal_expansion_per_k = 12", "thermal_expansion_per_k", "e.g. 1.2e-5"),
        (
            "thermal_expansion_uncertainty_per_k = 1e-6",
            "thermal_expansion_uncertainty_per_k",
            "needs thermal_expansion_per_k",
        ),
    ],
)
def test_a_wrong_geometry_after_the_run_is_named(changed, keys, key, hint):
    with pytest.raises(ConfigurationError) as caught:
        read_protocol(changed('name = "pellet"', f'name = "pellet"\n{keys}'))
    assert caught.value.key == f"sample.{key}"
    assert hint in caught.value.problem


def test_a_sample_states_its_thickness_after_the_run_and_its_expansion(changed):
    keys = "thickness_after_mm = 0.98\nthermal_expansion_per_k = 1.2e-5"
    sample = read_protocol(changed('name = "pellet"', f'name = "pellet"\n{keys}')).sample
    assert sample.thickness_after_m == pytest.approx(0.98e-3)
    assert (sample.thermal_expansion_per_k, sample.thermal_expansion_u_per_k) == (1.2e-5, 0.0)
