import math
import statistics

import pytest

import labctl.derive.conductivities as derivation
from labctl.analysis import Estimate
from labctl.analysis.resistance.analyser_share import AnalyserShare
from labctl.analysis.resistance.parts import Arc
from labctl.derive import derive_conductivities, derive_spectrum, spectra_without_number


@pytest.fixture
def series(monkeypatch):
    """Say what the series analysis finds, by setpoint; what it is asked is kept in `asked`."""

    class Series:
        def __init__(self):
            self.answers, self.asked = {}, []

        def __call__(self, spectra, temperatures_k, electrodes, *, details):
            self.asked.append((list(spectra), list(temperatures_k), electrodes))
            return tuple(self.answers[round(kelvin)] for kelvin in temperatures_k)

    made = Series()
    monkeypatch.setattr(derivation, "ionic_resistance_series", made)
    return made


@pytest.fixture
def derived(notebook, series):
    """Derive one spectrum with the readings and the resistance given; return its rows."""

    def derive(resistance, readings_k=(300.0, 300.0), **sample):
        book = notebook(**sample)
        book.spectrum(readings_k)
        series.answers = {round(kelvin): resistance for kelvin in (300, *filter(None, readings_k))}
        (row,) = derive_conductivities(book.store, book.run_id, 7.0)
        assert [row] * bool(row) == [
            {key: stored[key] for key in row or ()} for stored in book.rows("conductivities")
        ]
        return row, book.rows("resistances")

    return derive


def test_conductivity_is_thickness_over_area_and_resistance_with_all_three_uncertainties(derived, resistance):
    row, _ = derived(resistance(2000.0, 20.0))
    assert row["conductivity_s_m"] == pytest.approx(1e-3 / (5e-5 * 2000.0))
    assert row["standard_uncertainty_s_m"] == pytest.approx(0.01 * math.sqrt(0.01**2 + 0.01**2 + 0.02**2))
    assert row["total_resistance_ohm"] == 2000.0
    assert row["relative_uncertainty_resistance"] == pytest.approx(0.01)
    assert (row["bound"], row["derived_s"], row["flags"]) == (None, 7.0, [])


@pytest.mark.parametrize(("bound", "of_conductivity"), [("lower", "upper"), ("upper", "lower")])
def test_a_bound_of_the_resistance_is_the_other_bound_of_the_conductivity(
    derived, resistance, bound, of_conductivity
):
    row, rows = derived(resistance(2000.0, 20.0, bound=bound))
    assert row["bound"] == of_conductivity
    assert row["conductivity_s_m"] == pytest.approx(0.01)
    assert row["standard_uncertainty_s_m"] is None
    assert row["relative_uncertainty_resistance"] is None
    assert [r["bound"] for r in rows] == [bound]


def test_a_resistance_whose_uncertainty_is_not_known_states_none(derived, resistance):
    row, (total,) = derived(resistance(2000.0, math.inf))
    assert row["conductivity_s_m"] == pytest.approx(0.01)
    assert row["standard_uncertainty_s_m"] is None
    assert row["relative_uncertainty_resistance"] is None
    assert (total["resistance_ohm"], total["standard_uncertainty_ohm"]) == (2000.0, None)


@pytest.mark.parametrize("total_ohm", [math.nan, math.inf, 0.0, -1.0])
def test_what_is_no_resistance_gives_no_conductivity_and_says_why(derived, resistance, total_ohm):
    row, (total,) = derived(resistance(total_ohm, flags=("too few points",)))
    assert row is None
    assert total["quantity"] == "total"
    assert total["resistance_ohm"] == (total_ohm if math.isfinite(total_ohm) else None)
    assert total["flags"] == ["too few points"]


def test_a_number_that_a_later_derivation_does_not_find_again_is_withdrawn(notebook, series, resistance):
    book = notebook()
    spectrum_id = book.spectrum()
    series.answers = {300: resistance(2000.0)}
    for _ in range(2):
        assert derive_spectrum(book.store, spectrum_id, 1.0)["total_resistance_ohm"] == 2000.0
        assert (len(book.rows("conductivities")), len(book.rows("resistances"))) == (1, 1)
    series.answers = {300: resistance(math.nan)}
    assert derive_spectrum(book.store, spectrum_id, 2.0) is None
    assert (book.rows("conductivities"), len(book.rows("resistances"))) == ([], 1)


def test_arcs_of_one_name_are_one_row_with_both_uncertainties(derived, resistance):
    arcs = [
        ("series", Estimate(5.0, 1.0)),
        ("bulk", Estimate(100.0, 2.0)),
        ("grain boundary", Estimate(30.0, 3.0)),
        ("grain boundary", Estimate(40.0, 4.0)),
        ("interphase", Estimate(math.nan, math.nan)),
    ]
    found = resistance(175.0, arcs=tuple(Arc(name, estimate, 1e-10, 1e3) for name, estimate in arcs))
    _, rows = derived(found)
    told = {r["quantity"]: (r["resistance_ohm"], r["standard_uncertainty_ohm"]) for r in rows}
    assert told == {
        "total": (175.0, 1.0),
        "series": (5.0, 1.0),
        "bulk": (100.0, 2.0),
        "grain_boundary": (70.0, 5.0),
    }
    assert {(r["circuit"], r["bound"], r["derived_s"]) for r in rows} == {("p(R1,CPE1)-CPE2", None, 7.0)}


def test_only_the_total_is_a_bound(derived, resistance):
    arcs = (Arc("bulk", Estimate(100.0, 2.0), 1e-10, 1e3),)
    _, rows = derived(resistance(175.0, arcs=arcs, bound="lower"))
    assert {r["quantity"]: r["bound"] for r in rows} == {"total": "lower", "bulk": None}


def test_the_temperature_is_the_mean_of_the_readings_with_their_standard_deviation(derived, resistance):
    readings_k = (299.9, 300.0, 300.2)
    row, _ = derived(resistance(2000.0), readings_k)
    assert row["temperature_k"] == pytest.approx(statistics.mean(readings_k))
    assert row["temperature_u_k"] == pytest.approx(statistics.stdev(readings_k))


def test_points_without_a_reading_do_not_enter_the_temperature(derived, resistance):
    row, _ = derived(resistance(2000.0), (None, 299.9, None, 300.1))
    assert row["temperature_k"] == pytest.approx(300.0)
    assert row["temperature_u_k"] == pytest.approx(0.2 / math.sqrt(2))


def test_two_readings_have_a_spread_and_the_spread_of_one_is_unknown(derived, resistance):
    row, _ = derived(resistance(2000.0), (299.9, 300.1))
    assert row["temperature_u_k"] == pytest.approx(0.2 / math.sqrt(2))
    row, _ = derived(resistance(2000.0), (300.1,))
    assert (row["temperature_k"], row["temperature_u_k"]) == (pytest.approx(300.1), None)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_temperature_that_moved_by_more_than_half_a_kelvin_is_told(derived, resistance, sign):
    still, _ = derived(resistance(2000.0, flags=("a flag",)), (300.0, 300.0 + sign * 0.45))
    assert still["flags"] == ["a flag"]
    moved, _ = derived(resistance(2000.0, flags=("a flag",)), (300.0, 300.0 + sign * 0.55))
    assert moved["flags"] == ["a flag", "the temperature moved by 0.6 K during the spectrum"]
    there_and_back, _ = derived(resistance(2000.0), (300.0, 299.7, 300.3, 300.0))
    assert there_and_back["flags"] == ["the temperature moved by 0.6 K during the spectrum"]


def test_a_growing_run_sees_each_spectrum_beside_the_one_before_it(notebook, series, resistance):
    book = notebook()
    series.answers = {kelvin: resistance(float(kelvin)) for kelvin in (300, 310, 320)}
    ids = [book.spectrum((float(kelvin),) * 2) for kelvin in (300, 310, 320)]
    rows = [derive_spectrum(book.store, spectrum_id, 1.0) for spectrum_id in ids]
    assert [row["total_resistance_ohm"] for row in rows] == [300.0, 310.0, 320.0]
    assert [temperatures_k for _, temperatures_k, _ in series.asked] == [[300], [300, 310], [310, 320]]
    assert [row["spectrum_id"] for row in book.rows("conductivities")] == ids


def test_the_end_of_a_run_sees_all_finished_spectra_in_their_order(notebook, series, resistance):
    book = notebook()
    series.answers = {kelvin: resistance(float(kelvin)) for kelvin in (300, 310, 320)}
    for kelvin, status in ((310, "finished"), (330, "aborted"), (300, "finished"), (340, "running")):
        book.spectrum((float(kelvin),) * 2, status=status)
    rows = derive_conductivities(book.store, book.run_id, 1.0)
    assert [row["temperature_k"] for row in rows] == [310.0, 300.0]
    assert [temperatures_k for _, temperatures_k, _ in series.asked] == [[310, 300]]


def test_a_run_without_a_finished_spectrum_gives_nothing(notebook, series):
    book = notebook()
    book.spectrum(status="aborted")
    assert derive_conductivities(book.store, book.run_id, 1.0) == []
    assert series.asked == []


@pytest.mark.parametrize("electrodes", ["blocking", "reversible"])
def test_the_analysis_is_told_the_electrodes_and_the_leads_of_the_sample(
    derived, resistance, series, electrodes
):
    derived(resistance(2000.0), electrodes=electrodes, lead_ohm=2.0, lead_u_ohm=0.1)
    ((spectrum,), _, told) = series.asked[0]
    assert (told, spectrum.cell.lead_ohm) == (electrodes, Estimate(2.0, 0.1))
    assert spectrum.cell.electrode_text == electrodes
    assert spectrum.z_ohm.tolist() == [100 - 5j, 100 - 5j]


def test_a_fixture_is_taken_out_before_the_analysis_and_what_it_says_comes_first(derived, resistance, series):
    short = [[frequency_hz, 1.0, 0.0] for frequency_hz in (1e6, 1e5)]
    row, rows = derived(resistance(2000.0, flags=("a flag",)), (300.0,) * 3, fixture_short=short)
    ((spectrum,), _, _) = series.asked[0]
    assert spectrum.z_ohm[:2].tolist() == pytest.approx([99 - 5j, 99 - 5j])
    assert len(spectrum.warnings) > 0
    assert row["flags"] == rows[0]["flags"] == [*spectrum.warnings, "a flag"]


def test_a_run_counts_the_spectra_that_gave_no_number_or_a_bound_only(notebook, series, resistance):
    book = notebook()
    series.answers = {
        300: resistance(1.0),
        310: resistance(1.0, bound="lower"),
        320: resistance(math.nan),
        330: resistance(math.nan),
    }

    def told(*temperatures_k):
        for kelvin in temperatures_k:
            book.spectrum((float(kelvin),) * 2)
        derive_conductivities(book.store, book.run_id, 1.0)
        return spectra_without_number(book.store, book.run_id)

    assert told(300) == ""
    assert told(310) == "1 of 2 spectra gave only a bound"
    book.spectrum(status="aborted")
    assert told(320, 330) == "2 of 4 spectra gave no conductivity, 1 of 4 spectra gave only a bound"


@pytest.mark.parametrize("total_ohm", [1e3, 1e6])
def test_a_spectrum_of_a_known_circuit_gives_its_conductivity(notebook, total_ohm):
    book = notebook()
    impedances = []
    for decade in range(36):
        frequency_hz = 1e6 * 10 ** (-decade / 5)
        omega = 2 * math.pi * frequency_hz
        arc = total_ohm / (1 + 1j * omega * total_ohm * 1e-12 * 1e6 / total_ohm)
        impedances.append((frequency_hz, arc + 1 / (1j * omega * 1e-1 / total_ohm)))
    book.spectrum((300.0,) * 36, impedances=impedances)
    (row,) = derive_conductivities(book.store, book.run_id, 1.0)
    assert row["conductivity_s_m"] == pytest.approx(20 / total_ohm, rel=1e-3)
    assert row["relative_uncertainty_resistance"] < 0.01


def test_a_spectrum_carries_the_span_of_its_temperatures(notebook, series, resistance):
    book = notebook()
    book.spectrum((299.9, 300.3, 300.0), band_k=0.5)
    series.answers = {300: resistance(2000.0)}
    (row,) = derive_conductivities(book.store, book.run_id, 7.0)
    assert (row["temperature_min_k"], row["temperature_max_k"], row["flags"]) == (299.9, 300.3, [])


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_spectrum_that_left_its_band_says_so_and_its_temperature_is_known_to_half_its_span(
    notebook, series, resistance, sign
):
    book = notebook()
    book.spectrum((300.0, *[300.0] * 20, 300.0 + sign * 0.8), band_k=0.5)
    series.answers = {300: resistance(2000.0)}
    (row,) = derive_conductivities(book.store, book.run_id, 7.0)
    span = "26.85 to 27.65" if sign > 0 else "26.05 to 26.85"
    assert row["flags"] == [
        "the temperature moved by 0.8 K during the spectrum",
        f"the temperature left its band of 0.5 K about 26.85 degC: {span} degC during the spectrum",
    ]
    assert row["temperature_u_k"] == pytest.approx(0.4)


def test_a_spectrum_without_a_band_cannot_leave_it(notebook, series, resistance):
    book = notebook()
    book.spectrum((290.0, 310.0))
    series.answers = {300: resistance(2000.0)}
    (row,) = derive_conductivities(book.store, book.run_id, 7.0)
    assert row["flags"] == ["the temperature moved by 20.0 K during the spectrum"]
    assert (row["temperature_min_k"], row["temperature_max_k"]) == (290.0, 310.0)


def test_the_part_of_the_analyser_is_stored_beside_the_whole_uncertainty(derived, resistance):
    share = AnalyserShare(3.0, 4.0, True, ("data sheet",))
    row, rows = derived(resistance(2000.0, 13.0, analyser=share))
    assert rows[0]["analyser_u_ohm"] == 5.0
    assert row["relative_uncertainty_analyser"] == 5.0 / 2000.0
    assert row["relative_uncertainty_resistance"] == 13.0 / 2000.0


def test_a_part_of_the_analyser_that_is_not_stated_is_stored_as_unknown(derived, resistance):
    row, rows = derived(resistance(2000.0, 13.0))
    assert rows[0]["analyser_u_ohm"] is None
    assert row["relative_uncertainty_analyser"] is None


def test_a_conductivity_at_temperature_stands_on_the_expanded_sample(derived, resistance):
    plain, _ = derived(resistance(2000.0))
    hot, _ = derived(resistance(2000.0), thermal_expansion_per_k=1e-3, thermal_expansion_u_per_k=3e-4)
    away_k = 300.0 - 296.15
    assert plain["conductivity_s_m"] / hot["conductivity_s_m"] == pytest.approx(1 + 1e-3 * away_k)
    extra = math.hypot(3e-4 * away_k, 1e-3 * 5 / math.sqrt(3)) / (1 + 1e-3 * away_k)
    relative = [row["standard_uncertainty_s_m"] / row["conductivity_s_m"] for row in (plain, hot)]
    assert math.sqrt(relative[1] ** 2 - relative[0] ** 2) == pytest.approx(extra, rel=1e-3)


def test_two_thicknesses_that_disagree_widen_the_interval_to_both(derived, resistance):
    row, _ = derived(resistance(2000.0), thickness_after_m=0.9e-3, thickness_after_u_m=1e-6)
    assert row["conductivity_s_m"] == pytest.approx(0.95e-3 / (2000.0 * 5e-5))
    half_range = 0.05 / 0.95
    assert row["standard_uncertainty_s_m"] / row["conductivity_s_m"] > half_range / math.sqrt(3)


def test_a_conductivity_stands_on_the_area_with_the_fringe_where_the_pellet_is_stated(derived, resistance):
    plain, _ = derived(resistance(2000.0))
    wide, _ = derived(resistance(2000.0), pellet_area_m2=5e-4)
    radius = math.sqrt(5e-5 / math.pi)
    effective = (1 + 1e-3 * math.log(2) / math.pi / radius) ** 2
    assert plain["conductivity_s_m"] / wide["conductivity_s_m"] == pytest.approx(effective, rel=1e-4)
    correction = 0.1 * (1 - 1 / effective)
    assert wide["standard_uncertainty_s_m"] / wide["conductivity_s_m"] > correction
