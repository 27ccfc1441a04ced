import numpy as np
import pytest

from labctl.analysis import read_spectra, read_spectrum

VENDORS = {
    "exampleDataAutolab.txt": ("Autolab", 41, 0.013785863964281 + 0.007191946305823j),
    "exampleDataBioLogic.mpt": ("EC-Lab", 43, 65.470886 - 0.38998979j),
    "exampleDataCHInstruments.txt": ("CH Instruments", 73, 98.91 - 2.748j),
    "exampleDataGamry.DTA": ("Gamry", 72, 825.8584 - 1367.239j),
    "exampleDataParstat.txt": ("Parstat", 31, -0.00049816280376104 + 0.0175143479976367j),
    "exampleDataPowersuite.txt": ("PowerSuite", 30, 423929.46 - 49014.063j),
    "exampleDataVersaStudio.par": ("VersaStudio", 61, 55.31571 + 4.575431j),
    "exampleDataZPlot.z": ("ZPlot", 21, 147.77 - 11.335j),
}
ROWS = "1000;1.5;-2.25\n100;3;-4\n10;5;-6\n1;7.125;-8\n"


@pytest.fixture
def write(tmp_path):
    def write_file(content: str | bytes, name: str = "spectrum.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def expect_rows(spectrum):
    np.testing.assert_allclose(spectrum.frequency_hz, [1000, 100, 10, 1])
    np.testing.assert_allclose(spectrum.z_ohm, [1.5 - 2.25j, 3 - 4j, 5 - 6j, 7.125 - 8j])


@pytest.mark.parametrize("name", VENDORS)
def test_each_makers_file_opens(measured, name):
    maker, points, first = VENDORS[name]
    spectrum = read_spectrum(measured(f"vendor_files/{name}"))
    assert spectrum.metadata["format"] == maker
    assert len(spectrum) == points
    assert spectrum.z_ohm[0] == first


def test_a_novocontrol_text_opens(measured):
    spectrum = read_spectrum(measured("oxide_pellet_eis/s04147-140deg.txt"))
    assert (spectrum.metadata["format"], len(spectrum), spectrum.warnings) == ("Novocontrol", 42, ())
    assert spectrum.z_ohm[-1] == 3.27266e6 - 1.40853e6j


def test_an_ec_lab_text_export_opens_and_its_placeholder_area_goes_nowhere(measured):
    spectrum = read_spectrum(measured("spectra/PEIS_LPSCl_IonBlocking_-25C.txt"))
    assert len(spectrum) == 79
    assert spectrum.z_ohm[-1] == 1799427.6 - 8093785.5j
    assert not any("0.001" in value for value in spectrum.metadata.values())


def test_sweeps_in_one_file_come_apart_and_the_first_says_so(measured):
    path = measured("carbonate_eis/PYA_25082021_BM169_1_spectra.csv")
    assert [len(s) for s in read_spectra(path)] == [50] * 9
    assert "9 sweeps" in read_spectrum(path).warnings[0]


def test_a_file_that_ends_early_says_what_was_planned(measured):
    warnings = " ".join(read_spectrum(measured("vendor_files/exampleDataZPlot.z")).warnings)
    assert "planned 1 to 300000 Hz" in warnings
    assert "promises 56 points and holds 21" in warnings


@pytest.mark.parametrize(
    "heading",
    [
        "frequency_hz;z_real_ohm;z_imag_ohm",
        "freq/Hz;Re(Z)/Ohm;Im(Z)/Ohm",
        "Frequency (Hz);Z' (Ω);Z'' (Ω)",
        "Freq.[Hz];Zs'[ohm];Zs''[ohm]",
        "Frequency;Zre;Zimg",
    ],
)
def test_headings_of_every_dialect_mean_the_same(write, heading):
    expect_rows(read_spectrum(write(heading + "\n" + ROWS)))


def test_decimal_commas_are_read_beside_semicolons_and_tabs(write):
    rows = ROWS.replace(".", ",")
    expect_rows(read_spectrum(write("freq;real;imag\n" + rows)))
    expect_rows(read_spectrum(write(("freq;real;imag\n" + rows).replace(";", "\t"))))


def test_columns_may_stand_in_any_order_with_others_between(write):
    text = "imag,point,freq,real\n-2.25,1,1000,1.5\n-4,2,100,3\n-6,3,10,5\n-8,4,1,7.125\n"
    expect_rows(read_spectrum(write(text)))


def test_a_negated_imaginary_part_gets_its_true_sign(write):
    text = "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n" + ROWS.replace(";-", ";").replace(";", ",")
    expect_rows(read_spectrum(write(text)))


def test_modulus_and_phase_serve_as_well(write):
    spectrum = read_spectrum(write("Freq(Hz),|Z|(ohm),Phase(deg)\n100,2,-90\n10,4,-60\n"))
    np.testing.assert_allclose(spectrum.z_ohm, [-2j, 2 - 2j * np.sqrt(3)], atol=1e-12)


def test_units_in_the_heading_count(write):
    spectrum = read_spectrum(write("f (kHz);Z' (kOhm);Z'' (MOhm)\n1;2;-3\n0.5;4;-6\n"))
    np.testing.assert_allclose(spectrum.frequency_hz, [1000, 500])
    np.testing.assert_allclose(spectrum.z_ohm, [2e3 - 3e6j, 4e3 - 6e6j])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_opens(write, encoding, line_end):
    text = ("Messung µ-Zelle °C\nfreq;real;imag\n" + ROWS).replace("\n", line_end)
    expect_rows(read_spectrum(write(text.encode(encoding))))


def test_three_bare_columns_are_read_with_a_warning(write):
    spectrum = read_spectrum(write(ROWS))
    expect_rows(spectrum)
    assert "no column names" in spectrum.warnings[0]


def test_a_line_cut_inside_its_last_number_is_left_out(write):
    text = "freq,real,imag\n1.00e+03,1.50e+00,-2.25e+00\n1.00e+02,3.00e+00,-4.00e+00\n1.00e+01,5.00e+00,-6.0"
    spectrum = read_spectrum(write(text))
    assert len(spectrum) == 2
    assert "may be cut" in spectrum.warnings[0]


def test_a_line_cut_before_its_last_number_is_left_out(write):
    spectrum = read_spectrum(write("freq,real,imag\n1000,1.5,-2\n100,3,-4\n10,5"))
    assert len(spectrum) == 2
    assert "may be cut" in spectrum.warnings[0]


def test_a_last_number_without_a_line_end_is_kept_with_a_warning(write):
    spectrum = read_spectrum(write("freq,real,imag\n1000,1.5,-2\n100,3,-4\n10,5,-61"))
    assert len(spectrum) == 3
    assert "no line end" in spectrum.warnings[0]


def test_points_that_are_missing_from_the_middle_of_a_sweep_are_noticed(write):
    lines = ["freq,real,imag", *(f"{10**k:g},{k + 1},-{k + 2}" for k in range(6, -1, -1))]
    assert read_spectrum(write("\n".join(lines) + "\n")).warnings == ()
    del lines[4]
    (warning,) = read_spectrum(write("\n".join(lines) + "\n")).warnings
    assert warning.startswith("a gap from 10000 to 100 Hz")


def test_lines_after_the_end_of_a_table_are_mentioned(write):
    text = "freq,real,imag\n1000,1.5,-2.25\n100,3,-4\n</Segment1>\n1000,7,-7\n100,8,-8\n"
    spectrum = read_spectrum(write(text))
    assert len(spectrum) == 2
    assert "2 like it follow" in spectrum.warnings[0]


def test_a_phase_that_may_be_in_radians_is_suspected(write):
    text = "Freq,|Z|,Phase\n100,2,-1.5\n10,4,-1.2\n"
    assert any("radians" in warning for warning in read_spectrum(write(text)).warnings)
    assert not read_spectrum(write(text.replace("Phase", "Phase (rad)"))).warnings
    assert not read_spectrum(write(text.replace("-1.5", "-75"))).warnings


def test_a_broken_line_in_the_middle_is_left_out_and_named(write):
    spectrum = read_spectrum(
        write("freq,real,imag\n1000,1.5,-2.25\n#### overload\n100,3,-4\n10,5,-6\n1,7.125,-8\n")
    )
    expect_rows(spectrum)
    assert spectrum.warnings == ("line 3 is not a line of numbers: left out",)


def test_an_aborted_measurement_says_so(write):
    text = (
        "EXPLAIN\nFREQINIT\tQUANT\t1.0E+003\tInitial\nFREQFINAL\tQUANT\t1.0E-002\tFinal\nZCURVE\tTABLE\n"
        "\tPt\tFreq\tZreal\tZimag\n\t#\tHz\tohm\tohm\n\t0\t1000\t1\t-1\n\t1\t100\t2\t-2\n"
        "EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted\n"
    )
    spectrum = read_spectrum(write(text, "run.DTA"))
    assert len(spectrum) == 2
    assert any("aborted" in w for w in spectrum.warnings)
    assert any("planned 0.01 to 1000 Hz" in w for w in spectrum.warnings)


def test_points_the_instrument_refused_are_marked(write):
    text = "frequency_hz,z_real_ohm,z_imag_ohm,status\n1000,1,-1,good\n100,2,-2,overload\n10,3,-3,good\n"
    spectrum = read_spectrum(write(text))
    assert spectrum.status == ("good", "overload", "good")
    assert spectrum.usable.tolist() == [True, False, True]


def test_values_that_are_no_numbers_stay_in_place_as_nan(write):
    spectrum = read_spectrum(write("freq,real,imag\n1000,1,-1\n100,nan,-2\n10,3,-3\n"))
    assert np.isnan(spectrum.z_ohm[1])
    assert spectrum.usable.tolist() == [True, False, True]


def test_an_imaginary_part_of_the_wrong_sign_is_suspected(write):
    spectrum = read_spectrum(write("freq,real,imag\n1000,1,1\n100,2,2\n10,3,3\n"))
    assert "mostly positive" in spectrum.warnings[0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the file is empty"),
        ("freq,real,imag\n", "no complete line"),
        ("freq,real,phase\n1,2,3\n", "no column for Z''"),
        (",temp,cond\n0,1,2\n1,2,3\n", "no line names"),
        ("freq/Hz,Re(Z)/Ohm.cm2,Im(Z)/Ohm.cm2\n1,2,3\n", "times an area"),
        ("freq;real;imag\n1.000,5;2;3\n2.000,5;2;3\n", "no complete line"),
        ("time,voltage\n1,2\n2,3\n", "no line names"),
        ("Frequency (MHZ);real;imag\n1;2;-3\n0.1;3;-4\n", "unit 'MHZ' of the frequency"),
        ("freq;real;imag\nHz;TOhm;TOhm\n10;2;-3\n1;3;-4\n", "unit 'TOhm' of the real"),
        (
            "freq\treal\timag\n1,000\t2.5\t-3\n100\t3.5\t-4\n",
            "which is the decimal sign.*Export all numbers with one",
        ),
        ("freq,real,imag,gain\n1000,1.5,-2.25\n100,3,-4\n", "name 4 columns and most lines hold 3"),
        (b"\x00\x01\x02\xff\xfe" * 50, "no line names"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_with_its_name(write, content, problem):
    path = write(content)
    with pytest.raises(ValueError, match=problem) as error:
        read_spectrum(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_spectrum(tmp_path / "absent.csv")


@pytest.mark.parametrize("name", ["vendor_files/exampleDataGamry.DTA", "spectra/Circuit3_EIS_1.z"])
def test_a_cut_anywhere_gives_a_warning_or_a_refusal_and_no_wrong_number(measured, write, name):
    raw = measured(name).read_bytes()
    whole = read_spectrum(measured(name))
    for end in range(len(raw) // 3, len(raw) - 2, 211):
        try:
            part = read_spectrum(write(raw[:end]))
        except ValueError:
            continue
        assert np.isin(part.z_ohm, whole.z_ohm).all()
        assert part.warnings
