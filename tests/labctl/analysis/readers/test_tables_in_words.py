"""Units, titles, repeated columns and bare tables: each decides what the numbers are, or refuses in words."""

import numpy as np
import pytest

from labctl.analysis import read_spectra, read_spectrum

F = np.array([1e6, 316228, 1e5, 31622.8, 1e4, 3162.28, 1000, 316.228, 100, 31.6228, 10, 3.16228, 1.0])
W = 2 * np.pi * F
Z = 5000 / (1 + 1j * W * 5000 * 2e-10) + 1 / (2e-6 * (1j * W) ** 0.9)
RE, IM, MOD, PHASE = Z.real, Z.imag, np.abs(Z), np.angle(Z)
DEGREES = np.degrees(PHASE)


@pytest.fixture
def write(tmp_path):
    def write_file(head, columns, separator=","):
        rows = "\n".join(separator.join(f"{x:.9g}" for x in row) for row in zip(*columns, strict=True))
        path = tmp_path / "spectrum.txt"
        path.write_text(f"{head}\n{rows}\n" if head else rows + "\n", encoding="utf-8")
        return path

    return write_file


def expect_the_spectrum(spectrum, f=F, z=Z):
    np.testing.assert_allclose(spectrum.frequency_hz, f, rtol=1e-7)
    np.testing.assert_allclose(spectrum.z_ohm, z, rtol=1e-7)


@pytest.mark.parametrize(
    ("head", "columns"),
    [
        ("Frequency,Z',Z''\n(kHz),(kOhm),(kOhm)", (F / 1e3, RE / 1e3, IM / 1e3)),
        ("Frequency,Z',Z''\n\n[kHz],[kΩ],[kΩ]\n", (F / 1e3, RE / 1e3, IM / 1e3)),
        ("Frequency,Z',Z''\n/kHz,/kOhm,/kOhm", (F / 1e3, RE / 1e3, IM / 1e3)),
        ("kHz,kOhm,kOhm\n\nFrequency,Z',Z''", (F / 1e3, RE / 1e3, IM / 1e3)),
        ("Frequency,Z',Z''\nUnits: kHz,kOhm,kOhm", (F / 1e3, RE / 1e3, IM / 1e3)),
        ("Frequency,Z',Z''\nlog10,Ohm,Ohm", (np.log10(F), RE, IM)),
        ("log10(Frequency/Hz),Z',Z''", (np.log10(F), RE, IM)),
        ("ln(f/Hz),Z',Z''", (np.log(F), RE, IM)),
        ("Frequency,Z',Z''\nrad/s,Ohm,Ohm", (W, RE, IM)),
        ("omega,Z',Z''", (W, RE, IM)),
        ("Frequency (Hz),Real (S),Imag (S)", (F, (1 / Z).real, (1 / Z).imag)),
        ("Admittance\nFrequency (Hz),Real,Imag", (F, (1 / Z).real, (1 / Z).imag)),
        ("f/Hz,Cp/pF,Rp/MOhm", (F, (1 / Z).imag / W * 1e12, 1e-6 / (1 / Z).real)),
        ("f/Hz,Cs/F,D", (F, -1 / (W * IM), -RE / IM)),
        ("f/Hz,Cp/F,Q", (F, (1 / Z).imag / W, -IM / RE)),
        ("f/Hz,Lp/H,Rp/Ohm", (F, -1 / (W * (1 / Z).imag), 1 / (1 / Z).real)),
        ("f/Hz,|Y|/mS,theta-y/deg", (F, 1e3 / MOD, -DEGREES)),
        ("f/Hz,|Z|/Ohm,neg. Phase/°", (F, MOD, -DEGREES)),
    ],
)
def test_a_unit_or_a_title_says_what_the_numbers_are(write, head, columns):
    spectrum = read_spectrum(write(head, columns))
    expect_the_spectrum(spectrum)
    assert spectrum.warnings == ()


@pytest.mark.parametrize("title", ["swept from 1 MHz to 1 Hz", "Conductivity of a pellet"])
def test_titles_that_do_not_concern_the_columns_change_nothing(write, title):
    spectrum = read_spectrum(write(f"{title}\nfreq,|Z|,Phase (deg)", (F, MOD, DEGREES)))
    expect_the_spectrum(spectrum)
    assert spectrum.warnings == ()


def test_a_frequency_in_reciprocal_seconds_is_read_as_hertz_with_a_warning(write):
    spectrum = read_spectrum(write("Frequency,Z',Z''\n1/s,Ohm,Ohm", (F, RE, IM)))
    expect_the_spectrum(spectrum)
    assert "taken as Hz" in spectrum.warnings[0]


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("Frequency,Z',Z''\n[Hz],[Ohm cm2],[Ohm cm2]", "times an area"),
        ("Frequency,Z',Z''\nHz,Ω·cm²,Ω·cm²", "times an area"),
        ("Area normalised impedance\nfreq,Z',Z''", "per area"),
        ("Frequencies in kHz\nfreq,Z',Z''", "a title names kHz"),
        (
            "Frequency,Z',Z''\nall values in kilo units",
            "line 2 .* is not understood: 'all values in kilo units'",
        ),
        ("Frequency,Z',Z''\n# frequency in kHz", "line 2 .* is not understood"),
        (
            "Frequency,Z',Z''\nnote: all impedances in kOhm",
            "names kOhm and the columns name no unit.*write the unit into the heading",
        ),
        ("Frequency,Z',Z''\nHz,Ohm,furlong", "the unit 'furlong' of the imaginary column"),
        ("freq (Hz),Z' (Ohm),Z'' (Ohm)\nkHz,Ohm,Ohm", "differ"),
        ("log f,Z',Z''", "a logarithm of a base that is not named"),
        ("freq,|Z| (dB),phase (deg)", "the unit 'dB' of the modulus column"),
        ("freq/Hz,Z'/S,Z''/S", "the unit 'S' of the real column"),
        ("Permittivity of the film\nfreq,real,imag", "the title says permittivity"),
        ("Electric modulus\nfreq,real,imag", "the title says electric modulus"),
        ("Complex capacitance\nfreq,real,imag", "the title says capacitance"),
        ("S-parameters\nfreq,real,imag", "the title says S-parameters"),
        ("Admittance and impedance\nfreq,real,imag", "the titles speak of admittance and impedance"),
        ("freq,M',M''", "the columns are the electric modulus"),
        ("freq,Eps',Eps''", "the columns are permittivity"),
        ("freq,S11 re,S11 im", "the columns are S-parameters"),
        ("freq,Cp,D", "the Cp column has no unit"),
    ],
)
def test_what_is_not_certain_is_refused_with_its_name(write, head, problem):
    with pytest.raises(ValueError, match=problem):
        read_spectrum(write(head, (F, RE, IM)))


def test_a_phase_column_settles_a_sign_against_its_heading(write):
    spectrum = read_spectrum(write("f/Hz,Z'/Ohm,-Z''/Ohm,Phase/deg", (F, RE, IM, DEGREES)))
    expect_the_spectrum(spectrum)
    assert "opposite signs" in spectrum.warnings[0]


def test_both_parts_settle_whether_a_phase_is_in_radians(write):
    spectrum = read_spectrum(write("f/Hz,Z'/Ohm,Z''/Ohm,|Z|,Phase", (F, RE, IM, MOD, PHASE)))
    expect_the_spectrum(spectrum)
    assert "the phase is in radians" in spectrum.warnings[0]


def test_drift_corrected_columns_beside_the_measured_ones_are_told(write):
    spectrum = read_spectrum(write("f/Hz,Z'/Ohm,Z''/Ohm,|Z|,Phase/deg", (F, RE, IM, 1.05 * MOD, DEGREES)))
    expect_the_spectrum(spectrum)
    assert "4.8 %: one may be drift-corrected" in spectrum.warnings[0]


@pytest.mark.parametrize(
    ("head", "columns"),
    [
        ("f/Hz,Z'/Ohm,Z''/Ohm,|Z|,Phase/deg", (F, RE, IM, 10 * MOD, DEGREES)),
        ("f/Hz,Z'/Ohm,Z''/Ohm,|Z|", (F, RE, IM, 1000 * MOD)),
        ("f/Hz,omega,Z'/Ohm,Z''/Ohm", (F, F, RE, IM)),
    ],
)
def test_columns_that_contradict_each_other_are_refused(write, head, columns):
    with pytest.raises(ValueError, match=r"contradict each other.*first in row 1 of the numbers by"):
        read_spectrum(write(head, columns))


def test_the_first_row_that_contradicts_is_named_with_what_to_do(write):
    modulus = 1000 * MOD
    modulus[:2] = MOD[:2]
    words = r"contradict each other, first in row 3 of the numbers by 1e\+05 %.*Export the file with one of"
    with pytest.raises(ValueError, match=words):
        read_spectrum(write("f/Hz,Z'/Ohm,Z''/Ohm,|Z|", (F, RE, IM, modulus)))


def test_a_row_in_which_the_columns_disagree_is_named(write):
    modulus = MOD.copy()
    modulus[4] *= 1.2
    spectrum = read_spectrum(write("f/Hz,Z'/Ohm,Z''/Ohm,|Z|/Ohm,Phase/deg", (F, RE, IM, modulus, DEGREES)))
    assert "line 6: real, imaginary and modulus, phase differ by 17 %" in spectrum.warnings


def test_modulus_and_phase_prove_the_first_columns_of_more_headings_than_cells(write):
    head = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tPhase(Z)/deg\ttime/s\tEwe/V\tI/A"
    expect_the_spectrum(read_spectrum(write(head, (F, RE, -IM, MOD, DEGREES, F * 0), "\t")))
    with pytest.raises(ValueError, match=r"contradict each other|which number belongs to which"):
        read_spectrum(write(head, (RE, -IM, MOD, DEGREES, F * 0, F), "\t"))


def test_a_second_spectrum_beside_the_first_is_told(write):
    spectrum = read_spectrum(write("f,Z',Z'',f,Z',Z''", (F, RE, IM, F, RE / 2, IM / 2)))
    expect_the_spectrum(spectrum)
    assert "a second spectrum beside the first" in spectrum.warnings[0]


@pytest.mark.parametrize(
    ("columns", "looks"),
    [
        ((np.log10(F), RE, IM), "even steps"),
        ((np.linspace(10, 80, 40), np.linspace(1, 9, 40) ** 2, np.ones(40)), "diffractogram"),
        ((F, MOD, PHASE), "modulus and phase in radians"),
        ((F, MOD, DEGREES), "modulus and phase in degrees"),
        ((F, np.log10(MOD), DEGREES), "modulus and phase in degrees"),
        ((F, np.ones(13), IM), "a constant column"),
        ((F[:3] / F[2] + 1, RE[:3], IM[:3]), "less than a decade"),
        ((F, -RE, IM), "negative real parts"),
        ((F - 5, RE, IM), "not positive"),
    ],
)
def test_a_bare_table_that_can_be_no_spectrum_is_refused_with_what_it_looks_like(write, columns, looks):
    with pytest.raises(ValueError, match=looks):
        read_spectrum(write("", columns))


def test_a_comment_with_another_unit_above_a_bare_table_is_refused(write):
    with pytest.raises(ValueError, match="a comment names kHz"):
        read_spectrum(write("# f in kHz", (F, RE, IM)))


@pytest.mark.parametrize("word", ["inf", "-Infinity", "1e999", "nan"])
def test_words_and_numbers_beyond_all_bounds_are_no_readings(write, word):
    path = write("freq,real,imag", (F, RE, IM))
    path.write_text(path.read_text().replace(f",{RE[3]:.9g},", f",{word},"))
    spectrum = read_spectrum(path)
    assert np.flatnonzero(~np.isfinite(spectrum.z_ohm)).tolist() == [3]
    assert "1 points have no number for the impedance" in spectrum.warnings


def test_lines_of_fifty_thousand_digits_are_left_out(write):
    path = write("9" * 50_000 + "\n" + "f " * 25_000 + "\nfreq,real,imag", (F, RE, IM))
    path.write_text(path.read_text().replace("\n1000,", "\n" + "9" * 50_000 + ","))
    spectrum = read_spectrum(path)
    assert len(spectrum) == 12
    assert any("is not a line of numbers: left out" in warning for warning in spectrum.warnings)


@pytest.mark.parametrize("number", ["1 000 000", "1'000'000", "1,000,000", "1.000.000"])
def test_a_number_with_thousands_separators_is_refused(write, number):
    path = write("freq;real;imag", (F, RE, IM), ";")
    path.write_text(path.read_text().replace("1000000;", f"{number};"))
    with pytest.raises(ValueError, match=r"thousands separators|no complete line"):
        read_spectrum(path)


def test_quoted_cells_keep_their_decimal_commas(tmp_path):
    path = tmp_path / "quoted.csv"
    path.write_text('"Frequency","Z\'","Z\'\'"\n"1000,5","1,25","-2,5"\n"100,5","3,5","-4,75"\n')
    spectrum = read_spectrum(path)
    np.testing.assert_allclose(spectrum.frequency_hz, [1000.5, 100.5])
    np.testing.assert_allclose(spectrum.z_ohm, [1.25 - 2.5j, 3.5 - 4.75j])


@pytest.mark.parametrize(
    ("head", "value", "kelvin", "words"),
    [
        ("T/°C", 25, "298.15", ""),
        ("T (K)", 300, "300", ""),
        ("temperature", 25, "298.15", "taken as degC"),
        ("temperature", 300, None, "may be degC or K: it is not used"),
        ("temp", -20, "253.15", "taken as degC"),
    ],
)
def test_a_temperature_is_taken_only_where_its_unit_is_known_or_shown(write, head, value, kelvin, words):
    spectrum = read_spectrum(write(f"{head},freq,real,imag", (F * 0 + value, F, RE, IM)))
    expect_the_spectrum(spectrum)
    assert spectrum.metadata.get("temperature_k") == kelvin
    assert words in " ".join(spectrum.warnings)


def two(first, second):
    return np.r_[first, second]


@pytest.mark.parametrize("order", [slice(None), np.random.default_rng(1).permutation(26)])
def test_a_cycle_number_separates_sweeps_in_any_order_of_rows(write, order):
    columns = (two(F * 0 + 1, F * 0 + 2), two(F, F), two(RE, 2 * RE), two(IM, 2 * IM))
    first, second = read_spectra(write("cycle number,f/Hz,Z'/Ohm,Z''/Ohm", [c[order] for c in columns]))
    falling = np.argsort(-first.frequency_hz), np.argsort(-second.frequency_hz)
    np.testing.assert_allclose(first.z_ohm[falling[0]], Z, rtol=1e-7)
    np.testing.assert_allclose(second.z_ohm[falling[1]], 2 * Z, rtol=1e-7)
    assert (first.metadata["cycle"], second.metadata["cycle"]) == ("1", "2")


def test_a_time_gives_the_order_of_rows_that_are_sorted_by_nothing(write):
    order = np.random.default_rng(2).permutation(26)
    columns = (np.arange(26.0), two(F, F), two(RE, 2 * RE), two(IM, 2 * IM))
    first, second = read_spectra(write("time/s,f/Hz,Z'/Ohm,Z''/Ohm", [c[order] for c in columns]))
    expect_the_spectrum(first)
    expect_the_spectrum(second, z=2 * Z)


def test_sweeps_that_nothing_tells_apart_are_refused(write):
    order = np.random.default_rng(2).permutation(26)
    columns = (two(F, F), two(RE, 2 * RE), two(IM, 2 * IM))
    with pytest.raises(ValueError, match="nothing in the file tells the sweeps apart"):
        read_spectra(write("f/Hz,Z'/Ohm,Z''/Ohm", [c[order] for c in columns]))


def test_rows_in_no_order_that_rise_by_chance_are_one_spectrum(write):
    order = [2, 5, 8, 0, 6, 9, 1, 4, 7, 3, 10, 11]
    (spectrum,) = read_spectra(write("f/Hz,Z'/Ohm,Z''/Ohm", [c[order] for c in (F, RE, IM)]))
    expect_the_spectrum(spectrum, F[:12], Z[:12])
    assert "in no order" in spectrum.warnings[0]


def test_sweeps_of_two_points_are_separated(write):
    first, second = read_spectra(
        write("f/Hz,Z'/Ohm,Z''/Ohm", [two(F[:2], F[:2]), two(RE[:2], 2 * RE[:2]), two(IM[:2], IM[:2])])
    )
    assert (len(first), len(second)) == (2, 2)


def test_a_sweep_measured_in_two_ranges_is_one_spectrum(write):
    columns = [two(c[6:], c[:6]) for c in (F, RE, IM)]
    (spectrum,) = read_spectra(write("f/Hz,Z'/Ohm,Z''/Ohm", columns))
    expect_the_spectrum(spectrum)
    assert "measured in parts" in spectrum.warnings[0]


def test_the_warning_about_a_line_belongs_to_its_sweep(write):
    path = write("f/Hz,Z'/Ohm,Z''/Ohm", (two(F, F), two(RE, 2 * RE), two(IM, 2 * IM)))
    lines = path.read_text().splitlines()
    lines[20:20] = ["overload"]
    path.write_text("\n".join([*lines, ""]))
    first, second = read_spectra(path)
    assert not any("line 21" in warning for warning in first.warnings)
    assert any("line 21" in warning for warning in second.warnings)


def test_another_table_with_other_columns_ends_the_first(write):
    path = write("f/Hz,Z'/Ohm,Z''/Ohm", (F, RE, IM))
    path.write_text(path.read_text() + path.read_text().replace("f/Hz", "f/kHz"))
    (spectrum,) = read_spectra(path)
    expect_the_spectrum(spectrum)
    assert any("begins another table" in warning for warning in spectrum.warnings)


def test_a_digit_lost_inside_a_number_is_suspected(write):
    path = write("f/Hz,Z'/Ohm,Z''/Ohm", (F, RE, IM))
    path.write_text(path.read_text().replace(f"{RE[6]:.9g}", f"{RE[6]:.9g}".replace(".", "")))
    assert any("off its neighbours" in warning for warning in read_spectrum(path).warnings)
