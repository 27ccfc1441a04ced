import pytest

from labctl.clock import RealClock, ScaledClock, VirtualClock
from labctl.config.station import read_station
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing import STATION, watched

OVEN, FRA = "GPIB0::12::INSTR", "GPIB0::4::INSTR"


@pytest.fixture
def write(tmp_path):
    def _write(*changes: tuple[str, str]):
        text = STATION
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "station.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def test_a_station_knows_its_instruments_roles_and_limits(write):
    station = read_station(write())
    assert station.roles == {"oven", "fra"}
    assert station.limits.temperature_k == pytest.approx((223.15, 523.15))
    assert [entry.name for entry in station.instruments] == ["oven", "analyser"]


@pytest.mark.parametrize(
    ("change", "key", "hint"),
    [
        (('name = "sim', 'nmae = "sim'), "nmae", "did you mean 'name'?"),
        (("potential_v = 2.0", 'potential_v = "2"'), "limits.potential_v", "not a number"),
        (("potential_v = 2.0", "potential_v = -2.0"), "limits.potential_v", "at least 0"),
        (("potential_v = 2.0", "potential_v = nan"), "limits.potential_v", "at least 0"),
        (("potential_v = 2.0\n", ""), "limits.potential_v", "is missing"),
        (("[-50, 250]", "[250, -50]"), "limits.temperature_degc", "low below high"),
        (("[-50, 250]", "[-300, 250]"), "limits.temperature_degc", "-273.15"),
        (('["oven"]', '["ofen"]'), "instruments.oven.roles", "oven, fra"),
        (('["oven"]', '["fra"]'), "instruments.oven.roles", "lacks"),
        (('roles = ["fra"]', "roles = []"), "instruments.analyser.roles", "give a list of roles"),
        (("drivers.lakeshore33x:", "drivers.lakeshor:"), "instruments.oven.driver", "drivers.lakeshor"),
        ((":LakeShore336", ":LakeShore3366"), "instruments.oven.driver", "LakeShore336"),
        (("drivers.lakeshore33x:LakeShore336", "LakeShore336"), "instruments.oven.driver", "module:Name"),
        (('roles = ["oven"]', 'roles = ["oven"]\nsettings = {outptu = 1}'), "settings.outptu", "'output'"),
        (("[simulation]", "[simulation]\nclock = 0"), "simulation.clock", "virtual"),
        (("[simulation]", "[simulation]\nrig = 'sim_instruments.rig:bild'"), "simulation.rig", "bild"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_would_be_right(write, change, key, hint):
    path = write(change)
    with pytest.raises(ConfigurationError) as caught:
        read_station(path)
    assert caught.value.source == str(path)
    assert key in caught.value.key
    assert hint in caught.value.problem


def test_a_file_that_is_not_toml_or_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"absent\.toml: no such file in "):
        read_station(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="line 1: name has no value after ="):
        read_station(tmp_path / "bad.toml")


@pytest.mark.parametrize(
    ("clock", "kind"), [("'virtual'", VirtualClock), ("'real'", RealClock), ("60", ScaledClock)]
)
def test_a_simulated_station_runs_on_the_clock_it_names(write, clock, kind):
    station = read_station(write(("[simulation]", f"[simulation]\nclock = {clock}")))
    assert type(station.make_clock()) is kind


def test_a_station_without_a_simulation_runs_on_the_wall_clock(write):
    station = read_station(write(("[simulation]\n", "")))
    assert isinstance(station.make_clock(), RealClock)


def test_opening_connects_checks_identities_and_energises_nothing(station):
    station, keeper = watched(station)
    with station.open() as bench:
        assert "MODEL336" in bench.roles["oven"].identity
        assert keeper.rig.instruments[OVEN].heater_range == 0
        assert keeper.rig.instruments[FRA].amplitude_v == 0


def test_leaving_makes_safe_even_after_an_error(station):
    station, keeper = watched(station)

    def energise_and_fail():
        with station.open() as bench:
            bench.oven.setpoint_k = 350.0
            assert keeper.rig.instruments[OVEN].heater_range > 0
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        energise_and_fail()
    assert keeper.rig.instruments[OVEN].heater_range == 0


def test_an_instrument_at_the_wrong_address_is_named(write):
    swapped = write((OVEN, "GPIB0::99::INSTR"), (FRA, OVEN), ("GPIB0::99::INSTR", FRA))
    with pytest.raises(InstrumentError, match="oven"), read_station(swapped).open():
        pass


def test_an_absent_instrument_is_named(write):
    station = read_station(write((OVEN, "GPIB0::13::INSTR")))
    with pytest.raises(InstrumentError, match="cannot open GPIB0::13"), station.open():
        pass


def test_options_that_the_rig_refuses_are_the_files_mistake(write):
    station = read_station(write(("[simulation]", "[simulation]\noptions = {materiel = 'x'}")))
    with (
        pytest.raises(ConfigurationError, match=r"simulation.options: refused by the rig: .*materiel"),
        station.open(),
    ):
        pass
