"""Stored values are read back equal, or refused with their name."""

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labctl.errors import StoreError
from labctl.store import Store
from labctl.store.encoding import decode, encode

numbers = itertools.count()

floats = st.floats(allow_nan=True, allow_infinity=True)
integers = st.integers() | st.integers(min_value=-(10**400), max_value=10**400)
numpy_scalars = st.one_of(
    floats.map(np.float64),
    st.floats(width=32).map(np.float32),
    st.floats(width=16).map(np.float16),
    floats.map(np.longdouble),
    st.just(np.longdouble(1) / 3),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.integers(0, 2**64 - 1).map(np.uint64),
    st.integers(-128, 127).map(np.int8),
    st.booleans().map(np.bool_),
    st.text().map(np.str_),
    st.builds(complex, floats, floats).map(np.complex128),
    st.just(np.datetime64("2026-01-01")),
)
strangers = st.sampled_from([Decimal("0.1"), Fraction(1, 3), b"bytes", 1j, object(), {1, 2}, range(3)])
texts = st.text() | st.text(st.characters())
scalars = st.one_of(st.none(), st.booleans(), floats, integers, texts, numpy_scalars, strangers)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(texts | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


def plain(value):
    """Expected value after a round trip: tuples as lists, numpy scalars as Python numbers."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.longdouble):
        return float(value)
    return value.item() if isinstance(value, np.generic) else value


def same(one, other):
    """Equal in type and value; NaN equals NaN."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return type(one) is type(other) and one == other


def refusal(action, *arguments):
    """Message of the refusal, None without one."""
    try:
        action(*arguments)
    except (StoreError, ValueError) as error:
        return str(error)
    return None


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """One store for all examples."""
    with Store.open(tmp_path_factory.mktemp("store") / "lab.db") as store:
        sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
        run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:C", "started_s": 0.0}
        run_id = store.insert("runs", run)
        spectrum_id = store.insert("spectra", {"run_id": run_id, "number": 0, "started_s": 0.0})
        with store.read() as db:
            yield store, db, run_id, spectrum_id


@settings(max_examples=500, deadline=None)
@given(trees)
@example({"$number": "NaN"})
@example([math.nan, math.inf, -math.inf, -0.0, 2**64, "\x00", "\ud800"])
def test_json_comes_back_equal_or_is_refused_by_name(tree):
    said = refusal(encode, tree)
    assert said != ""
    assert said or same(decode(encode(tree)), plain(tree))


@settings(max_examples=150, deadline=None)
@given(tree=trees)
@example(tree=object())
@example(tree={"a": 1.5, "b": "text", "c": None, "d": True, "e": 10**30})
@example(tree={"a": math.nan, "b": "\ud800"})
def test_a_record_comes_back_equal_or_is_refused_by_name(lasting, tree):
    store, db, run_id, _ = lasting
    row = {"run_id": run_id, "number": next(numbers), "time_s": 1.0, "data": tree}
    said = refusal(store.append, "records", row) or refusal(store.flush)
    if said:
        assert "records.data" in said
        return
    (stored,) = db.rows_since("records", run_id, row["number"] - 1)
    assert same(stored["data"], plain(tree))


def expected(column, value, status):
    """Expected value of a column for an accepted value."""
    value = plain(value)
    if isinstance(value, float) and math.isnan(value):
        assert status != "ok"
        return None
    return float(value) if column != "status" and value is not None else value


columns = ("time_s", "frequency_hz", "z_real_ohm", "z_imag_ohm", "temperature_k", "status")
good = {"time_s": 1.0, "frequency_hz": 1e3, "z_real_ohm": 2.0, "z_imag_ohm": -1.0, "temperature_k": 300.0}


@settings(max_examples=400, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(columns), scalars, max_size=3), bad=st.booleans())
@example(changes={"z_real_ohm": math.nan}, bad=True)
@example(changes={"z_imag_ohm": -math.inf}, bad=True)
@example(changes={"time_s": 2**53 + 1}, bad=False)
@example(changes={"z_real_ohm": np.longdouble(1) / 3}, bad=False)
def test_a_point_comes_back_equal_or_is_refused_by_name(lasting, changes, bad):
    store, db, run_id, spectrum_id = lasting
    number = next(numbers)
    row = good | {"status": "overload" if bad else "ok"} | changes
    row |= {"spectrum_id": spectrum_id, "number": number}
    said = refusal(store.append, "impedance_points", row) or refusal(store.flush)
    if said:
        assert "impedance_points" in said
        assert db.rows_since("impedance_points", run_id, (spectrum_id, number - 1)) == []
        return
    (stored,) = db.rows_since("impedance_points", run_id, (spectrum_id, number - 1))
    wanted = {name: expected(name, row[name], row["status"]) for name in columns}
    assert {name: stored[name] for name in columns} == wanted
    assert all(same(stored[name], wanted[name]) for name in columns)


@settings(max_examples=200, deadline=None)
@given(value=scalars)
def test_an_integer_column_takes_integers_of_64_bits_and_nothing_else(lasting, value):
    store, db, run_id, _ = lasting
    row = {"run_id": run_id, "number": 10**9 + next(numbers), "started_s": 0.0, "step": value}
    said = refusal(store.insert, "spectra", row)
    if said:
        assert "spectra.step" in said
        return
    (stored,) = db.rows("SELECT step FROM spectra ORDER BY id DESC LIMIT 1")
    assert stored["step"] == plain(value)
    assert type(stored["step"]) is int
