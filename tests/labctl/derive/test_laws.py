import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl
from labctl.cli import app
from labctl.derive import derive_fits
from labctl.readmodel.law_curve import law_curve, points_of
from labctl.store import Store

SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
MADE = {"method": "m", "method_version": "1", "derived_s": 1.0}


def arrhenius(temperature_k):
    return float(1e8 / temperature_k * np.exp(-0.5 / 8.617333262e-5 / temperature_k))


class Series:
    """Spectra of one run, each with its conductivity; the laws are derived at the end."""

    def __init__(self, path):
        self.path, self.number, self.chance = path, 0, np.random.default_rng(3)
        self.store = Store.open(path)
        job = {"uuid": "j", "protocol_text": "p", "created_s": 1.0}
        self.job_id = self.store.insert("jobs", job)
        run = {"sample_id": self.store.find_or_add_sample(SAMPLE), "procedure": "p:P", "started_s": 1.0}
        run |= {"job_id": self.job_id}
        self.run_id = self.store.insert("runs", run)

    def spectrum(
        self,
        temperature_k,
        factor=1.0,
        *,
        bound=None,
        repeat_of=None,
        number=True,
        branch="heating",
        band_k=None,
        **own,
    ):
        about = {"run_id": self.run_id, "number": self.number, "started_s": 1.0, "branch": branch}
        about |= {"setpoint_k": temperature_k, "repeat_of": repeat_of, "band_k": band_k}
        spectrum_id = self.store.insert("spectra", about)
        self.store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
        self.number += 1
        where = {"spectrum_id": spectrum_id}
        noisy = 1 + 0.002 * self.chance.standard_normal()
        row = where | MADE | {"run_id": self.run_id, "temperature_k": temperature_k, "temperature_u_k": 0.01}
        row |= {"conductivity_s_m": factor * noisy * arrhenius(temperature_k), "bound": bound, "flags": []}
        row |= {"total_resistance_ohm": 20 / row["conductivity_s_m"]}
        row |= {"relative_uncertainty_resistance": None if bound else 0.003} | own
        self.store.replace_derived("conductivities", where, [row] if number else [])
        if not number:
            silent = where | MADE | {"quantity": "total", "resistance_ohm": None, "flags": ["too few points"]}
            self.store.replace_derived("resistances", where, [silent])
        return spectrum_id

    def continue_in_another_run(self):
        """End the run and go on in a second one of the same job."""
        self.store.update("runs", self.run_id, {"status": "interrupted", "ended_s": 2.0})
        about = {"sample_id": 1, "procedure": "p:P", "started_s": 3.0, "job_id": self.job_id}
        self.run_id, self.number = self.store.insert("runs", about), 0

    def laws(self):
        derive_fits(self.store, self.run_id, 3.0)
        self.store.close()
        with labctl.open(self.path) as db:
            rows = db.rows("SELECT * FROM law_fits WHERE branch = 'all' ORDER BY id")
        return next(row for row in rows if row["preferred"]), rows


@pytest.fixture
def series(tmp_path):
    made = Series(tmp_path / "lab.db")
    for temperature_k in range(310, 390, 10):
        made.spectrum(float(temperature_k))
    yield made
    made.store.close()


def test_a_law_that_stands_on_every_spectrum_has_no_remark(series):
    preferred, rows = series.laws()
    assert (preferred["n_points"], preferred["flags"]) == (8, [])
    assert not any("left out" in flag for row in rows for flag in row["flags"])


def test_every_law_names_the_spectra_that_it_does_not_stand_on(series):
    series.spectrum(300.0, bound="upper", factor=3.0)
    series.spectrum(390.0, bound="lower", factor=0.3)
    series.spectrum(400.0, number=False)
    series.spectrum(380.0, repeat_of=8)
    preferred, rows = series.laws()
    assert preferred["n_points"] == 8
    for row in rows:
        assert row["flags"][0] == (
            "8 of 12 points used; left out: 106.85 degC (measured again), 26.85 degC (only a bound), "
            "116.85 degC (only a bound), 126.85 degC (no number)"
        )
        assert sum("left out" in flag for flag in row["flags"]) == 1


def test_spectra_of_one_temperature_left_out_for_one_reason_are_named_once(series):
    for _ in range(3):
        series.spectrum(400.0, number=False)
    preferred, _ = series.laws()
    assert preferred["flags"][0] == "8 of 11 points used; left out: 126.85 degC (no number), 3 times"


def test_a_lower_bound_is_no_number_and_hides_no_outlier(series):
    series.spectrum(390.0, bound="lower", factor=0.3)
    series.spectrum(345.0, factor=1.5)
    preferred, _ = series.laws()
    assert preferred["n_points"] == 9
    assert any(flag.startswith("outlier at 345.00 K: 1.5") for flag in preferred["flags"])
    assert preferred["activation_energy_ev"] == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    ("bound", "factor", "is_told"),
    [("upper", 0.9, True), ("upper", 1.1, False), ("lower", 0.9, False), ("lower", 1.1, False)],
)
def test_a_law_above_an_upper_bound_says_so(series, bound, factor, is_told):
    series.spectrum(345.0, bound=bound, factor=factor)
    preferred, _ = series.laws()
    above = [flag for flag in preferred["flags"] if flag.startswith("the law lies above the bound sigma < ")]
    assert [flag.endswith(" at 345.00 K") for flag in above] == [True] * is_told


def test_a_thermometer_that_does_not_move_by_its_last_digit_costs_no_law(tmp_path):
    still = Series(tmp_path / "lab.db")
    for temperature_k in range(310, 390, 10):
        still.spectrum(float(temperature_k), temperature_u_k=0.0)
    preferred, _ = still.laws()
    assert preferred["activation_energy_ev"] == pytest.approx(0.5, abs=0.005)


def test_the_uncertainty_of_the_temperature_is_in_that_of_the_energy(tmp_path):
    def energy_u_ev(name, temperature_u_k):
        made = Series(tmp_path / name)
        for temperature_k in range(310, 390, 10):
            made.spectrum(float(temperature_k), temperature_u_k=temperature_u_k)
        preferred, _ = made.laws()
        made.store.close()
        return preferred["standard_uncertainty_ev"]

    assert energy_u_ev("unsure.db", 0.5) > 5 * energy_u_ev("sure.db", 0.0)


def out_of_band(series, low_k, high_k, factor, **own):
    """A spectrum at 345 K in a band of 0.5 K, with the span of its temperatures."""
    own = {"temperature_u_k": (high_k - low_k) / 2} | own
    series.spectrum(345.0, factor, band_k=0.5, temperature_min_k=low_k, temperature_max_k=high_k, **own)


def test_a_spectrum_that_belongs_to_no_temperature_is_in_no_law(series):
    before = series.number
    out_of_band(series, 325.0, 345.0, factor=1.5)
    preferred, rows = series.laws()
    assert preferred["n_points"] == before
    for row in rows:
        assert "71.85 degC (the temperature left its band)" in row["flags"][0]
        assert not any(flag.startswith("outlier") for flag in row["flags"])


def test_a_spectrum_that_left_its_band_by_little_weighs_little(tmp_path):
    def energy_ev(name, low_k, high_k):
        made = Series(tmp_path / name)
        for temperature_k in (310.0, 320.0, 330.0, 360.0):
            made.spectrum(temperature_k)
        if high_k:
            out_of_band(made, low_k, high_k, factor=1.12)
        preferred, _ = made.laws()
        made.store.close()
        return preferred["activation_energy_ev"], preferred["n_points"]

    without_ev, _ = energy_ev("without.db", 0, 0)
    within_ev, _ = energy_ev("within.db", 344.99, 345.01)
    left_ev, count = energy_ev("left.db", 344.0, 345.9)
    assert count == 5
    assert abs(left_ev - without_ev) < 0.3 * abs(within_ev - without_ev)


def test_what_left_its_band_is_in_no_law_where_no_uncertainty_can_weigh_it(series):
    before = series.number
    series.spectrum(350.0, relative_uncertainty_resistance=None)
    out_of_band(series, 344.0, 345.2, factor=1.0)
    preferred, _ = series.laws()
    assert preferred["n_points"] == before + 1
    assert "(the temperature left its band, and no uncertainty can weigh it)" in preferred["flags"][0]


def test_a_ramp_without_a_band_stays_in_its_law(tmp_path):
    ramp = Series(tmp_path / "lab.db")
    for kelvin in range(310, 390, 10):
        span = {"temperature_min_k": kelvin - 2.0, "temperature_max_k": kelvin + 2.0}
        ramp.spectrum(float(kelvin), temperature_u_k=1.2, **span)
    preferred, _ = ramp.laws()
    assert preferred["n_points"] == 8


def test_show_says_which_spectra_gave_no_number_and_why(series):
    series.spectrum(400.0, number=False)
    series.laws()
    arguments = ["show", "last", "--db", str(series.path)]
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "150"}).stdout
    assert "no number from spectrum 8 at 126.85 °C: too few points" in shown
    assert "8 of 9 points used; left out: 126.85 degC (no number)" in shown
    content = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert content["without_number"] == [{"spectrum": 8, "setpoint_k": 400.0, "flags": ["too few points"]}]


def test_a_law_names_the_spectra_it_stands_on_and_no_other(series):
    series.spectrum(300.0, bound="upper", factor=3.0)
    series.spectrum(390.0, bound="lower", factor=0.3)
    series.spectrum(400.0, number=False)
    series.spectrum(380.0, repeat_of=8)
    _, rows = series.laws()
    assert {row["law"] for row in rows} >= {"arrhenius", "vtf"}
    for row in rows:
        assert row["spectra"] == [1, 2, 3, 4, 5, 6, 7, 12]
        assert row["n_points"] == len(row["spectra"])


def test_a_law_of_a_branch_names_the_spectra_of_the_branch(tmp_path):
    both = Series(tmp_path / "lab.db")
    for number, kelvin in enumerate([310, 330, 350, 350, 330, 310]):
        both.spectrum(float(kelvin), branch="heating" if number < 3 else "cooling")
    both.laws()
    with labctl.open(both.path) as db:
        named = {row["branch"]: row["spectra"] for row in db.rows("SELECT branch, spectra FROM law_fits")}
    assert named == {"all": [1, 2, 3, 4, 5, 6], "heating": [1, 2, 3], "cooling": [4, 5, 6]}


def test_a_spectrum_under_a_potential_is_no_point_of_a_law(series):
    steady = series.spectrum(395.0, factor=0.5)
    about = {"run_id": series.run_id, "number": 0, "potential_v": 0.01, "started_s": 1.0}
    polarisation_id = series.store.insert("polarisations", about)
    series.store.update("polarisations", polarisation_id, {"steady_spectrum_id": steady})
    preferred, _ = series.laws()
    assert steady not in preferred["spectra"]
    assert preferred["n_points"] == 8


def test_a_continued_run_names_the_spectra_of_its_earlier_part_too(series):
    series.continue_in_another_run()
    series.spectrum(400.0)
    preferred, _ = series.laws()
    assert preferred["spectra"] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_the_law_that_is_drawn_is_the_one_that_was_stored(series):
    """A bad spectrum that was repeated, a steady spectrum and a bound once bent the drawn law."""
    bad = series.spectrum(395.0, factor=3.0)
    series.spectrum(395.0, repeat_of=bad)
    series.spectrum(405.0, bound="lower", factor=2.0)
    preferred, _ = series.laws()
    with labctl.open(series.path) as db:
        query = "SELECT c.*, s.branch FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id"
        conductivities = db.rows(query)
    curve = law_curve(preferred, conductivities)
    inverse_ev = 1 / (8.617333262e-5 * curve.temperature_k)
    ln_sigma_t = curve.ln_sigma + np.log(curve.temperature_k)
    drawn_ev = -np.diff(ln_sigma_t) / np.diff(inverse_ev)
    assert drawn_ev == pytest.approx(np.full(199, preferred["activation_energy_ev"]), rel=1e-9)
    assert curve.remark == ""
    assert curve.has_band
    stands_on = points_of(preferred, conductivities)
    assert [point["spectrum_id"] for point in stands_on] == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert max(abs(curve.ln_deviation(point)) for point in stands_on) < 0.01


def test_every_stored_law_keeps_its_curve(series):
    _, rows = series.laws()
    for row in rows:
        curve = law_curve(row, ())
        assert curve.has_band
        assert (curve.temperature_k[0], curve.temperature_k[-1]) == (310.0, 380.0)
        (at_25,) = curve.function.ln_conductivity(298.15)[0]
        assert np.exp(at_25) == pytest.approx(row["parameters"]["conductivity_at_25_degc"]["value"], rel=1e-9)
        low, high = (row["parameters"]["conductivity_at_25_degc"][name] for name in ("low_95", "high_95"))
        (half,), stored = curve.function.ln_half_width(298.15), np.log(high / low) / 2
        if row["preferred"]:  # with the spread over the laws that remain possible
            assert half < stored < 2 * half
        else:
            assert half == pytest.approx(stored, rel=1e-9)


def test_the_query_of_the_page_gives_the_conductivities_that_a_law_uses(series):
    series.spectrum(300.0, bound="upper", factor=3.0)
    preferred, rows = series.laws()
    page = (Path(__file__).parents[3] / "docs/explanation/store.md").read_text(encoding="utf-8")
    (query,) = (block for block in re.findall(r"```sql\n(.*?)```", page, re.S) if "json_each" in block)
    with labctl.open(series.path) as db:
        found = db.rows(query.replace("f.id = 1", f"f.id = {rows[0]['id']}"))
    assert [row["spectrum_id"] for row in found] == preferred["spectra"]


BOLTZMANN_EV_K = 8.617333262e-5
KELVINS = tuple(float(kelvin) for kelvin in range(310, 390, 10))


def exact(path, kelvins=KELVINS, sigma_s_m=arrhenius, **own):
    """Spectra whose conductivities follow a law exactly."""
    made = Series(path)
    for kelvin in kelvins:
        made.spectrum(kelvin, **({"conductivity_s_m": sigma_s_m(kelvin)} | own))
    return made


def line(x, y):
    """Slope, intercept, and their standard uncertainties from the scatter, by the textbook."""
    n, mean_x, mean_y = len(x), sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
    intercept = mean_y - slope * mean_x
    variance = sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True)) / (n - 2)
    return slope, intercept, math.sqrt(variance / spread)


def test_an_exact_arrhenius_law_gives_back_its_parameters_and_its_value_at_25_degc(tmp_path):
    preferred, rows = exact(tmp_path / "lab.db").laws()
    assert (preferred["law"], preferred["method"]) == ("arrhenius", "fit_arrhenius")
    assert (preferred["n_points"], preferred["derived_s"]) == (8, 3.0)
    assert preferred["activation_energy_ev"] == pytest.approx(0.5, rel=1e-6)
    parameters = preferred["parameters"]
    assert parameters["activation_energy"]["unit"] == "eV"
    assert parameters["pre_exponential"]["value"] == pytest.approx(1e8, rel=1e-4)
    assert parameters["conductivity_at_25_degc"]["unit"] == "S/m"
    at_25_degc = 1e8 / 298.15 * math.exp(-0.5 / BOLTZMANN_EV_K / 298.15)
    assert parameters["conductivity_at_25_degc"]["value"] == pytest.approx(at_25_degc, rel=1e-4)
    assert [row["preferred"] for row in rows].count(1) == 1
    assert len(rows) == len({(row["law"], row["form"]) for row in rows})


def test_both_forms_of_arrhenius_are_kept_each_with_its_energy(tmp_path):
    _, rows = exact(tmp_path / "lab.db").laws()
    forms = {row["form"]: row for row in rows if row["law"] == "arrhenius"}
    ln_sigma = [math.log(arrhenius(kelvin)) for kelvin in KELVINS]
    slope, _, _ = line([1 / (BOLTZMANN_EV_K * kelvin) for kelvin in KELVINS], ln_sigma)
    assert set(forms) == {"ln_sigma_t", "ln_sigma"}
    assert forms["ln_sigma"]["activation_energy_ev"] == pytest.approx(-slope, rel=1e-3)
    assert forms["ln_sigma"]["preferred"] == 0


def test_an_interval_is_that_of_the_textbook_line_in_its_order(series):
    """Without stated uncertainties the scatter about the line gives them, with 6 degrees of freedom."""
    for row in series.store.read().rows("SELECT * FROM conductivities"):
        where = {"spectrum_id": row["spectrum_id"]}
        changed = {"relative_uncertainty_resistance": None, "temperature_u_k": 0.0}
        kept = {key: value for key, value in row.items() if key != "id"}
        series.store.replace_derived("conductivities", where, [kept | changed])
    points = series.store.read().rows("SELECT * FROM conductivities ORDER BY id")
    preferred, _ = series.laws()
    x = [1 / (BOLTZMANN_EV_K * point["temperature_k"]) for point in points]
    y = [math.log(point["conductivity_s_m"] * point["temperature_k"]) for point in points]
    slope, _, u = line(x, y)
    energy = preferred["parameters"]["activation_energy"]
    assert energy["value"] == pytest.approx(-slope, rel=1e-6)
    assert preferred["activation_energy_ev"] == energy["value"]
    assert energy["standard_uncertainty"] == pytest.approx(u, rel=0.02)
    assert preferred["standard_uncertainty_ev"] == energy["standard_uncertainty"]
    assert energy["low_95"] == pytest.approx(
        energy["value"] - 2.447 * energy["standard_uncertainty"], rel=1e-3
    )
    assert energy["high_95"] == pytest.approx(
        energy["value"] + 2.447 * energy["standard_uncertainty"], rel=1e-3
    )


def test_a_point_of_small_uncertainty_weighs_more(tmp_path):
    made = Series(tmp_path / "lab.db")
    for kelvin in KELVINS:
        off = 1.3 if kelvin == 310.0 else 1.0
        made.spectrum(
            kelvin,
            conductivity_s_m=off * arrhenius(kelvin),
            relative_uncertainty_resistance=0.3 if kelvin == 310.0 else 0.003,
        )
    preferred, _ = made.laws()
    assert preferred["activation_energy_ev"] == pytest.approx(0.5, abs=0.002)


def test_the_weights_of_the_laws_sum_to_one(series):
    _, rows = series.laws()
    weights = {row["law"]: row["parameters"]["weight"] for row in rows}
    assert {weight["unit"] for weight in weights.values()} == {"1"}
    assert sum(weight["value"] for weight in weights.values()) == pytest.approx(1.0)


def branches_of(made):
    derive_fits(made.store, made.run_id, 3.0)
    with made.store.read() as db:
        rows = db.rows("SELECT DISTINCT branch FROM law_fits")
    return sorted(row["branch"] for row in rows)


@pytest.mark.parametrize(
    ("cooling_k", "branches"),
    [
        ((), ["all"]),
        ((375.0,), ["all"]),
        ((375.0, 375.45), ["all"]),
        ((375.0, 375.55), ["all", "cooling", "heating"]),
    ],
)
def test_heating_and_cooling_stand_apart_where_each_has_two_temperatures(series, cooling_k, branches):
    for kelvin in cooling_k:
        series.spectrum(kelvin, branch="cooling")
    assert branches_of(series) == branches
    assert branches_of(series) == branches  # again, and not twice


@pytest.mark.parametrize(("kelvins", "branches"), [((310.0, 310.45), []), ((310.0, 310.55), ["all"])])
def test_a_law_needs_two_temperatures(tmp_path, kelvins, branches):
    made = exact(tmp_path / "lab.db", kelvins)
    assert branches_of(made) == branches
    made.store.close()


def test_only_points_that_are_numbers_count_as_temperatures(tmp_path):
    made = exact(tmp_path / "lab.db", (310.0,))
    made.spectrum(320.0, bound="upper")
    made.spectrum(330.0, bound="lower")
    made.spectrum(340.0, number=False)
    assert branches_of(made) == []
    made.store.close()


def test_heating_that_differs_from_cooling_is_told_of_all_points_only(tmp_path):
    made = Series(tmp_path / "lab.db")
    for kelvin in KELVINS:
        made.spectrum(kelvin)
    for kelvin in reversed(KELVINS):
        made.spectrum(kelvin, 1.5, branch="cooling")
    derive_fits(made.store, made.run_id, 3.0)
    with made.store.read() as db:
        rows = db.rows("SELECT * FROM law_fits")
    made.store.close()
    told = [row for row in rows if any("heating" in flag and "cooling" in flag for flag in row["flags"])]
    assert [(row["branch"], row["preferred"]) for row in told] == [("all", 1)]
    (flag,) = [flag for flag in told[0]["flags"] if flag.startswith("hysteresis")]
    assert float(flag.split("by a factor ")[1].split()[0]) == pytest.approx(1.5, rel=0.01)


def test_cooling_that_repeats_heating_is_no_remark(tmp_path):
    made = exact(tmp_path / "lab.db")
    for kelvin in reversed(KELVINS):
        made.spectrum(kelvin, branch="cooling", conductivity_s_m=arrhenius(kelvin))
    preferred, _ = made.laws()
    assert not any("heating" in flag for flag in preferred["flags"])


def test_a_vtf_law_has_no_value_at_25_degc_below_its_vogel_temperature(tmp_path):
    def sigma_s_m(kelvin):
        return 100.0 / math.sqrt(kelvin) * math.exp(-0.03 / (BOLTZMANN_EV_K * (kelvin - 300.0)))

    _, rows = exact(tmp_path / "lab.db", [320.0 + 5 * n for n in range(14)], sigma_s_m).laws()
    (vtf,) = [row for row in rows if row["law"] == "vtf"]
    parameters = vtf["parameters"]
    assert parameters["vogel_temperature"]["value"] == pytest.approx(300.0, abs=0.5)
    assert parameters["vogel_temperature"]["unit"] == "K"
    assert parameters["pseudo_activation_energy"]["value"] == pytest.approx(0.03, rel=0.01)
    assert vtf["activation_energy_ev"] == parameters["pseudo_activation_energy"]["value"]
    assert "conductivity_at_25_degc" not in parameters
    assert vtf["form"] == "T^-0.5"


def test_a_kink_is_stored_with_both_lines_and_its_break(tmp_path):
    def sigma_s_m(kelvin):
        x = 1 / (BOLTZMANN_EV_K * kelvin) - 1 / (BOLTZMANN_EV_K * 345.0)
        return 1e-3 / kelvin * math.exp(-(0.4 if kelvin > 345.0 else 0.8) * x)

    _, rows = exact(tmp_path / "lab.db", [300.0 + 8 * n for n in range(12)], sigma_s_m).laws()
    (row,) = [row for row in rows if row["law"] == "two_segments"]
    parameters = row["parameters"]
    centre = 1 / (BOLTZMANN_EV_K * 345.0)
    expected = {
        "activation_energy_below": (0.8, "eV"),
        "activation_energy_above": (0.4, "eV"),
        "break_temperature": (345.0, "K"),
        "pre_exponential_below": (1e-3 * math.exp(0.8 * centre), "S K/m"),
        "pre_exponential_above": (1e-3 * math.exp(0.4 * centre), "S K/m"),
    }
    for name, (value, unit) in expected.items():
        assert parameters[name]["value"] == pytest.approx(value, rel=1e-3), name
        assert parameters[name]["unit"] == unit
    assert row["activation_energy_ev"] is None
    assert row["standard_uncertainty_ev"] is None
    assert row["form"] == "ln_sigma_t"


def test_the_part_of_the_analyser_that_all_points_share_does_not_weigh_them(tmp_path):
    def energy(name, **own):
        made = Series(tmp_path / name)
        for kelvin in range(310, 390, 10):
            made.spectrum(float(kelvin), **own)
        preferred, _ = made.laws()
        return preferred["activation_energy_ev"], preferred["standard_uncertainty_ev"]

    whole = math.hypot(0.003, 0.004)
    with_part = energy("a.db", relative_uncertainty_resistance=whole, relative_uncertainty_analyser=0.004)
    assert with_part == pytest.approx(energy("b.db"))
