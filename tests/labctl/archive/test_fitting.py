"""The archive derives its runs as `labctl fit` does, again after every kill, and tells what it cannot."""

import itertools
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

import labctl
from labctl.archive.adding import add_files
from labctl.archive.entries import all_heads
from labctl.archive.fitting import chosen_heads, fit_series
from labctl.archive.opened import Archive
from labctl.archive.place import place_of
from labctl.archive.verifying import verify
from labctl.derive.choices import NO_CHOICE
from labctl.derive.refit import Refit, refit_runs
from labctl.errors import InvalidRequest
from labctl.store import Store

AGAIN = Refit(NO_CHOICE, again=True)
ROWS = {
    "conductivities": "sample, spectrum_id, conductivity_s_m, standard_uncertainty_s_m, temperature_k, flags",
    "law_fits": "sample, branch, law, form, activation_energy_ev, standard_uncertainty_ev, parameters",
    "resistances": "sample, spectrum_id, quantity, resistance_ohm, standard_uncertainty_ohm",
}


@pytest.fixture
def filled(lab, place):
    add_files([lab], place)
    return place


def rows(place, table):
    with Archive.at(place) as archive:
        return archive.query(f"SELECT {ROWS[table]} FROM {table} ORDER BY ALL").rows


def test_the_archive_is_derived_bit_for_bit_as_labctl_fit_derives(lab, filled, tmp_path):
    for head in all_heads(filled):
        found = fit_series(filled, head, AGAIN)
        assert (found.made, found.problems) == (found.runs, ())
    assert verify(filled).problems == ()
    with Store.open(lab) as store:
        refit_runs(store, [1, 2, 3], AGAIN, 5.0, lambda result: None)
    fitted = place_of(tmp_path / "fitted")
    add_files([lab], fitted)
    for table in ROWS:
        assert rows(filled, table)
        assert rows(filled, table) == rows(fitted, table)


def test_a_fit_is_an_analysis_more_and_the_current_one(filled):
    for head in all_heads(filled):
        fit_series(filled, head, Refit(NO_CHOICE, name="published", person="Ada", again=True))
    with Archive.at(filled) as archive:
        query = "SELECT name, person, count(*) FROM analyses WHERE is_current GROUP BY ALL"
        assert archive.query(query).rows == [("published", "Ada", 3)]
        assert archive.query("SELECT count(*) FROM analyses").rows == [(6,)]


def test_what_is_up_to_date_is_passed_over(filled):
    for head in all_heads(filled):
        fit_series(filled, head, AGAIN)
    before = set(filled.names(""))
    for head in all_heads(filled):
        assert fit_series(filled, head, Refit(NO_CHOICE)).made == 0
    assert set(filled.names("")) == before


def test_a_condition_chooses_the_runs(filled):
    (head,) = chosen_heads(filled, "sample = 'one'")
    assert len(head.runs) == 1
    with pytest.raises(InvalidRequest, match="no run meets"):
        chosen_heads(filled, "sample = 'three'")
    with pytest.raises(InvalidRequest, match="give one SELECT"):
        chosen_heads(filled, "1; DROP VIEW runs")


def test_a_series_that_cannot_be_read_is_told_and_the_others_are_derived(filled):
    heads = all_heads(filled)
    filled.write(heads[0].tables["impedance_points"].file, b"not parquet")
    filled.delete(heads[1].tables["impedance_points"].file)
    changed, missing = (fit_series(filled, head, AGAIN) for head in heads)
    assert changed.made == missing.made == 0
    assert "was changed" in changed.problems[0]
    assert "missing" in missing.problems[0]


def test_a_kill_at_any_step_loses_and_doubles_nothing(filled, interrupted_at, killed):
    (head,) = chosen_heads(filled, "sample = 'one'")
    for step in itertools.count(2, 9):
        copy = place_of(f"{filled.root} {step}")
        shutil.copytree(filled.root, copy.root)
        try:
            fit_series(interrupted_at(copy, step), head, AGAIN)
        except killed:
            for one in chosen_heads(copy, "sample = 'one'"):
                fit_series(copy, one, Refit(NO_CHOICE))
            assert verify(copy).problems == ()
            with Archive.at(copy) as archive:
                query = "SELECT spectrum_id FROM conductivities WHERE sample = 'one'"
                assert Counter(archive.query(query).rows) == {(1,): 1, (2,): 1}
        else:
            break
    assert step > 20


def test_a_version_that_was_replaced_meanwhile_is_read_again(filled, lab, thicker):
    (old,) = chosen_heads(filled, "sample = 'one'")
    thicker(lab, 1, 1.1)
    add_files([lab], filled)
    assert fit_series(filled, old, AGAIN).made == 1
    assert verify(filled).problems == ()
    with labctl.open(lab) as db, Archive.at(filled) as archive:
        query = "SELECT conductivity_s_m FROM conductivities WHERE sample = 'one' ORDER BY spectrum_id"
        here = db.conductivities(1)["conductivity_s_m"]
        assert [value for (value,) in archive.query(query).rows] == pytest.approx(list(here), rel=1e-9)


def test_a_scheduler_that_does_not_answer_is_named(filled):
    from labctl.archive import fitting

    pytest.importorskip("distributed", reason="distributed is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "CONNECTS_WITHIN_S", 0.2)
        with pytest.raises(InvalidRequest, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"):
            fitting.fit_archive(filled, all_heads(filled), AGAIN, "tcp://127.0.0.1:9")


def test_a_scheduler_that_is_lost_is_told_and_the_other_series_are_derived_after_it(filled, monkeypatch):
    from labctl.archive import fitting

    @contextmanager
    def client(scheduler, workers):
        yield SimpleNamespace(dashboard_link="http://127.0.0.1/")

    def computed(client, place, heads, refit):
        asked.append(len(heads))
        yield fitting.fit_series(place, heads[0], refit)
        if len(asked) == 1:
            raise fitting._Lost

    asked, told, heads = [], [], all_heads(filled)
    monkeypatch.setattr(fitting, "_client", client)
    monkeypatch.setattr(fitting, "_computed", computed)
    results = fitting.fit_archive(filled, heads, AGAIN, "tcp://head-node:8786", lost=told.append)
    assert asked == [2, 1]
    assert [one.made for one in sorted(results, key=lambda one: one.runs)] == [1, 2]
    assert told == ["the scheduler is lost, 1 of 2 series are done; connecting again"]
    assert verify(filled).problems == ()


@pytest.mark.slow
def test_the_command_derives_on_a_cluster_of_this_computer(filled):
    pytest.importorskip("distributed", reason="distributed is not installed")
    words = ["archive", "fit", "--again", "--workers", "2", "--archive", filled.root]
    command = [sys.executable, "-m", "labctl", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 run(s) derived" in done.stdout
    assert verify(filled).problems == ()
