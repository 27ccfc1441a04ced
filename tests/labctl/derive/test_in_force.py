"""What is in force for a run: its stored sample with the amendments applied, revoked ones left out."""

import uuid

import pytest

from labctl.derive.in_force import in_force, moved_since


@pytest.fixture
def amend(notebook):
    """Write amendments of one run and its sample as another program would; return a function that does."""
    book = notebook()

    def write(field, new, of="sample", revokes=None):
        row = {"field": field, "new_value": new, "old_value": {}, "time_s": 1.0, "reason": "measured again"}
        row |= {"uuid": str(uuid.uuid4()), "revokes": revokes}
        row |= {"run_id": book.run_id} if of == "run" else {"sample_id": 1}
        return book.store.insert("amendments", row)

    write.book = book
    return write


def now(book):
    with book.store.read() as db:
        return in_force(db, book.run_id)


def thickness(mm):
    return {"thickness_m": mm * 1e-3, "thickness_u_m": 1e-5}


def test_without_amendments_the_stored_sample_is_in_force(amend):
    with amend.book.store.read() as db:
        stored = db.sample(1)
    found = now(amend.book)
    assert stored.items() <= found.sample.items()
    assert found.sample["thermometer_correction_k"] is None
    assert (found.amendments, found.exclusions, found.remarks) == ((), (), ())


def test_the_last_amendment_rules_and_a_revocation_leaves_the_one_before(amend):
    first, second = amend("thickness", thickness(1.05)), amend("thickness", thickness(1.1))
    assert now(amend.book).sample["thickness_m"] == pytest.approx(1.1e-3)
    assert now(amend.book).amendments == (first, second)
    revocation = amend("thickness", thickness(1.05), revokes=second)
    assert now(amend.book).sample["thickness_m"] == pytest.approx(1.05e-3)
    assert now(amend.book).amendments == (first,)
    amend("thickness", thickness(1.1), revokes=revocation)
    assert now(amend.book).amendments == (first, second)


def test_an_amendment_of_the_run_stays_when_its_sample_is_amended_later(amend):
    amend("thickness", thickness(1.2), of="run")
    amend("thickness", thickness(1.05))
    assert now(amend.book).sample["thickness_m"] == pytest.approx(1.2e-3)


def test_a_spectrum_is_excluded_by_its_number_and_by_a_range_of_temperature_that_holds_it(amend):
    excluded = amend("exclusion", {"spectrum": 3}, of="run")
    amend("exclusion", {"temperature_min_k": 300.0, "temperature_max_k": 310.0}, of="run")
    amend("exclusion", {"spectrum": 4, "frequency_min_hz": 49.0, "frequency_max_hz": 51.0}, of="run")
    found = now(amend.book)
    assert found.exclusions[0].amendment_id == excluded
    assert found.why_excluded(3, 290.0) == "measured again"
    assert found.why_excluded(5, 310.0) == "measured again"
    assert found.why_excluded(4, 290.0) == ""
    assert found.why_excluded(5, None) == ""
    assert found.excluded_hz(4, 290.0) == [((49.0, 51.0), "measured again")]
    assert found.excluded_hz(3, 290.0) == []


def test_what_later_amendments_changed_is_told_with_both_values(amend):
    first = amend("thickness", thickness(1.05))
    amend("thickness", thickness(1.1))
    amend("remark", {"remark": "a crack"}, of="run")
    with amend.book.store.read() as db:
        (moved,) = moved_since(db, amend.book.run_id, first).items()
        assert moved == ("thickness_m", (pytest.approx(1.05e-3), pytest.approx(1.1e-3)))
        assert moved_since(db, amend.book.run_id, first + 2) == {}


def test_remarks_add_up(amend):
    amend("remark", {"remark": "a cable was moved"}, of="run")
    amend("remark", {"remark": "the pellet had a crack"}, of="run")
    assert now(amend.book).remarks == ("a cable was moved", "the pellet had a crack")
    assert now(amend.book).amendments == ()  # no result stands on a remark


@pytest.mark.parametrize("odd", [[], "text", {"thickness_mm": 1}, {"frequency_min_hz": "a"}])
def test_an_amendment_of_a_stranger_that_holds_something_else_changes_nothing(amend, odd):
    stored = now(amend.book).sample
    amend("thickness", odd)
    amend("exclusion", odd, of="run")
    amend("remark", odd, of="run")
    found = now(amend.book)
    assert found.sample == stored
    assert found.remarks == ("",)
    assert found.exclusions == ()
