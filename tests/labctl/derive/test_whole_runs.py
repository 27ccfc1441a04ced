"""The ledger of a run: each derivation stays, can be compared, and can be made again bit for bit."""

import math
import sqlite3
from contextlib import closing

import pytest

from labctl.derive import derive_fits, derive_run, derive_spectrum
from labctl.derive.choices import Choices
from labctl.derive.makers import METHOD_VERSIONS
from labctl.derive.refit import NO_NUMBER_LEFT, Refit, refit_runs
from labctl.derive.whole_runs import moved, reproduced
from labctl.errors import StoreError
from labctl.store import Database
from labctl.store.queries import analyses

THREE_K = (310.0, 330.0, 350.0)


@pytest.fixture
def grown(run):
    """Three spectra, each derived as it came."""
    for kelvin in THREE_K:
        spectrum_id = run.spectrum(kelvin, [kelvin] * 43)
        derive_spectrum(run.store, spectrum_id, kelvin)
        derive_fits(run.store, run.run_id, kelvin)
    return run


@pytest.fixture
def ended(grown):
    """The same run, derived as a whole at its end, and ended."""
    derive_run(grown.store, grown.run_id, 400.0)
    grown.store.update("runs", grown.run_id, {"status": "finished", "ended_s": 401.0})
    return grown


def refit(run, name="", again=True, **choices):
    given = Refit(Choices(**choices), name, "Ada", again=again)
    (result,) = refit_runs(run.store, [run.run_id], given, 500.0, lambda _: None)
    return result


def entries(run):
    with run.store.read() as db:
        return analyses.of_run(db, run.run_id)


def made_again(run, name):
    with run.store.read() as db:
        return reproduced(db, run.run_id, db.analysis(run.run_id, name))


def test_the_fits_of_a_growing_run_replace_one_provisional_analysis_which_closes_with_the_run(grown):
    (entry,) = entries(grown)
    assert (entry["closed_s"], entry["is_current"], entry["origin"]) == (None, 1, "inline")
    derive_run(grown.store, grown.run_id, 400.0)
    assert len(grown.conductivities()) == 3
    grown.store.update("runs", grown.run_id, {"status": "finished", "ended_s": 401.0})
    (closed,) = entries(grown)
    assert (closed["id"], closed["closed_s"], closed["is_current"]) == (entry["id"], 401.0, 1)
    assert closed["content_hash"] == grown.rows("SELECT content_hash FROM runs")[0]["content_hash"] != ""
    assert closed["labctl_version"] != ""
    assert closed["method_versions"]["temperature_laws"] == METHOD_VERSIONS["temperature_laws"]
    assert closed["inputs"]["sample"]["thickness_m"] == 1e-3
    assert closed["inputs"]["spectra"] == [[0, 2]]


def test_a_refit_adds_an_analysis_and_changes_no_row_of_the_one_before(ended):
    with ended.store.read() as db:
        before = analyses.derived_rows(db, ended.run_id, 1)
    result = refit(ended, name="short", frequency_max_hz=1e5)
    with ended.store.read() as db:
        assert analyses.derived_rows(db, ended.run_id, 1) == before
    first, second = entries(ended)
    assert (first["is_current"], second["is_current"]) == (0, 1)
    assert (second["id"], second["name"], second["person"]) == (result.analysis_id, "short", "Ada")
    assert second["options"] == {"frequency_max_hz": 1e5}
    assert {row["analysis_id"] for row in ended.conductivities()} == {result.analysis_id}
    assert len(ended.conductivities()) == 3


def test_views_and_frames_show_the_current_analysis_and_another_one_on_request(ended):
    old = ended.conductivities()
    made = refit(ended, frequency_max_hz=1e5).analysis_id
    with Database(ended.path) as db:
        assert set(db.conductivities()["analysis_id"]) == set(db.fits()["analysis_id"]) == {made}
        assert set(db.resistances()["analysis_id"]) == {made}
        assert len(db.rows("SELECT * FROM conductivities_lab_units")) == 3
    with Database(ended.path, analyses={ended.run_id: 1}) as db:
        shown = db.conductivities()
        assert list(shown["conductivity_s_m"]) == [row["conductivity_s_m"] for row in old]
        assert set(db.fits()["analysis_id"]) == {1}
        assert db.analysis()["id"] == 1


def test_a_choice_is_kept_and_can_be_taken_back(ended):
    second = refit(ended, frequency_max_hz=1e5).analysis_id
    ended.store.choose_analysis(ended.run_id, 1, 600.0, "Grace")
    assert {row["analysis_id"] for row in ended.conductivities()} == {1}
    with ended.store.read() as db:
        kept = [(one["analysis_id"], one["person"], one["reason"]) for one in analyses.choices(db, 1)]
    assert kept == [(second, "Ada", "newest"), (1, "Grace", "chosen")]


def test_rows_of_a_closed_analysis_are_changed_and_deleted_by_no_program(ended):
    refused = pytest.raises(sqlite3.IntegrityError)
    statements = (
        "DELETE FROM all_conductivities",
        "UPDATE all_law_fits SET preferred = 0",
        "INSERT OR REPLACE INTO all_resistances SELECT * FROM all_resistances",
        "UPDATE analyses SET options = '{}'",
        "UPDATE analyses SET closed_s = NULL",
        "DELETE FROM analyses",
        "UPDATE analyses SET content_hash = 'x'",
    )
    with closing(sqlite3.connect(ended.path, isolation_level=None)) as stranger:
        for statement in statements:
            with refused:
                stranger.execute(statement)
    with pytest.raises(StoreError, match=r"the analyses of run 1 are closed.*`labctl fit 1` makes a new one"):
        derive_spectrum(ended.store, 1, 9.0)


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"circuit": "p(R1,CPE1)-CPE2"},
        {"electrodes": "reversible"},
        {"exclude": ("spectrum 1", "100 Hz")},
        {"form": "ln_sigma", "frequency_min_hz": 1.0, "frequency_max_hz": 1e5},
        {"lead_ohm": 50.0, "lead_u_ohm": 1.0},
    ],
    ids=str,
)
def test_an_analysis_is_made_again_bit_for_bit_whatever_became_current_since(ended, choices):
    refit(ended, name="published", **choices)
    refit(ended, frequency_max_hz=3e4)
    for name in (1, "published"):
        found = made_again(ended, name)
        assert found.differences == ()
        assert found.compared >= 3
        assert found.remark == ""


def test_a_number_that_another_method_made_is_named_with_both_versions(ended, monkeypatch):
    monkeypatch.setattr("labctl.derive.whole_runs.evaluated_laws", lambda *_: [])
    found = made_again(ended, 1)
    assert any("law_fits all, arrhenius, ln_sigma_t: not derived any more" in d for d in found.differences)
    assert found.made_by == found.made_again_by != ""


def test_leads_are_taken_off_and_their_uncertainty_is_kept(ended):
    before = ended.rows("SELECT * FROM resistances WHERE quantity = 'total' ORDER BY spectrum_id")
    refit(ended, lead_ohm=50.0, lead_u_ohm=3.0)
    after = ended.rows("SELECT * FROM resistances WHERE quantity = 'total' ORDER BY spectrum_id")
    for one, other in zip(before, after, strict=True):
        assert other["resistance_ohm"] == pytest.approx(one["resistance_ohm"] - 50.0)
        u = math.hypot(one["standard_uncertainty_ohm"], 3.0)
        assert other["standard_uncertainty_ohm"] == pytest.approx(u)


def test_an_excluded_spectrum_keeps_its_number_and_no_law_stands_on_it(ended):
    refit(ended, exclude=("spectrum 1",))
    assert [row["flags"][:1] for row in ended.conductivities()][1] == ["excluded: spectrum 1"]
    law = ended.rows("SELECT * FROM law_fits WHERE preferred AND branch = 'all'")[0]
    assert law["spectra"] == [1, 3]
    assert any("left out: 56.85 degC (excluded: spectrum 1)" in flag for flag in law["flags"])


def test_points_outside_of_the_chosen_frequencies_are_not_fitted(ended):
    before = totals(ended)
    refit(ended, frequency_min_hz=1e5)
    after = totals(ended)
    assert after != before
    result = refit(ended, frequency_min_hz=5e5)
    assert NO_NUMBER_LEFT in result.problem
    assert totals(ended) == after


def totals(run):
    return run.rows("SELECT resistance_ohm, flags FROM resistances WHERE quantity = 'total'")


def test_only_the_chosen_circuit_is_fitted(ended):
    result = refit(ended, circuit="p(R1,CPE1)-p(R2,CPE2)-CPE3")
    assert not result.problem
    used = {row["circuit"] for row in ended.rows("SELECT circuit FROM resistances WHERE circuit <> ''")}
    assert used == {"p(R1,CPE1)-p(R2,CPE2)-CPE3"}


def test_the_chosen_form_of_the_law_is_the_first_one(ended):
    refit(ended, form="ln_sigma")
    forms = [row["form"] for row in ended.rows("SELECT * FROM law_fits ORDER BY id")][:2]
    assert forms == ["ln_sigma", "ln_sigma_t"]


def test_two_analyses_are_compared_number_by_number(ended):
    refit(ended, lead_ohm=50.0)
    with ended.store.read() as db:
        rows = [analyses.derived_rows(db, ended.run_id, one) for one in (1, 2)]
    found = moved(*rows)
    sigma = [one for one in found if one["number"] == "conductivity_s_m"]
    assert [one["of"] for one in sigma] == [{"spectrum_id": one} for one in (1, 2, 3)]
    assert all(one["ratio"] == one["after"] / one["before"] > 1 for one in sigma)
    assert moved(rows[0], rows[0]) == []


def test_a_fit_of_a_growing_run_stands_beside_the_provisional_analysis(grown):
    result = refit(grown, frequency_max_hz=1e5)
    assert result.stands_beside
    assert {row["analysis_id"] for row in grown.conductivities()} == {1}
    derive_spectrum(grown.store, grown.spectrum(370.0, [370.0] * 43), 370.0)
    derive_run(grown.store, grown.run_id, 400.0)
    grown.store.update("runs", grown.run_id, {"status": "finished", "ended_s": 401.0})
    assert len(grown.conductivities()) == 4
    states = [(entry["origin"], entry["is_current"], entry["content_hash"]) for entry in entries(grown)]
    assert [state[:2] for state in states] == [("inline", 1), ("fit", 0)]
    assert states[0][2] is not None
    assert states[1][2] is None
    assert made_again(grown, result.analysis_id).differences == ()


def test_what_a_killed_run_left_is_made_again_each_spectrum_beside_the_one_before(grown):
    grown.store.update("runs", grown.run_id, {"status": "interrupted", "ended_s": 401.0})
    (entry,) = entries(grown)
    assert entry["closed_s"] is None
    found = made_again(grown, entry["id"])
    assert found.differences == ()
    assert "no law is compared" in found.remark
    refit(grown)
    assert [one["closed_s"] for one in entries(grown)] == [500.0, 500.0]


def test_what_is_up_to_date_is_passed_over_and_a_name_is_given_once(ended):
    assert refit(ended, again=False).analysis_id is None
    assert refit(ended, name="published", again=False).analysis_id == 2
    assert refit(ended, name="published", again=False).analysis_id is None
    taken = refit(ended, name="published", form="ln_sigma")
    assert taken.is_request
    assert "has an analysis 'published' already" in taken.problem
    assert len(entries(ended)) == 2


def test_readings_about_a_rounding_edge_of_one_temperature_give_no_law_and_no_error(run):
    for kelvin in (303.149, 303.151, 303.149, 303.151):
        derive_spectrum(run.store, run.spectrum(303.15, [kelvin] * 43), 1.0)
    derive_run(run.store, run.run_id, 2.0)
    assert len(run.conductivities()) == 4
    assert run.rows("SELECT * FROM law_fits") == []
