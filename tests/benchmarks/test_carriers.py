"""The study of carriers: its samples against limits known by hand; its judgement can fail."""

import ast
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from labctl.analysis.transport.carriers import Evidence, weigh

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SAMPLES = 30


@pytest.fixture(scope="module")
def study():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import carriers

        yield carriers


@pytest.fixture(scope="module")
def judged(study):
    return [study.judge(seed) for seed in range(SAMPLES)]


def test_the_samples_are_made_without_labctl():
    tree = ast.parse((BENCHMARKS / "carrier_samples" / "__init__.py").read_text(encoding="utf-8"))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"math", "dataclasses", "typing", "numpy"}


def test_shares_add_up_to_one_and_a_mixed_sample_has_no_main_carrier(study):
    kinds = set()
    for seed in range(60):
        truth, _ = study.draw(seed)
        kinds.add(truth.kind)
        assert math.fsum(truth.shares.values()) == pytest.approx(1.0)
        assert truth.kind == "mixed" or truth.shares[truth.kind] >= 0.65
        assert truth.kind != "mixed" or max(truth.shares.values()) < 0.5
    assert kinds == {"electrons", "cation", "anion", "protons", "mixed"}


def test_without_a_fault_masses_are_kept_and_currents_have_the_slope_of_the_electrons(study):
    truth, measured = study.draw(3)
    changes = {place: after - before for place, (before, after, _) in measured.masses_kg.items()}
    assert changes["anode side"] == pytest.approx(-changes["cathode side"], abs=1e-7)
    assert changes["anode metal"] == pytest.approx(-changes["cathode metal"], abs=1e-7)
    unit_v = 8.617333262e-5 * truth.temperature_k
    low, high = (measured.current_a[np.argmin(np.abs(measured.potential_v - v))] for v in (-unit_v, unit_v))
    mean = (high - low) / (2 * unit_v) / math.sinh(1.0)  # of both branches, either side of 0 V
    assert mean == pytest.approx(0.1 * truth.shares["electrons"], rel=0.02)


def test_the_intervals_of_each_method_cover_the_truth(judged):
    inside, count = {}, {}
    for one in judged:
        for name, (truth, low, high) in one.intervals.items():
            count[name] = count.get(name, 0) + 1
            inside[name] = inside.get(name, 0) + (low <= truth <= high)
    assert count["Hebb-Wagner"] == count["emf"] == SAMPLES
    for name, n in count.items():
        assert inside[name] >= n - 5, name  # of 30, with 95 %: below 25 in 0.3 of 100 studies


def test_no_carrier_is_named_that_does_not_carry_and_none_excluded_that_does(judged):
    assert [one.false_statements for one in judged if one.false_statements] == []
    assert not any(one.wrongly_excluded for one in judged)
    assert any("cation" in one.verdict.carries for one in judged)


@pytest.mark.parametrize("fault", ["leak", "offset", "lost mass"])
def test_a_fault_is_named(study, fault):
    found = [study.judge(seed, fault) for seed in range(10)]
    assert sum(one.is_named for one in found) >= 9
    assert not any(one.false_statements for one in found)


def test_a_verdict_that_is_wrong_is_found_by_the_judgement(study, judged):
    proton = next(one for one in judged if one.truth.kind == "protons")
    wrong = weigh([Evidence(method="wrong", carrier="cation", low=0.9, high=1.0)])
    assert replace(proton, verdict=wrong).false_statements == ["cation"]
    assert replace(proton, verdict=wrong).wrongly_excluded
