"""Sample, mount and run: what one name with another geometry means, and who is asked."""

import math
from dataclasses import replace

import pytest

from labctl.config.sample import Sample
from labctl.derive.same_sample import answer, same_name
from labctl.errors import InvalidRequest
from labctl.readmodel.mounts import specimens

PELLET = Sample("pellet", "", "Li+", 1e-3, 1e-5, 5e-5, 1e-6, "blocking")
THICKER = replace(PELLET, thickness_m=1.1e-3)


@pytest.fixture
def book(notebook):
    """A notebook with one run of the pellet; `run(sample)` begins another one."""
    book = notebook()
    book.path = book.store.path
    book.store.assign_to_mount(book.run_id)

    def run(sample, job_id=None):
        row = {"sample_id": book.store.find_or_add_sample(vars(sample)), "procedure": "p:P"}
        run_id = book.store.insert("runs", row | {"started_s": 2.0, "job_id": job_id})
        book.store.assign_to_mount(run_id)
        return run_id

    book.run = run
    return book


def mounts(book):
    """The runs of each mount of each specimen."""
    with book.store.read() as db:
        return [[mount.runs for mount in specimen.mounts] for specimen in specimens(db, "pellet")]


def test_a_new_name_and_a_known_geometry_ask_nothing(book):
    assert same_name(book.path, PELLET) is None
    assert same_name(book.path, replace(PELLET, note="dried again")) is None
    assert same_name(book.path, replace(THICKER, name="pellet 2")) is None
    assert same_name(book.path.with_name("none.db"), PELLET) is None


def test_one_name_with_another_thickness_is_told_with_the_runs_it_had(book):
    found = same_name(book.path, THICKER)
    assert found.runs == (1,)
    assert found.in_words() == ("pellet: 1 run(s) before have 1 mm and 0.5 cm2, this has 1.1 mm and 0.5 cm2")


def test_amend_corrects_the_earlier_runs_and_both_are_one_mount(book):
    answer(book.path, THICKER, "amend", person="A")
    assert same_name(book.path, THICKER) is None
    assert same_name(book.path, PELLET) is None  # a protocol with the old value means the corrected entry
    second = book.run(THICKER)
    assert mounts(book) == [[(1, second)]]
    (row,) = book.rows("amendments")
    assert (row["field"], row["person"]) == ("thickness", "A")
    assert row["new_value"]["thickness_m"] == pytest.approx(1.1e-3)


def test_mount_is_the_same_specimen_and_nothing_is_corrected(book):
    answer(book.path, THICKER, "mount")
    second = book.run(THICKER)
    answer(book.path, THICKER, "mount")  # also with the geometry that is known
    third = book.run(THICKER)
    assert mounts(book) == [[(1,), (second,), (third,)]]
    assert book.rows("amendments") == []


def test_other_is_another_specimen_and_so_is_what_nobody_was_asked_about(book):
    answer(book.path, THICKER, "other")
    second = book.run(THICKER)
    third = book.run(replace(PELLET, thickness_m=0.9e-3))
    assert mounts(book) == [[(1,)], [(second,)], [(third,)]]
    assert [row["origin"] for row in book.rows("mounts")] == ["first", "other", "not asked"]


def test_a_description_that_differs_in_a_note_alone_stays_in_the_mount(book):
    second = book.run(replace(PELLET, note="after annealing"))
    assert mounts(book) == [[(1, second)]]


def test_a_mount_entered_for_a_job_is_taken_by_its_run_and_by_no_earlier_one(book):
    job = {"protocol_text": "p", "state": "queued", "created_s": 1.0}
    jobs = [book.store.insert("jobs", job | {"uuid": name}) for name in "ab"]
    answer(book.path, PELLET, "mount", job_id=jobs[1])
    first = book.run(PELLET, jobs[0])
    second = book.run(PELLET, jobs[1])
    after = book.run(PELLET)
    assert mounts(book) == [[(1, first), (second, after)]]


def test_another_answer_is_refused(book):
    with pytest.raises(InvalidRequest, match="say amend, mount, other"):
        answer(book.path, THICKER, "same")


def law_of(run_id, energy_ev, u_ev):
    law = {"run_id": run_id, "branch": "all", "law": "arrhenius", "form": "ln_sigma_t", "preferred": 1}
    law |= {"activation_energy_ev": energy_ev, "standard_uncertainty_ev": u_ev, "n_points": 5}
    return law | {"method": "m", "method_version": "1", "derived_s": 1.0}


def energy_over_mounts(book):
    with book.store.read() as db:
        (specimen,) = specimens(db, "pellet")
    return specimen.numbers["activation_energy_ev"].mean


def test_an_uncertainty_that_is_not_known_stays_so_with_one_mount_and_is_the_scatter_of_two(book):
    book.store.replace_derived("law_fits", {"run_id": 1}, [law_of(1, 0.50, None)])
    assert energy_over_mounts(book).standard_uncertainty == math.inf
    answer(book.path, THICKER, "mount")
    second = book.run(THICKER)
    book.store.replace_derived("law_fits", {"run_id": second}, [law_of(second, 0.54, 0.001)])
    assert energy_over_mounts(book).standard_uncertainty == pytest.approx(0.02)


def test_remounts_of_one_specimen_combine_with_the_scatter_between_them(book):
    answer(book.path, THICKER, "mount")
    runs = [1, book.run(THICKER)]
    for run_id, energy_ev in zip(runs, (0.50, 0.54), strict=True):
        book.store.replace_derived("law_fits", {"run_id": run_id}, [law_of(run_id, energy_ev, 0.001)])
    with book.store.read() as db:
        (specimen,) = specimens(db, "pellet")
    found = specimen.numbers["activation_energy_ev"]
    assert found.mean.value == pytest.approx(0.52)
    assert found.mean.standard_uncertainty == pytest.approx(0.02)
    assert "conductivity_at_25_degc_s_m" not in specimen.numbers
