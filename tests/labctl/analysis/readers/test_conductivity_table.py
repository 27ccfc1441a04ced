import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_vtf, read_conductivities

KELVIN = np.array([300.0, 320.0, 340.0])
SIGMA_S_M = np.array([1e-3, 2e-3, 4e-3])
TO_K = {
    "T (K)": KELVIN,
    "Temperature / °C": KELVIN - 273.15,
    "temperature_degc": KELVIN - 273.15,
    "1000/T (1/K)": 1000 / KELVIN,
    "1000/T": 1000 / KELVIN,
}
TO_S_M = {
    "sigma (S/m)": SIGMA_S_M,
    "σ / S cm-1": SIGMA_S_M / 100,
    "Conductivity [mS/cm]": SIGMA_S_M * 10,
    "log10(sigma / (S/cm))": np.log10(SIGMA_S_M / 100),
    "lg σ (S cm⁻¹)": np.log10(SIGMA_S_M / 100),
    "ln(sigma / (S/m))": np.log(SIGMA_S_M),
    "conductivity_s_cm": SIGMA_S_M / 100,
}


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return read_conductivities(path)

    return write_and_read


def table(headings, *columns):
    rows = [",".join(map(repr, map(float, row))) for row in zip(*columns, strict=True)]
    return "\n".join([",".join(headings), *rows]) + "\n"


@pytest.mark.parametrize("sigma", TO_S_M)
@pytest.mark.parametrize("kelvin", TO_K)
def test_every_unit_gives_the_same_kelvin_and_siemens_per_metre(read, kelvin, sigma):
    found = read(table((kelvin, sigma), TO_K[kelvin], TO_S_M[sigma]))
    np.testing.assert_allclose(found.temperature_k, KELVIN, rtol=1e-12)
    np.testing.assert_allclose(found.conductivity_s_m, SIGMA_S_M, rtol=1e-12)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("headings", "why"),
    [
        (("T", "sigma (S/cm)"), "the temperature has no unit and may be degC or K"),
        (("T (K)", "sigma"), "'sigma' has no unit"),
        (("T (F)", "sigma (S/cm)"), "'F' of the column 'T \\(F\\)' is not known"),
        (("T (K)", "sigma (S/in)"), "'S/in' of the column"),
        (("T (K)", "log sigma (S/cm)"), "write log10 or ln"),
        (("T (K)", "R (ohm)"), "no column of conductivities"),
        (("x", "sigma (S/cm)"), "no column of temperatures"),
    ],
)
def test_a_missing_or_unknown_unit_is_refused(read, headings, why):
    with pytest.raises(ValueError, match=why) as refused:
        read(table(headings, KELVIN, SIGMA_S_M))
    assert "table.csv" in str(refused.value)


def test_columns_of_one_quantity_must_agree(read):
    headings = ("T (K)", "T (degC)", "sigma (S/m)")
    assert len(read(table(headings, KELVIN, KELVIN - 273.15, SIGMA_S_M))) == 3
    with pytest.raises(ValueError, match="differ by up to 10"):
        read(table(headings, KELVIN, KELVIN - 263.15, SIGMA_S_M))


@pytest.mark.parametrize(
    ("kelvin", "sigma", "why"),
    [(KELVIN - 310, SIGMA_S_M, "-10 K is not possible"), (KELVIN, -SIGMA_S_M, "S/m is not possible")],
)
def test_an_impossible_value_is_refused(read, kelvin, sigma, why):
    with pytest.raises(ValueError, match=why):
        read(table(("T (K)", "sigma (S/m)"), kelvin, sigma))


def test_a_cell_without_a_number_leaves_its_line_out_with_a_warning(read):
    found = read("T (K),sigma (S/m)\n300,1e-3\n320,n/a\n340,4e-3\n")
    assert (len(found), found.warnings) == (2, ("1 of 3 lines are not numbers: left out",))


def test_the_published_polymer_table_is_read_and_comes_apart_by_its_other_columns(measured):
    found = read_conductivities(measured("polymer_conductivity/peo4200_litfsi_eo16_eo8.csv"))
    assert "several series" in found.warnings[0]
    eo16 = np.array(found.other["EO_to_Li"]) == "16.0"
    fit = fit_vtf(found.temperature_k[eo16], found.conductivity_s_m[eo16])
    residual = np.log(found.conductivity_s_m[eo16]) - np.log(
        [fit.conductivity_s_m(kelvin).value for kelvin in found.temperature_k[eo16]]
    )
    ln_sigma = np.log(found.conductivity_s_m[eo16])
    assert 1 - residual.var() / ln_sigma.var() >= 0.9997


def test_the_published_melting_knee_is_read_with_its_two_energies(measured):
    found = read_conductivities(measured("polymer_conductivity/peo10_licf3so3_melting_knee.csv"))
    for part, energy_ev in ((found.temperature_k > 335.15, 0.375), (found.temperature_k < 329.15, 1.206)):
        fit = fit_arrhenius(found.temperature_k[part], found.conductivity_s_m[part], form="ln_sigma")
        assert fit.activation_energy_ev.value == pytest.approx(energy_ev, abs=0.02)


def test_a_published_table_without_a_unit_is_degrees_by_its_numbers_and_gives_its_energy(measured, read):
    published = measured("carbonate_eis/for_test_arr.csv")
    with pytest.raises(ValueError, match="the column 'cond' has no unit"):
        read_conductivities(published)
    found = read(published.read_text(encoding="utf-8").replace("temp,cond", "temp,cond (S/cm)"))
    assert found.warnings == ("the temperature has no unit: -20 to 60 is taken as degC, too cold for K",)
    fit = fit_arrhenius(found.temperature_k, found.conductivity_s_m, form="ln_sigma")
    assert fit.activation_energy_ev.value * 96.485 == pytest.approx(10.43, rel=0.02)


HOT_DEGC = np.linspace(150, 400, 9)


def arrhenius_rows(numbers, kelvin):
    sigma = 1e4 / kelvin * np.exp(-0.8 / (8.617333262e-5 * kelvin))
    sigma *= 1 + 0.01 * np.random.default_rng(4).standard_normal(kelvin.size)
    return "T,sigma (S/cm)\n" + "".join(f"{t},{s}\n" for t, s in zip(numbers, sigma, strict=True))


def test_the_arrhenius_line_decides_that_numbers_without_a_unit_are_degrees(read):
    found = read(arrhenius_rows(HOT_DEGC, HOT_DEGC + 273.15))
    np.testing.assert_allclose(found.temperature_k, HOT_DEGC + 273.15)
    (warning,) = found.warnings
    assert warning.startswith("the temperature has no unit: taken as degC, with which the Arrhenius line is")


def test_the_arrhenius_line_decides_that_numbers_without_a_unit_are_kelvin(read):
    kelvin = np.linspace(250, 600, 12)
    found = read(arrhenius_rows(kelvin, kelvin))
    np.testing.assert_allclose(found.temperature_k, kelvin)
    assert "taken as K" in found.warnings[0]


def test_numbers_that_the_line_does_not_decide_are_refused_with_what_to_write(read):
    kelvin = np.linspace(300, 330, 5)
    with pytest.raises(ValueError, match=r"be degC or K: the Arrhenius line.*write T \(degC\) or T \(K\)"):
        read(arrhenius_rows(kelvin, kelvin))
    with pytest.raises(ValueError, match="5 temperatures are needed"):
        read(arrhenius_rows(kelvin[:3], kelvin[:3]))


def test_a_column_with_a_unit_is_taken_before_one_without(read):
    found = read("T,T (K),sigma (S/cm)\n25,298.15,1e-5\n60,333.15,1e-4\n")
    np.testing.assert_allclose(found.temperature_k, [298.15, 333.15])
