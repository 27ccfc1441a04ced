import pytest

from sim_instruments.replay import read_replay, temperature_in_name

NOVOCONTROL = (
    "title-100deg\nFixed value(s) :  AC Volt  [Vrms]=3.5e-02\n   Freq.[Hz]   \tZs'[ohm]  \tZs''[ohm]\n"
)


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "degc"),
    [
        ("s04147-140deg.txt", 140),
        ("run_-20degC.csv", -20),
        ("x_25.5C.csv", 25.5),
        ("run-20C.txt", 20),
        ("a_300K.txt", 26.85),
    ],
)
def test_the_temperature_stands_in_the_name(name, degc):
    assert temperature_in_name(name) == pytest.approx(degc + 273.15)


@pytest.mark.parametrize("name", ["pellet3.txt", "cell 12 cycles.csv", "LICENSE.txt"])
def test_other_names_have_no_temperature(name):
    assert temperature_in_name(name) is None


def test_measured_points_come_back_as_measured(tmp_path):
    write(tmp_path, "a-100deg.txt", NOVOCONTROL + "1e5 100 -20\n1e3 200 -30\n")
    write(tmp_path, "a-150deg.txt", NOVOCONTROL + "1e5 50 -10\n1e3 80 -15\n")
    cell = read_replay(tmp_path)
    assert cell.impedance_ohm(1e5, 373.15) == pytest.approx(100 - 20j)
    assert cell.impedance_ohm(1e3, 423.15) == pytest.approx(80 - 15j)


def test_between_temperatures_ln_z_is_linear_in_inverse_temperature(tmp_path):
    write(tmp_path, "a-100deg.txt", NOVOCONTROL + "1e5 100 -1\n1e3 100 -1\n")
    write(tmp_path, "a-150deg.txt", NOVOCONTROL + "1e5 25 -0.25\n1e3 25 -0.25\n")
    middle_k = 2 / (1 / 373.15 + 1 / 423.15)
    assert abs(read_replay(tmp_path).impedance_ohm(1e4, middle_k)) == pytest.approx(50, rel=1e-3)


def test_beyond_the_measured_frequencies_the_last_phase_goes_on(tmp_path):
    cell = read_replay(write(tmp_path, "a-100deg.txt", NOVOCONTROL + "1e4 1 -99\n1e3 10 -1000\n"))
    z_ohm = cell.impedance_ohm(10.0, 373.15)
    assert z_ohm.real > 0
    assert abs(z_ohm) == pytest.approx(1e5, rel=0.05)


@pytest.mark.parametrize("temperature_k", [250.0, 600.0])
def test_far_beyond_the_measured_temperatures_the_cell_stays_passive(tmp_path, temperature_k):
    write(tmp_path, "a-100deg.txt", NOVOCONTROL + "1e5 30 -100\n1e3 200 -30\n")
    write(tmp_path, "a-150deg.txt", NOVOCONTROL + "1e5 50 -10\n1e3 80 -5\n")
    cell = read_replay(tmp_path)
    for frequency_hz in (1.0, 1e3, 1e4, 1e5, 1e7):
        assert cell.impedance_ohm(frequency_hz, temperature_k).real >= -1e-9


def test_a_temperature_column_makes_one_file_many_spectra(tmp_path):
    rows = "temperature_degc,frequency_hz,z_real_ohm,z_imag_ohm\n"
    rows += "20,1e4,10,-1\n20,1e3,11,-2\n30,1e4,8,-1\n30,1e3,9,-2\n"
    cell = read_replay(write(tmp_path, "all.csv", rows))
    assert cell.temperatures_k == pytest.approx((293.15, 303.15))
    assert cell.impedance_ohm(1e3, 293.15) == pytest.approx(11 - 2j)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("1e5 100 -20\n1e3 nonsense -30\n", "line 5"),
        ("1e5 100 -20\n1e3 200\n", "line 5"),
        ("1e5 100 -20\n-3 200 -1\n", "line 5"),
        ("1e5 100 -20\n1e3 nan -1\n", "line 5"),
        ("1e5 100 -20\n", "single frequency"),
        ("1e5 100 -20\n1e5 100 -20\n", "more than once"),
        ("", "no line"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path, rows, complaint):
    write(tmp_path, "bad-100deg.txt", NOVOCONTROL + rows)
    with pytest.raises(ValueError, match=rf"bad-100deg\.txt.*{complaint}"):
        read_replay(tmp_path)


def test_a_folder_without_temperatures_and_one_that_is_not_there_are_refused(tmp_path):
    write(tmp_path, "readme.txt", "nothing")
    with pytest.raises(ValueError, match="temperature"):
        read_replay(tmp_path)
    with pytest.raises(ValueError, match="no such"):
        read_replay(tmp_path / "absent")


def test_the_oxide_pellet_is_replayed_as_measured(shared_data, build_rig, connect):
    rig = build_rig(replay=shared_data / "oxide_pellet_eis")
    assert rig.world.cell.electrochemistry.temperatures_k == pytest.approx((413.15, 433.15, 453.15, 473.15))
    rig.world.oven.start_at(413.15)
    port = connect(rig, "GPIB0::4::INSTR")
    port.write("OP2,1;SO1,3;CZ0;VA0.1;IS0.01;FR1E6;SI")
    _, real, imag, *_ = port.read().split(",")
    assert complex(float(real), float(imag)) == pytest.approx(22142.3 - 54311.5j, rel=1e-4)


def test_the_carbonate_file_of_nine_temperatures_is_found_in_its_folder(shared_data):
    assert len(read_replay(shared_data / "carbonate_eis").temperatures_k) == 9
