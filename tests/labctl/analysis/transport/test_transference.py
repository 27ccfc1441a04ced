import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis import Estimate, bruce_vincent, electronic_transference, wagner_ionic_transference

TABLE = {"delta_v_v": 10.2e-3, "initial_current_a": 17.51e-6, "steady_current_a": 10.1e-6}
RESISTANCES = {"initial_resistance_ohm": 209.0, "steady_resistance_ohm": 213.0}
CELL = {**TABLE, **RESISTANCES}


def with_uncertainty(values, relative):
    return {name: Estimate(value, abs(value) * relative[name]) for name, value in values.items()}


USUAL = {
    "delta_v_v": 0.002,
    "initial_current_a": 0.01,
    "steady_current_a": 0.01,
    "initial_resistance_ohm": 0.02,
    "steady_resistance_ohm": 0.02,
}


def cell(t_plus, bulk=300.0, interphase=200.0, growth=1.0, step=0.01):
    """Inputs of an ideal cell."""
    total = bulk / t_plus
    return {
        "delta_v_v": step,
        "initial_current_a": step / (bulk + interphase),
        "steady_current_a": step / (total + interphase * growth),
        "initial_resistance_ohm": interphase,
        "steady_resistance_ohm": interphase * growth,
    }


def test_the_founding_table(measured):
    rows = list(
        csv.DictReader(measured("transference").joinpath(founding_file(measured)).read_text().splitlines())
    )
    assert len(rows) == 3
    for row in rows:
        found = bruce_vincent(
            float(row["delta_v_mv"]) * 1e-3,
            float(row["i0_ua"]) * 1e-6,
            float(row["iss_ua"]) * 1e-6,
            float(row["r0_ohm"]),
            float(row["rss_ohm"]),
        )
        assert found.value.value == pytest.approx(float(row["t_plus_published"]), abs=0.005)
        assert found.naive is not None
        assert found.naive.value > found.value.value


def founding_file(measured):
    return next(path.name for path in measured("transference").iterdir() if path.suffix == ".csv")


@given(
    st.floats(0.05, 0.99), st.floats(10, 1e6), st.floats(0, 1e6), st.floats(0.5, 3), st.floats(0.005, 0.05)
)
def test_an_ideal_cell_gives_back_its_transference_number(t_plus, bulk, interphase, growth, step):
    found = bruce_vincent(**cell(t_plus, bulk, interphase, growth, step), bulk_resistance_ohm=bulk)
    assert found.value.value == pytest.approx(t_plus, rel=1e-6)
    assert found.watanabe is not None
    assert found.watanabe.value == pytest.approx(t_plus, rel=1e-6)


def test_a_step_the_other_way_is_the_same():
    turned = {name: -value if name in TABLE else value for name, value in CELL.items()}
    assert bruce_vincent(**turned).value == bruce_vincent(**CELL).value
    assert bruce_vincent(**turned).flags == bruce_vincent(**CELL).flags


def test_the_result_says_what_it_is():
    found = bruce_vincent(**CELL)
    assert found.label == "rho+ (Bruce-Vincent)"
    assert "ideal, dilute" in found.meaning
    assert set(found.inputs) == set(CELL)
    assert found.flags == ()
    assert any("multivalent" in flag for flag in bruce_vincent(**CELL, cation_charge=2).flags)


@pytest.mark.parametrize("correlation", [0.0, 0.9, -0.5])
def test_linear_propagation_agrees_with_monte_carlo(correlation):
    inputs = with_uncertainty(CELL, USUAL)
    found = bruce_vincent(**inputs, resistance_correlation=correlation)
    rng, n = np.random.default_rng(71), 200_000
    normal = rng.standard_normal((5, n))
    normal[4] = correlation * normal[3] + math.sqrt(1 - correlation**2) * normal[4]
    step, i0, iss, r0, rss = (
        estimate.value + estimate.standard_uncertainty * z
        for estimate, z in zip(inputs.values(), normal, strict=True)
    )
    drawn = iss * (step - i0 * r0) / (i0 * (step - iss * rss))
    assert found.value.standard_uncertainty == pytest.approx(drawn.std(), rel=0.03)
    assert found.value.value == pytest.approx(np.median(drawn), abs=0.1 * drawn.std())


def test_the_stated_interval_covers_the_truth_as_often_as_it_says():
    rng, inside = np.random.default_rng(72), 0
    for _ in range(2000):
        truth = rng.uniform(0.1, 0.95)
        values = cell(truth, interphase=rng.uniform(20, 300))
        measured = {
            name: Estimate(value * (1 + USUAL[name] * rng.standard_normal()), abs(value) * USUAL[name])
            for name, value in values.items()
        }
        low, high = bruce_vincent(**measured).value.interval()
        inside += low <= truth <= high
    assert 0.93 <= inside / 2000 <= 0.97


def test_few_degrees_of_freedom_reach_the_result():
    inputs = with_uncertainty(CELL, USUAL)
    few = {name: Estimate(e.value, e.standard_uncertainty, 4.0) for name, e in inputs.items()}
    assert bruce_vincent(**inputs).value.degrees_of_freedom == math.inf
    assert 4 <= bruce_vincent(**few).value.degrees_of_freedom < 20


def test_swapped_resistances_are_asked_about():
    swapped = {**CELL, "initial_resistance_ohm": 249.0, "steady_resistance_ohm": 150.0}
    assert any("are they swapped?" in flag for flag in bruce_vincent(**swapped).flags)


def test_a_growing_interphase_is_reported_with_its_size():
    flags = bruce_vincent(**cell(0.4, growth=1.1)).flags
    assert any("grew by 10 %" in flag for flag in flags)
    assert any("grew by 3 %" in flag for flag in bruce_vincent(**cell(0.4, growth=1.03)).flags)


@pytest.mark.parametrize(("growth", "sigmas"), [(0.97, 2.5), (1.03, 2.5), (0.99, 30.0), (1.01, 30.0)])
def test_interphases_within_their_noise_or_hardly_changed_are_not_remarked_on(growth, sigmas):
    inputs = cell(0.4, growth=growth)
    r0, rss = inputs["initial_resistance_ohm"], inputs["steady_resistance_ohm"]
    u = abs(rss - r0) / sigmas / math.sqrt(2)
    resistances = {"initial_resistance_ohm": Estimate(r0, u), "steady_resistance_ohm": Estimate(rss, u)}
    assert bruce_vincent(**{**inputs, **resistances}).flags == ()


def test_a_late_first_sample_disagrees_with_the_spectrum():
    late = cell(0.4)
    late["initial_current_a"] *= 0.9
    assert any("first sample late" in flag for flag in bruce_vincent(**late, bulk_resistance_ohm=300.0).flags)
    assert bruce_vincent(**cell(0.4), bulk_resistance_ohm=300.0).flags == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"delta_v_v": 10.2}, "millivolt"),
        ({"delta_v_v": 0.0}, "delta_v_v must not be zero"),
        ({"initial_current_a": -17e-6}, "initial_current_a must flow with delta_v_v"),
        ({"steady_current_a": 0.0}, "steady_current_a must flow with delta_v_v"),
        ({"steady_current_a": math.nan}, "steady_current_a must be finite"),
        ({"initial_resistance_ohm": -1.0}, "initial_resistance_ohm must not be negative"),
        ({"initial_resistance_ohm": 600.0}, "initial_current_a times initial_resistance_ohm is 0.01051 V"),
        ({"steady_resistance_ohm": 1100.0}, "steady_current_a times steady_resistance_ohm"),
        ({"initial_current_a": 17.51}, "not below delta_v_v"),
        ({"bulk_resistance_ohm": 0.0}, "bulk_resistance_ohm must be positive"),
        ({"resistance_correlation": 2.0}, "resistance_correlation must lie between"),
    ],
)
def test_nonsense_is_refused_in_words(change, words):
    with pytest.raises(ValueError, match=words):
        bruce_vincent(**{**CELL, **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steady_current_a": 18e-6}, "no polarisation was seen"),
        ({"steady_current_a": 18e-6}, "lies outside 0 to 1"),
        ({"delta_v_v": 0.5}, "is not small"),
        ({"initial_resistance_ohm": 570.0, "steady_resistance_ohm": 571.0}, "rests on a small rest"),
    ],
)
def test_the_implausible_is_flagged(change, words):
    assert any(words in flag for flag in bruce_vincent(**{**CELL, **change}).flags)


def test_an_electronic_share_of_one_hundredth():
    ionic, electronic = 1000.0, 99_000.0
    total = ionic * electronic / (ionic + electronic)
    current = Estimate(0.01 / electronic, 0.01 / electronic * 0.02)
    found = electronic_transference(Estimate(total, 0.01 * total), 0.01, current)
    assert found.value.value == pytest.approx(0.01, rel=1e-9)
    assert found.value.relative_uncertainty == pytest.approx(math.hypot(0.01, 0.02))
    assert found.flags == ()


def test_an_electronic_current_below_its_uncertainty_is_a_bound():
    found = electronic_transference(1000.0, 0.01, Estimate(-1e-10, 2e-10))
    assert "t_el < " in found.flags[0]


def test_electrons_cannot_carry_more_than_everything():
    assert "above 1" in electronic_transference(1000.0, 0.01, 1.1e-5).flags[0]
    with pytest.raises(ValueError, match="total_resistance_ohm must be positive"):
        electronic_transference(0.0, 0.01, 1e-5)
    with pytest.raises(ValueError, match="delta_v_v must not be zero"):
        electronic_transference(10.0, 0.0, 1e-5)


def test_the_total_ionic_number_counts_all_ions():
    found = wagner_ionic_transference(Estimate(1e-5, 1e-7), Estimate(1.7e-7, 1e-9))
    assert found.value.value == pytest.approx(0.983)
    assert found.label == "t_ion (Wagner)"
    with pytest.raises(ValueError, match="initial_current_a must not be zero"):
        wagner_ionic_transference(0.0, 1e-9)
