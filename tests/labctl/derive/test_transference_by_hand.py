"""Transference numbers of holds written by hand, against numbers worked out here."""

import math
import statistics

import pytest

import labctl.derive.transference as derivation
from labctl.analysis import Estimate
from labctl.analysis.transport.relaxation import relaxation_current_a
from labctl.derive import derive_polarisation, derive_polarisations

BOLTZMANN_EV_K = 8.617333262e-5
STEP_V = 0.05
AT_REST = {"rest_potential_v": 0.0}
SECONDS = range(101)  # the last fifth holds 80 s to 100 s: 21 samples


@pytest.fixture
def spectra(monkeypatch):
    """Say what the analysis of the spectra before and while held finds."""

    class Spectra:
        answers = ()
        asked = ()

        def __call__(self, spectra, temperatures_k, electrodes):
            self.asked = (len(spectra), list(temperatures_k), electrodes)
            return tuple(self.answers[: len(spectra)])

    made = Spectra()
    monkeypatch.setattr(derivation, "ionic_resistance_series", made)
    return made


@pytest.fixture
def blocked(notebook, spectra, resistance):
    """Derive a hold between blocking electrodes: 2000 +- 20 ohm, and samples of one second."""

    def derive(
        current_a=lambda t: 1e-6,
        potential_v=lambda t: STEP_V,
        seconds=SECONDS,
        found=None,
        before_k=(300.0, 300.0),
        **row,
    ):
        book = notebook()
        spectra.answers = [found or resistance(2000.0, 20.0)]
        row = AT_REST | {"potential_v": STEP_V, "initial_spectrum_id": book.spectrum(before_k)} | row
        samples = [(float(t), potential_v(t), current_a(t)) for t in seconds]
        polarisation_id = book.polarisation(samples, **row)
        returned = derive_polarisation(book.store, polarisation_id, 7.0)
        (stored,) = book.rows("transference_numbers")
        assert {key: stored[key] for key in returned} == returned
        return stored

    return derive


def root_sum_of_squares(*parts):
    return math.sqrt(sum(part**2 for part in parts))


def test_the_share_of_the_electrons_is_resistance_times_current_over_step(blocked):
    row = blocked()
    assert row["value"] == pytest.approx(2000.0 * 1e-6 / 0.05)
    assert row["standard_uncertainty"] == pytest.approx(row["value"] * 0.01)
    assert (row["quantity"], row["method"]) == ("electronic", "electronic_transference")
    assert (row["bulk_resistance_ohm"], row["bulk_resistance_u_ohm"]) == (2000.0, 20.0)
    assert (row["delta_v_v"], row["delta_v_u_v"]) == (pytest.approx(0.05), pytest.approx(0.0, abs=1e-12))
    assert row["steady_current_a"] == pytest.approx(1e-6)
    assert (row["naive"], row["watanabe"], row["initial_current_a"]) == (None, None, None)
    assert (row["temperature_k"], row["derived_s"], row["flags"]) == (300.0, 7.0, [])


def test_noise_of_step_and_current_enters_the_uncertainty(blocked):
    row = blocked(
        current_a=lambda t: 1e-6 * (1 + 0.01 * (-1) ** t), potential_v=lambda t: 0.05 + 0.001 * (t % 3)
    )
    step_v = [0.05 + 0.001 * (t % 3) for t in SECONDS]
    step_u_v = statistics.stdev(step_v) / math.sqrt(101)
    assert row["delta_v_v"] == pytest.approx(statistics.mean(step_v))
    assert row["delta_v_u_v"] == pytest.approx(step_u_v)
    late_a = [1e-6 * (1 + 0.01 * (-1) ** t) for t in range(80, 101)]
    line = statistics.linear_regression(range(80, 101), late_a)
    residuals = [a - line.intercept - line.slope * t for t, a in zip(range(80, 101), late_a, strict=True)]
    scatter_a = math.sqrt(sum(r**2 for r in residuals) / 19)
    current_u_a = root_sum_of_squares(scatter_a / math.sqrt(21), line.slope * 20 / 2)
    assert row["steady_current_a"] == pytest.approx(statistics.mean(late_a))
    assert row["steady_current_u_a"] == pytest.approx(current_u_a)
    relative = root_sum_of_squares(0.01, step_u_v / row["delta_v_v"], current_u_a / row["steady_current_a"])
    assert row["standard_uncertainty"] == pytest.approx(row["value"] * relative)
    assert row["low_95"] < row["value"] - 1.9 * row["standard_uncertainty"]
    assert row["high_95"] > row["value"] + 1.9 * row["standard_uncertainty"]


def test_one_sample_of_the_potential_has_no_spread_and_a_current_of_five_samples_is_enough(blocked):
    row = blocked(seconds=range(21))  # 16 s to 20 s
    assert row["value"] == pytest.approx(0.04)
    row = blocked(seconds=range(20))  # 15.2 s to 19 s: four samples
    assert row["value"] is None
    assert row["flags"] == ["no number: elapsed_s holds less than five samples in the last fifth of the time"]
    assert row["delta_v_v"] == pytest.approx(0.05)
    row = blocked(seconds=range(1))
    assert row["flags"] == ["no number: elapsed_s holds less than five samples in the last fifth of the time"]
    assert row["delta_v_v"] == pytest.approx(0.05)


@pytest.mark.parametrize("electrodes", ["blocking", "reversible"])
def test_a_hold_without_a_good_sample_gives_no_number(notebook, spectra, resistance, electrodes):
    book = notebook(electrodes=electrodes)
    spectra.answers = [resistance(2000.0, interphase_ohm=Estimate(800.0, 1.0))] * 2
    before = book.spectrum()
    hold = book.polarisation([], {"steady_spectrum_id": book.spectrum()}, initial_spectrum_id=before)
    row = derive_polarisation(book.store, hold, 1.0)
    assert (row.get("value"), row["delta_v_v"]) == (None, None)
    assert [flag for flag in row["flags"] if flag.startswith("no number: ")] == [row["flags"][0]]


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_current_that_changes_by_two_percent_in_the_last_fifth_is_told_and_carried(blocked, sign):
    def ramp(change):
        return lambda t: 1e-6 * (1 + sign * change * (t - 90) / 20)

    still, moving = blocked(ramp(0.018)), blocked(ramp(0.022))
    assert still["flags"] == []
    (flag,) = moving["flags"]
    assert flag == (
        f"not steady: the current still changed by {sign * 2.2:.2g} % over the last fifth of the hold"
    )
    assert moving["steady_current_a"] == pytest.approx(1e-6)
    assert moving["steady_current_u_a"] == pytest.approx(1e-6 * 0.022 / 2)
    assert moving["relaxation"]["change_in_last_fifth"] == pytest.approx(sign * 0.022)
    assert moving["relaxation"]["observed_current_a"]["value"] == pytest.approx(1e-6)


def test_a_current_that_noise_hides_is_not_called_unsteady(blocked):
    row = blocked(lambda t: 1e-8 * (1 + 8.0 * (-1) ** t + (t - 90) / 20))
    assert row["low_95"] < 0
    assert row["flags"][0].startswith("no electronic current beyond its uncertainty")
    assert not any("not steady" in flag for flag in row["flags"])


def test_no_current_at_all_has_no_relative_change(blocked):
    row = blocked(lambda t: 0.0)
    assert row["value"] == 0.0
    assert row["relaxation"]["change_in_last_fifth"] is None


def test_a_sample_read_twice_counts_once(blocked):
    row = blocked(
        current_a=lambda t: 1e-6 if t < 200 else 1.0,
        seconds=[*range(101), 200, 200],
        potential_v=lambda t: STEP_V,
    )
    assert row["value"] is None  # two late samples, one of them a copy
    row = blocked(seconds=[0, 0, *range(1, 101)], potential_v=lambda t: STEP_V if t else 0.5)
    assert row["delta_v_v"] == pytest.approx((0.5 + 100 * STEP_V) / 101)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("rest_v", [0.0, 0.004, -0.004])
def test_a_potential_read_back_five_percent_off_is_told(notebook, spectra, resistance, sign, rest_v):
    def flags(factor):
        book = notebook()
        spectra.answers = [resistance(2000.0, 20.0)]
        read_v = rest_v + sign * factor * 0.05
        polarisation_id = book.polarisation(
            [(float(t), read_v, sign * 1e-6) for t in SECONDS],
            potential_v=rest_v + sign * 0.05,
            rest_potential_v=rest_v,
            initial_spectrum_id=book.spectrum(),
        )
        row = derive_polarisation(book.store, polarisation_id, 1.0)
        assert row["delta_v_v"] == pytest.approx(sign * factor * 0.05)
        return row["flags"]

    assert [flags(factor) for factor in (0.955, 1.045)] == [[], []]
    for factor in (0.945, 1.055):
        (flag,) = flags(factor)
        assert flag == (
            f"the potential read back is {sign * factor * 50:.4g} mV above the rest, {sign * 50:.4g} mV "
            "were set: check the potentiostat's calibration"
        )


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_cell_that_rests_at_a_tenth_of_the_step_is_told(blocked, sign):
    def flags(share):
        rest_v = sign * share * 0.05
        at = {"rest_potential_v": rest_v}
        return blocked(potential_v=lambda t: 0.05 + rest_v, **at)["flags"]

    calibration = [flag for flag in flags(0.09) if "were set" not in flag]
    assert calibration == []
    told = [flag for flag in flags(0.11) if "were set" not in flag]
    assert told == [f"the cell rested at {sign * 5.5:.3g} mV: its electrodes are not alike, or not at rest"]


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_rest_that_drifts_by_two_percent_of_the_step_is_told(blocked, sign):
    assert blocked(rest_drift_v_s=sign * 0.018 * 0.05 / 100)["flags"] == []
    (flag,) = blocked(rest_drift_v_s=sign * 0.022 * 0.05 / 100)["flags"]
    assert flag == f"the potential at rest drifted: by {sign * 1.1:.3g} mV over the time of the hold"


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_temperature_that_moved_by_a_tenth_of_a_kelvin_is_told_and_carried(blocked, sign):
    def moved(by_k):
        kelvin = [300.0 + sign * by_k if t >= 80 else 300.0 for t in SECONDS]
        return blocked(temperatures_k=kelvin)

    assert moved(0.09)["flags"] == []
    row = moved(0.11)
    assert row["flags"] == [
        f"the temperature moved by {sign * 0.11:+.2f} K between the spectrum before and the end of the hold: "
        "at 0.5 eV a kelvin is about 6 % of a resistance"
    ]
    mean_k = 300.0 + sign * 0.11 * 21 / 101
    assert row["temperature_k"] == pytest.approx(mean_k)
    by_ohm = 2000.0 * 0.5 / (BOLTZMANN_EV_K * mean_k**2) * 0.11 / math.sqrt(3)
    assert row["bulk_resistance_u_ohm"] == pytest.approx(root_sum_of_squares(20.0, by_ohm), rel=1e-6)
    assert row["bulk_resistance_ohm"] == 2000.0


def test_a_computer_that_slept_during_the_hold_is_told(blocked):
    slept = blocked(clock_ahead_s=lambda t: 600.0 if t > 40 else 0.0)
    assert any("slept, or its clock was set, for 600 s" in flag for flag in slept["flags"])
    steady = blocked(clock_ahead_s=lambda t: 0.02 * t)
    assert not any("slept" in flag for flag in steady["flags"])


def test_a_move_is_counted_from_the_mean_of_the_spectrum_to_the_mean_of_the_last_fifth(blocked):
    late_k = {79: 310.0, 80: 300.4, 100: 300.6}
    kelvin = [late_k.get(t, 300.5 if t > 80 else None) for t in SECONDS]
    (flag,) = blocked(temperatures_k=kelvin, before_k=(300.0, 300.2))["flags"]
    assert flag.startswith("the temperature moved by +0.40 K between")


def test_the_last_fifth_of_the_temperature_ends_with_its_last_reading(blocked):
    kelvin = [301.0 if 40 <= t <= 50 else (300.0 if t < 40 else None) for t in SECONDS]
    (flag,) = blocked(temperatures_k=kelvin)["flags"]
    assert flag.startswith("the temperature moved by +1.00 K between")


@pytest.mark.parametrize(
    "without", [{"temperatures_k": [None] * 101}, {"before_k": (None, None)}, {"initial_spectrum_id": None}]
)
def test_a_temperature_that_was_not_read_has_not_moved(notebook, spectra, resistance, without):
    book = notebook()
    spectra.answers = [resistance(2000.0, 20.0)]
    before_id = book.spectrum(without.get("before_k", (290.0, 290.0)))
    row = {"initial_spectrum_id": before_id, "potential_v": STEP_V}
    if "initial_spectrum_id" in without:
        row = {"initial_spectrum_id": None, "potential_v": STEP_V}
    ended = {"steady_spectrum_id": before_id}
    kelvin = without.get("temperatures_k", [300.0] * 101)
    samples = [(float(t), STEP_V, 1e-6) for t in SECONDS]
    polarisation_id = book.polarisation(samples, ended, kelvin, **row)
    derived = derive_polarisation(book.store, polarisation_id, 1.0)
    assert not any("the temperature moved by" in flag for flag in derived["flags"])
    assert derived["bulk_resistance_u_ohm"] == 20.0


@pytest.mark.parametrize(
    ("ended", "flags"),
    [
        ({"ended_by": "steady"}, []),
        ({"ended_by": "maximum time"}, ["held for the longest time allowed, without becoming steady"]),
        (
            {"ended_by": "extrapolated", "saved_s": 600.0},
            ["stopped early: waiting on would have taken about 10 min more"],
        ),
        ({"ended_by": "extrapolated"}, ["stopped early: waiting on would have taken about 0 min more"]),
    ],
)
def test_how_a_hold_ended_is_told_where_it_matters(blocked, ended, flags):
    assert blocked(ended=ended)["flags"] == flags


def test_flags_of_the_spectra_follow_with_their_place_and_none_twice(blocked, resistance):
    found = resistance(2000.0, 20.0, flags=("a flag", "another", "a flag"))
    row = blocked(found=found, ended={"ended_by": "maximum time"})
    assert row["flags"] == [
        "held for the longest time allowed, without becoming steady",
        "spectrum before: a flag",
        "spectrum before: another",
    ]


@pytest.mark.parametrize(("bound", "sign"), [("lower", ">"), ("upper", "<")])
def test_a_bound_is_named_with_its_side(blocked, resistance, bound, sign):
    row = blocked(found=resistance(2000.0, 20.0, bound=bound))
    assert row["flags"] == [f"no number: of the spectrum before only a bound is known, R {sign} 2e+03 ohm"]


def test_a_hold_without_a_spectrum_gives_no_row_and_takes_an_old_one_away(notebook, spectra, resistance):
    book = notebook()
    spectra.answers = [resistance(2000.0)]
    samples = [(float(t), STEP_V, 1e-6) for t in SECONDS]
    with_one = book.polarisation(samples, potential_v=STEP_V, initial_spectrum_id=book.spectrum())
    without = book.polarisation(samples, potential_v=STEP_V)
    cut = book.polarisation(samples, {"status": "aborted"}, initial_spectrum_id=book.spectrum())
    for _ in range(2):
        rows = derive_polarisations(book.store, book.run_id, 1.0)
        assert [row and row["polarisation_id"] for row in rows] == [with_one, None]
        assert len(book.rows("transference_numbers")) == 1
    assert derive_polarisation(book.store, without, 1.0) is None
    assert cut not in {row["polarisation_id"] for row in book.rows("transference_numbers")}
    spectra.answers = []
    assert derive_polarisation(book.store, with_one, 1.0) is None
    assert book.rows("transference_numbers") == []


# Reversible electrodes: 2000 ohm of bulk, 800 ohm of interphases, and a current that relaxes in 100 s.
R0_OHM, BULK_OHM, RHO_PLUS, VOLT = 800.0, 2000.0, 0.3, 0.01
INITIAL_A = VOLT / (BULK_OHM + R0_OHM)
STEADY_A = VOLT / (BULK_OHM / RHO_PLUS + R0_OHM)


@pytest.fixture
def reversible(notebook, spectra, resistance):
    """Derive a hold between reversible electrodes, with one spectrum before and one while held."""

    def derive(
        before=None, held=None, sample=None, gain=1.0, off_a=0.0, zeros=(), share=None, accuracy=None, **row
    ):
        book = notebook(electrodes="reversible", **(sample or {}))
        if accuracy:
            book.store.record_provenance(book.run_id, {"accuracy": accuracy})
        if share:
            book.electronic_share(*share)
        usual = {"total_ohm": BULK_OHM, "u_ohm": 1.0, "interphase_ohm": Estimate(R0_OHM, 1.0)}
        spectra.answers = [resistance(**(usual | (before or {}))), resistance(**(usual | (held or {})))]
        seconds = [5.0 * n for n in range(161)]
        currents_a = relaxation_current_a(seconds, INITIAL_A, STEADY_A, 100.0)
        noisy = [a * (1 + 1e-5 * (-1) ** n) for n, a in enumerate(currents_a.tolist())]
        row = AT_REST | {"potential_v": VOLT, "initial_spectrum_id": book.spectrum()} | row
        ended = {"steady_spectrum_id": book.spectrum()}
        samples = [(s, VOLT, gain * a + off_a) for s, a in zip(seconds, noisy, strict=True)]
        book.zero_current("zero before", zeros, at_s=0.5)
        polarisation_id = book.polarisation(samples, ended, **row)
        return derive_polarisation(book.store, polarisation_id, 7.0)

    return derive


def test_the_current_fraction_is_that_of_bruce_and_vincent(reversible):
    row = reversible()
    before, after = VOLT - INITIAL_A * R0_OHM, VOLT - STEADY_A * R0_OHM
    assert STEADY_A * before / (INITIAL_A * after) == pytest.approx(RHO_PLUS)
    assert row["value"] == pytest.approx(RHO_PLUS * dilute(300.0), rel=1e-3)
    assert row["watanabe"] == pytest.approx(RHO_PLUS, rel=1e-3)
    assert row["naive"] == pytest.approx(STEADY_A / INITIAL_A, rel=1e-3)
    assert row["initial_current_a"] == pytest.approx(INITIAL_A, rel=1e-6)
    assert row["steady_current_a"] == pytest.approx(STEADY_A, rel=1e-3)
    assert row["delta_v_v"] == pytest.approx(VOLT)
    told = {
        name: (row[f"{name}_ohm"], row[f"{name.replace('_resistance', '_resistance_u')}_ohm"])
        for name in ("initial_resistance", "steady_resistance", "bulk_resistance")
    }
    assert told == {
        "initial_resistance": (R0_OHM, 1.0),
        "steady_resistance": (R0_OHM, 1.0),
        "bulk_resistance": (BULK_OHM, 1.0),
    }
    relaxed = row["relaxation"]
    assert relaxed["time_constant_s"]["value"] == pytest.approx(100.0, rel=0.01)
    assert relaxed["transient_initial_current_a"]["value"] == pytest.approx(INITIAL_A, rel=0.01)
    assert relaxed["extrapolated_current_a"]["value"] == pytest.approx(STEADY_A, rel=1e-3)
    assert relaxed["observed_current_a"]["value"] == pytest.approx(STEADY_A, rel=1e-3)
    assert relaxed["steady"] is True
    assert (row["quantity"], row["method"], row["flags"]) == ("rho_plus", "bruce_vincent", [])


def test_the_initial_current_carries_bulk_and_interphase_together(reversible):
    row = reversible(before={"u_ohm": 20.0, "interphase_ohm": Estimate(R0_OHM, 15.0)})
    assert row["initial_current_u_a"] == pytest.approx(INITIAL_A * 25.0 / 2800.0, rel=1e-3)


def test_each_spectrum_is_asked_about_at_its_own_temperature(reversible, spectra):
    row = reversible(temperatures_k=[310.0] * 161)
    assert spectra.asked == (2, [300.0, 300.0], "reversible")
    assert row["temperature_k"] == 310.0


def test_reversible_electrodes_need_a_spectrum_while_held(notebook, spectra, resistance):
    book = notebook(electrodes="reversible")
    spectra.answers = [resistance(BULK_OHM, interphase_ohm=Estimate(R0_OHM, 1.0))]
    hold = book.polarisation([(0.0, VOLT, 1e-6)], initial_spectrum_id=book.spectrum())
    assert derive_polarisation(book.store, hold, 1.0) is None


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_bulk_that_changed_by_a_percent_is_told_and_carried(reversible, sign):
    still = reversible(held={"total_ohm": BULK_OHM * (1 + sign * 0.009)})
    assert still["flags"] == []
    moved = reversible(held={"total_ohm": BULK_OHM * (1 + sign * 0.011)})
    assert moved["flags"] == [
        f"the bulk resistance changed by {sign * 1.1:.2g} % from one spectrum to the other: rho+ carries it"
    ]
    for row, share in ((still, 0.009), (moved, 0.011)):
        assert row["bulk_resistance_ohm"] == BULK_OHM
        assert row["bulk_resistance_u_ohm"] == pytest.approx(
            root_sum_of_squares(1.0, BULK_OHM * share / math.sqrt(3))
        )


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_change_within_three_standard_uncertainties_is_noise(reversible, sign):
    """Each spectrum to 10 ohm: their difference to 14.1 ohm, and three times that is 42.4 ohm."""
    limit_ohm = 3 * math.sqrt(2) * 10.0
    uncertain = {"u_ohm": 10.0}

    def bulk(factor):
        held = {"total_ohm": BULK_OHM + sign * factor * limit_ohm, **uncertain}
        return reversible(before=uncertain, held=held)

    assert bulk(0.9)["bulk_resistance_u_ohm"] == 10.0
    assert bulk(1.1)["bulk_resistance_u_ohm"] == pytest.approx(
        root_sum_of_squares(10.0, 1.1 * limit_ohm / math.sqrt(3))
    )


@pytest.mark.parametrize("sign", [-1, 1])
def test_an_interphase_that_changed_is_carried_as_any_value_between(reversible, sign):
    def held(factor):
        return {"interphase_ohm": Estimate(R0_OHM + sign * factor * 3 * math.sqrt(2), 1.0)}

    still, moved = reversible(held=held(0.9)), reversible(held=held(1.1))
    assert still["steady_resistance_u_ohm"] == 1.0
    assert moved["steady_resistance_ohm"] == pytest.approx(R0_OHM + sign * 1.1 * 3 * math.sqrt(2))
    assert moved["steady_resistance_u_ohm"] == pytest.approx(
        root_sum_of_squares(1.0, 1.1 * 3 * math.sqrt(2) / math.sqrt(12))
    )
    assert moved["initial_resistance_u_ohm"] == 1.0


@pytest.mark.parametrize(
    ("when", "interphase_ohm"), [("before", None), ("while held", Estimate(math.nan, math.nan))]
)
def test_a_spectrum_without_an_interphase_gives_no_number(reversible, when, interphase_ohm):
    which = {"before": "before", "while held": "held"}[when]
    row = reversible(**{which: {"interphase_ohm": interphase_ohm}})
    assert row["flags"] == [
        f"no number: the spectrum {when} shows no interphase that can be told from the bulk"
    ]
    assert row["delta_v_v"] == pytest.approx(VOLT)
    assert "value" not in row


def test_a_bound_while_held_and_a_spectrum_without_a_circuit_give_no_number(reversible):
    row = reversible(held={"bound": "lower"})
    assert row["flags"] == ["no number: of the spectrum while held only a bound is known, R > 2e+03 ohm"]
    row = reversible(before={"fit": None})
    assert row["flags"] == ["no number: no circuit describes the spectrum before"]


def test_the_flags_of_both_spectra_are_told_apart(reversible):
    row = reversible(before={"flags": ("a flag",)}, held={"flags": ("a flag",)})
    assert row["flags"] == ["spectrum before: a flag", "spectrum while held: a flag"]


@pytest.mark.parametrize(
    ("cation", "cautioned"), [("Li+", False), ("", False), ("Mg2+", True), ("Al3+", True), ("Na1+", False)]
)
def test_a_multivalent_cation_is_cautioned_about(reversible, cation, cautioned):
    flags = reversible(sample={"cation": cation})["flags"]
    assert sum("multivalent" in flag for flag in flags) == cautioned
    assert all("multivalent" in flag or "linear range" in flag for flag in flags)


def test_a_spectrum_that_contradicts_the_transient_widens_the_step(reversible):
    """A spectrum of 10 % less resistance foretells a current 11 % above that of the transient."""
    row = reversible(before={"total_ohm": 1720.0}, held={"total_ohm": 1720.0})
    assert row["delta_v_u_v"] == pytest.approx(VOLT * 0.1, rel=0.02)
    assert any("initial currents disagree" in flag for flag in row["flags"])


def dilute(kelvin):
    """x / tanh x, by which an ideal, dilute salt lowers the steady current: the cell itself is linear."""
    x = (VOLT - STEADY_A * R0_OHM) / (4 * 8.617333262e-5 * kelvin)
    return x / math.tanh(x)


def test_within_the_linear_range_the_possible_error_is_taken_out_and_half_of_it_is_carried(reversible):
    row, more = reversible(), dilute(300.0) - 1
    assert 0.002 < more < 0.003
    assert row["value"] == pytest.approx(RHO_PLUS * (1 + more), rel=1e-3)
    assert by_source(row)["linear range"] == pytest.approx(RHO_PLUS * more / 2, rel=0.01)
    assert row["low_95"] <= RHO_PLUS <= row["high_95"]


def by_source(row):
    """Standard uncertainty of each source in the budget of the number."""
    components = row["budget"]["components"]["rho_plus"]
    return {name: root_sum_of_squares(*(c["change"] for c in components if c["source"] == name))
            for name in {c["source"] for c in components}}  # fmt: skip


@pytest.mark.parametrize("gain", [0.99, 1.01])
def test_a_scale_that_is_off_by_a_percent_is_told_and_carried(reversible, gain):
    row = reversible(gain=gain, zeros=[(float(n), 1e-11 * (-1) ** n) for n in range(61)])
    assert abs(row["value"] / RHO_PLUS / dilute(300.0) - 1) > 0.01
    assert row["low_95"] <= RHO_PLUS <= row["high_95"]
    assert row["high_95"] - row["low_95"] < 0.02
    assert by_source(row)["scale of the current"] == pytest.approx(0.0034, rel=0.1)
    assert any("initial currents disagree: " in flag and f"{gain - 1:+.2%}" in flag for flag in row["flags"])


@pytest.mark.parametrize(("limit", "carried"), [(0.01, False), (5e-4, True)])
def test_a_disagreement_that_the_stated_limits_explain_is_not_carried_beside_them(reversible, limit, carried):
    zeros = [(float(n), 1e-11 * (-1) ** n) for n in range(61)]
    currents = [{"up_to_a": None, "gain": limit, "zero_a": 1e-12}]
    row = reversible(
        gain=1.005, zeros=zeros, accuracy={"potentiostat": {"potential_gain": None, "currents": currents}}
    )
    assert ("scale of the current" in by_source(row)) is carried
    assert row["low_95"] <= RHO_PLUS * dilute(300.0) <= row["high_95"]


@pytest.mark.parametrize("sign", [-1, 1])
def test_an_offset_of_the_current_is_carried_where_the_zero_was_not_measured(reversible, sign):
    row = reversible(off_a=sign * 0.01 * INITIAL_A)
    assert abs(row["value"] / RHO_PLUS - 1) > 0.02
    assert row["low_95"] <= RHO_PLUS <= row["high_95"]
    assert "zero of the current" in row["budget"]["not_stated"]


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_current_at_0_v_is_subtracted_with_its_uncertainty(reversible, sign):
    off_a = sign * 0.01 * INITIAL_A
    zeros = [(float(n), off_a + 1e-10 * (-1) ** n) for n in range(61)]
    row = reversible(off_a=off_a, zeros=zeros)
    assert row["value"] == pytest.approx(RHO_PLUS * dilute(300.0), rel=1e-3)
    assert row["steady_current_a"] == pytest.approx(STEADY_A, rel=1e-3)
    assert row["relaxation"]["zero_before_a"]["value"] == pytest.approx(off_a, rel=0.01)
    assert any("the current at 0 V was" in flag and "0.01 of I0: subtracted" in flag for flag in row["flags"])
    assert 0 < by_source(row)["zero of the current"] < 1e-3 * RHO_PLUS
    assert "zero of the current" not in row["budget"]["not_stated"]


def test_the_electronic_share_of_the_sample_is_taken_out_with_its_uncertainty(reversible):
    plain, known = reversible(), reversible(share=(0.01, 0.001))
    assert known["value"] < plain["value"] - 0.005
    assert by_source(known)["electronic share"] > 0.0005
    assert "electronic share" in plain["budget"]["not_stated"]
    assert "electronic share" not in known["budget"]["not_stated"]
    assert any(flag.startswith("electronic share 0.01 known") for flag in known["flags"])
    unknown = reversible(share=(0.01, None))
    assert "uncertainty of the electronic share" in unknown["budget"]["not_stated"]


def test_the_components_add_up_to_the_standard_uncertainty(reversible):
    row = reversible(before={"u_ohm": 20.0}, held={"interphase_ohm": Estimate(R0_OHM * 1.1, 1.0)})
    parts = by_source(row)
    assert root_sum_of_squares(*parts.values()) == pytest.approx(row["standard_uncertainty"], rel=1e-6)
    assert {"steady current", "bulk resistance", "interface resistance", "change of the sample"} <= set(parts)
    assert parts["bulk resistance"] == pytest.approx(RHO_PLUS * 0.01, rel=0.02)
    assert "potentiostat" in row["budget"]["not_stated"]
