import re

import pytest
import pyvisa

SOLARTRON = "GPIB0::4::INSTR"
LINE = re.compile(r"[+-]\d\.\d{7}E[+-]\d\d(,[+-]\d\.\d{4}E[+-]\d\d){2},\d,(00|-1|\+1)")


@pytest.fixture
def fra(analyser_port):
    for message in ("OS0;OT1;OP2,1", "GT0;SO1,3;CZ0", "IS1;MS0;VA0.1;VB0"):
        analyser_port.write(message)
    return analyser_port


def measure(port, frequency_hz):
    port.write(f"FR{frequency_hz}")
    port.write("SI")
    line = port.read()
    frequency, real, imag, error, _ = line.split(",")
    return float(frequency), complex(float(real), float(imag)), int(error)


def test_a_result_is_a_line_of_43_characters(fra):
    fra.write("FR1000;SI")
    line = fra.read()
    assert len(line) == 43
    assert LINE.fullmatch(line)


def test_the_impedance_is_the_cells(rig, fra):
    _, z_ohm, error = measure(fra, 1e4)
    true_ohm = rig.world.cell.electrochemistry.impedance_ohm(1e4, rig.world.oven.sample_k)
    assert z_ohm == pytest.approx(true_ohm, rel=0.01)
    assert error == 0


def test_polar_coordinates_are_modulus_and_degrees(fra):
    _, z_ohm, _ = measure(fra, 1e6)
    fra.write("CZ1;SI")
    _, modulus, phase, *_ = fra.read().split(",")
    assert float(modulus) == pytest.approx(abs(z_ohm), rel=0.01)
    assert -90 < float(phase) < 0


def test_no_result_comes_unless_it_is_sent_for(analyser_port):
    analyser_port.write("SO1,3;VA0.1;SI")
    analyser_port.timeout = 10_000
    with pytest.raises(pyvisa.VisaIOError):
        analyser_port.read()
    analyser_port.write("OP2,1;DO")
    assert LINE.fullmatch(analyser_port.read())


@pytest.mark.parametrize(
    ("frequency_hz", "integration_s", "least_s"),
    [(1000, 1, 1), (0.1, 1, 10), (0.3, 5, 6.6), (0.01, 0.01, 100)],
)
def test_a_point_takes_whole_cycles_and_not_much_more(clock, fra, frequency_hz, integration_s, least_s):
    fra.timeout = 400_000
    measure(fra, frequency_hz)
    fra.write(f"IS{integration_s}")
    began_s = clock.monotonic()
    measure(fra, frequency_hz)
    assert least_s <= clock.monotonic() - began_s < least_s + 1


def test_a_timeout_shorter_than_the_point_fails_and_the_result_comes_stale(fra):
    fra.timeout = 5_000
    fra.write("FR0.05")
    fra.write("SI")
    with pytest.raises(pyvisa.VisaIOError):
        fra.read()
    fra.timeout = 60_000
    assert fra.read().startswith("+5.0000000E-02")


def test_break_stops_a_measurement_and_its_result_never_comes(fra):
    fra.write("FR0.05;SI")
    fra.write("BK")
    with pytest.raises(pyvisa.VisaIOError):
        fra.read()
    assert fra.query("?VA") == "+1.0000E-01"


def test_recycling_measures_until_it_is_broken_off(fra):
    fra.write("RE")
    first, second = fra.read(), fra.read()
    assert first[:14] == second[:14]
    assert first != second
    fra.write("BK")
    fra.clear()
    with pytest.raises(pyvisa.VisaIOError):
        fra.read()


@pytest.mark.parametrize("refused", ["VA3.5", "FR1E8", "IS0", "VB50", "RA3,9", "RA4,0", "GT2", "SO3,3"])
def test_a_setting_out_of_range_is_ignored_with_error_03(rig, fra, refused):
    fra.write(refused)
    assert fra.query("?ER") == "03"
    assert fra.query("?ER") == "00"
    assert rig.instruments[SOLARTRON].amplitude_v == 0.1


def test_an_unknown_command_is_error_01(fra):
    fra.write("FM10")
    assert fra.query("?ER") == "01"


def test_more_than_a_volt_is_refused_above_ten_megahertz(rig, fra):
    fra.write("FR2E7")
    fra.write("VA2")
    assert fra.query("?ER") == "43"
    assert rig.instruments[SOLARTRON].amplitude_v == 0.1


def test_queries_answer_in_both_forms(fra):
    fra.write("FR 123.5")
    assert fra.query("?FR") == fra.query("FR?") == "+1.2350000E+02"


def test_a_range_too_small_is_an_overload(rig, fra):
    rig.world.oven.start_at(400.0)
    fra.write("VA1;RA3,1")
    _, _, error = measure(fra, 1e4)
    assert error != 0
    fra.write("RA3,0")
    assert measure(fra, 1e4)[2] == 0


def test_a_short_shows_as_a_small_impedance_and_an_open_cell_as_a_large_one(rig, fra):
    rig.world.cell.shorted = True
    assert abs(measure(fra, 1e3)[1]) < 1
    rig.world.cell.shorted, rig.world.cell.open = False, True
    assert abs(measure(fra, 1e3)[1]) > 1e6


def test_without_amplitude_the_result_is_noise(fra):
    fra.write("VA0")
    first, second = measure(fra, 1e3)[1], measure(fra, 1e3)[1]
    assert abs(first - second) > 0.1 * abs(first)


def test_current_drive_meets_its_compliance(rig, fra):
    fra.write("GT1;IA0.01")
    rig.world.cell.open = True
    assert measure(fra, 1e3)[2] != 0


def test_reset_stills_the_generator_and_keeps_quiet_for_two_seconds(rig, clock, fra):
    fra.write("TT2")
    began_s = clock.monotonic()
    assert fra.query("?VA") == "+0.0000E+00"
    assert clock.monotonic() - began_s > 2
    assert rig.instruments[SOLARTRON].amplitude_v == 0


def test_the_self_test_passes_with_one(fra):
    assert fra.query("*TST?") == "1"


def test_identity_answers_with_and_without_a_question_mark(fra):
    assert "1260" in fra.query("*IDN")
    assert fra.query("*IDN") == fra.query("*IDN?")
