import pytest

from labctl.testing.trial import QUIET_CELL

ADDRESS = "GPIB0::17::INSTR"


@pytest.fixture
def rig(build_rig):
    return build_rig(instruments={ADDRESS: "agilent4294a"}, noise_fraction=1e-6)


@pytest.fixture
def port(rig, connect):
    port = connect(rig, ADDRESS)
    port.write("MEAS IRIM;POIN 2;STAR 1000;STOP 1000")
    return port


def trace(port, name):
    return [float(number) for number in port.query(f"TRAC {name};OUTPDTRC?").split(",")]


def test_it_returns_its_identity(port):
    assert port.query("*IDN?").split(",")[:2] == ["HEWLETT-PACKARD", "4294A"]


def test_a_sweep_measures_the_cell_two_numbers_a_point(rig, port):
    assert port.query("SING;*OPC?") == "1"
    z_ohm = rig.world.cell_impedance_ohm(1000.0)
    real, imag = trace(port, "A"), trace(port, "B")
    assert real[::2] == pytest.approx([z_ohm.real] * 2, rel=1e-3)
    assert imag[::2] == pytest.approx([z_ohm.imag] * 2, rel=1e-2, abs=abs(z_ohm) * 1e-4)
    assert real[1::2] == imag[1::2] == [0, 0]


def test_the_axis_is_linear_or_logarithmic(port):
    port.write("STAR 100;STOP 10000;POIN 3")
    assert [float(f) for f in port.query("OUTPSWPRM?").split(",")] == [100, 5050, 10000]
    port.write("SWPT LOG")
    assert [float(f) for f in port.query("OUTPSWPRM?").split(",")] == pytest.approx([100, 1000, 10000])


def test_on_hold_a_sweep_ends_without_data(port):
    port.write("SING;HOLD")
    assert port.query("*OPC?") == "1"
    assert port.query("POIN?") == "2"


def test_the_average_of_sweeps_mixes_frequencies(rig, port):
    port.query("SING;*OPC?")
    at_1_khz = trace(port, "A")[0]
    port.write("AVER ON;STAR 1e6;STOP 1e6")
    port.query("SING;*OPC?")
    at_1_mhz = rig.world.cell_impedance_ohm(1e6).real
    assert trace(port, "A")[0] == pytest.approx((at_1_khz + at_1_mhz) / 2, rel=1e-3)


def test_overload_gives_numbers_that_are_none(rig, port):
    rig.instruments[ADDRESS].overload = True
    port.query("SING;*OPC?")
    assert trace(port, "A")[0] == 9.9e37


@pytest.mark.parametrize(
    "message", ["STAR 10", "POWE 2", "DCV 41", "POIN 1", "MEAS NONE", "SWPP NONE", "POWMOD W", "DCMOD OFF",
                "E4TP M3", "TRGS NEVER", "NONSENSE 1"]
)  # fmt: skip
def test_what_it_cannot_do_is_an_error(port, message):
    port.write(message)
    assert not port.query("OUTPERRO?").startswith("0,")
    assert port.query("OUTPERRO?").startswith("0,")


def test_a_reset_leaves_level_and_adapter_and_drops_compensations(rig, port):
    port.write("E4TP M1;COMSTA ON;COMSTB ON;COMSTC ON;POWE 5E-3;*RST")
    assert port.query("E4TP?") == "M1"
    assert port.query("POWE?").startswith("+5.0")
    assert not any(rig.instruments[ADDRESS].compensations.values())
    assert rig.instruments[ADDRESS].energised


@pytest.mark.parametrize("message", ["COMSTA ON", "COMSTB ON", "COMSTC ON"])
def test_a_compensation_removes_what_another_fixture_had(build_rig, connect, message):
    rig = build_rig(instruments={ADDRESS: "agilent4294a"}, **QUIET_CELL)
    port = connect(rig, ADDRESS)
    port.write(f"MEAS IRIM;POIN 2;STAR 1000;STOP 1000;{message}")
    port.query("SING;*OPC?")
    z_ohm = rig.world.cell_impedance_ohm(1000.0)
    seen_ohm = complex(trace(port, "A")[0], trace(port, "B")[0])
    assert abs(seen_ohm - z_ohm) > 0.02 * abs(z_ohm)


def test_a_sweep_of_the_level_has_levels_on_its_axis(port):
    port.write("SWPP OLEV")
    assert [float(volts) for volts in port.query("OUTPSWPRM?").split(",")] == pytest.approx([0.005, 1.005])


def test_a_level_in_amperes_is_at_the_cell_until_volts_are_chosen_again(rig, port):
    model = rig.instruments[ADDRESS]
    port.write("POWE 5E-3;POWMOD CURR")
    assert port.query("POWMOD?") == "CURR"
    z_ohm = rig.world.cell_impedance_ohm(1000.0)
    assert model.energised
    assert model.stimulus_v[0] == pytest.approx(2e-4 * abs(z_ohm))
    port.write("POWMOD VOLT")
    assert port.query("POWMOD?") == "VOLT"
    assert not model.energised


def test_binary_replies_are_no_numbers_until_text_is_chosen_again(port):
    port.write("FORM3")
    assert port.query("OUTPSWPRM?") == "#0"
    port.write("FORM4")
    assert len(port.query("OUTPSWPRM?").split(",")) == 2
