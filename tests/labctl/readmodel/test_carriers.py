"""`labctl carriers`: lines about a sample, and the verdict, from facts and runs of a file."""

import json
import math

import pytest
from typer.testing import CliRunner

from labctl.analysis.transport.carriers import CONDUCTORS
from labctl.cli import app
from labctl.derive.facts import Fact, keep_fact
from labctl.errors import InvalidRequest
from labctl.readmodel.carriers import carriers_of
from labctl.store import Database, Store

FARADAY = 96485.33212


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    path = tmp_path_factory.mktemp("carriers") / "lab.db"
    Store.open(path).close()
    return path


@pytest.fixture
def sample(empty, tmp_path):
    """A file with one sample of this cation; facts are kept by calls."""
    path = tmp_path / "lab.db"
    path.write_bytes(empty.read_bytes())

    class Sample:
        db = path

        def of(self, cation, name="pellet"):
            with Store.open(path) as store:
                row = {"name": name, "cation": cation, "thickness_m": 1e-3, "area_m2": 1e-4}
                store.find_or_add_sample(row | {"electrodes": "blocking"})
            return self

        def fact(self, kind, value, u=None, at=None, ion=""):
            made = Fact(kind, value, "notebook 1", uncertainty=u, temperature_degc=at, ion=ion)
            keep_fact(path, "pellet", made)
            return self

        @property
        def found(self):
            with Database(path) as db:
                return carriers_of(db, "pellet")

        @property
        def verdict(self):
            ((_, verdict),) = self.found.verdicts
            return verdict

    return Sample()


def tubandt_facts(sample, t_cation, t_anion, u_mg=0.01):
    """Pb | PbCl2 stack, 100 C, with its electrodes weighed alone."""
    moles = 100 / FARADAY
    over = 1e6 * moles * (t_anion * 0.035453 - t_cation * 0.2072 / 2)
    dissolved = 1e6 * moles * (t_cation + t_anion) * 0.2072 / 2
    sample.fact("charge-passed", 100.0, 0.1)
    sample.fact("molar-mass", 207.2, 0.0, ion="Pb2+").fact("molar-mass", 35.453, 0.0, ion="Cl-")
    for place, change in (("anode-side", over), ("cathode-side", -over)):
        sample.fact(f"{place}-before", 1000.0, u_mg).fact(f"{place}-after", 1000.0 + change, u_mg)
    for place, change in (("anode-metal", -dissolved), ("cathode-metal", dissolved)):
        sample.fact(f"{place}-before", 1000.0, u_mg, ion="Pb2+")
        sample.fact(f"{place}-after", 1000.0 + change, u_mg, ion="Pb2+")
    return sample


def test_a_sample_of_which_nothing_is_known_gets_no_number(sample):
    found = sample.of("Mg2+").found
    assert found.lines == ()
    assert found.verdicts[0][1].not_excluded == tuple(CONDUCTORS.values())


def test_the_ionic_number_of_a_zinc_polymer_says_ions_and_leaves_the_anion_open(sample):
    """Review, ref. 197: 0.983 between blocking electrodes is all ions, not the share of Zn2+."""
    verdict = sample.of("Zn2+").fact("electronic-share", 1.7, 0.5).verdict
    assert verdict.carries == ("ions",)
    assert CONDUCTORS["anion"] in verdict.not_excluded
    assert CONDUCTORS["cation"] in verdict.not_excluded


def test_the_mixed_conductor_with_few_electrons_leaves_the_cation_open(sample):
    """Review, ref. 172: MgSc2Se4, electrons 0.04 %: their share is not the question of which ion moves."""
    verdict = sample.of("Mg2+").fact("electronic-share", 0.04, 0.02).verdict
    assert verdict.carries == ("ions",)
    assert CONDUCTORS["protons"] in verdict.not_excluded


def test_a_number_by_tubandt_says_the_cation(sample):
    """Review, ref. 129: 0.99 of the charge by Mg2+."""
    assert "cation" in sample.of("Mg2+").fact("ion-share", 99.0, 1.0, ion="Mg2+").verdict.carries


def test_a_number_without_uncertainty_bounds_nothing(sample):
    """Review, ref. 128: 0.69 with neither method nor uncertainty."""
    found = sample.of("Mg2+").fact("ion-share", 69.0, ion="Mg2+").found
    assert "uncertainty not known: bounds nothing" in found.lines[0].text
    assert found.verdicts[0][1].carries == ()


def test_an_anion_conductor_is_never_said_to_be_a_cation_conductor(sample):
    """Review, ref. 175, as masses of a stack: the anion carries it."""
    verdict = tubandt_facts(sample.of("Pb2+"), 0.0, 0.98).verdict
    assert "anion" in verdict.carries
    assert "cation" not in verdict.carries
    assert CONDUCTORS["cation"] not in verdict.not_excluded


def test_masses_that_contradict_are_named_and_do_not_count(sample):
    tubandt_facts(sample.of("Pb2+"), 0.0, 0.98)
    sample.fact("cathode-side-after", 998.0, 0.01)
    verdict = sample.verdict
    assert any("contradict each other" in why for why in verdict.broken)
    assert verdict.carries == ()


def test_masses_without_charge_cannot_be_said(sample):
    found = sample.of("Pb2+").fact("anode-side-before", 1000.0, 0.01).found
    assert "cannot be said: no charge-passed" in found.lines[0].text


def test_an_emf_is_a_lower_limit_of_all_ions(sample):
    sample.of("Ag+").fact("emf", 95.0, 0.5, at=200.0, ion="Ag+").fact(
        "emf-theory", 100.0, 0.5, at=200.0, ion="Ag+"
    )
    verdict = sample.verdict
    assert verdict.carries == ("ions",)
    assert verdict.limits["ions"][0] == pytest.approx(0.936, abs=0.002)
    assert verdict.limits["ions"][1] == 1.0


def test_the_theory_follows_from_the_activities(sample):
    sample.of("Ag+").fact("emf", 90.0, 0.5, at=200.0, ion="Ag+").fact(
        "activity-ratio", 10.0, 0.1, at=200.0, ion="Ag+"
    )
    (line,) = sample.found.lines
    assert line.evidence[0].value == pytest.approx(0.090 / (8.617333262e-5 * 473.15 * 2.302585), rel=1e-6)


def test_an_emf_without_theory_cannot_be_said(sample):
    found = sample.of("Ag+").fact("emf", 95.0, 0.5, at=200.0, ion="Ag+").found
    assert "cannot be said" in found.lines[0].text
    assert found.lines[0].evidence == ()


def test_an_emf_and_an_electronic_share_that_contradict_are_named(sample):
    sample.of("Ag+").fact("emf", 99.0, 0.5, at=200.0, ion="Ag+").fact(
        "emf-theory", 100.0, 0.5, at=200.0, ion="Ag+"
    )
    verdict = sample.fact("electronic-share", 40.0, 2.0, at=200.0).verdict
    assert len(verdict.contradictions) == 1
    assert verdict.carries == ()


def test_temperatures_are_not_mixed(sample):
    sample.of("Ag+").fact("electronic-share", 1.0, 0.2, at=100.0).fact(
        "electronic-share", 60.0, 2.0, at=500.0
    )
    assert [verdict.carries for _, verdict in sample.found.verdicts] == [("ions",), ("electrons",)]


def test_an_exponent_names_what_it_does_not_exclude(sample):
    (line,) = sample.of("Ba2+").fact("h2o-exponent", 0.5, 0.02, at=600.0).found.lines
    assert "not excluded: protons from H2O" in line.text
    assert line.evidence == ()


def test_the_command_prints_lines_presumptions_and_verdict(sample):
    sample.of("Zn2+").fact("electronic-share", 1.7, 0.5)
    done = CliRunner().invoke(app, ["carriers", "pellet", "--db", str(sample.db)])
    assert done.exit_code == 0
    for words in (
        "pellet, cation Zn2+: 1 measurement(s)",
        "presumes:",
        "ions together carry 0.97",
        "not excluded: an anion",
    ):
        assert words in done.output
    as_json = CliRunner().invoke(app, ["carriers", "pellet", "--db", str(sample.db), "--json"])
    content = json.loads(as_json.output)
    assert content["verdicts"][0]["carries"] == ["ions"]
    assert content["lines"][0]["evidence"][0]["carrier"] == "electrons"


def test_an_unknown_sample_is_refused(sample):
    sample.of("Zn2+")
    with Database(sample.db) as db, pytest.raises(InvalidRequest, match="nosuch"):
        carriers_of(db, "nosuch")


def several_ratios(sample, share=0.8, offset_mv=0.0, ratios=(3.0, 10.0, 100.0)):
    """Emfs of one cell at 200 degC, each with the ratio of its activities."""
    for ratio in ratios:
        theory_mv = 8.617333262e-2 * 473.15 * math.log(ratio)
        sample.fact("emf", share * theory_mv + offset_mv, 0.2, at=200.0, ion="Ag+")
        sample.fact("activity-ratio", ratio, 1e-3 * ratio, at=200.0, ion="Ag+")
    return sample


def test_several_ratios_give_one_share_and_their_offset(sample):
    found = several_ratios(sample.of("Ag+")).found
    (line,) = found.lines
    assert "at 3 ratios" in line.text
    assert line.evidence[0].value == pytest.approx(0.8, abs=1e-3)
    assert len(line.facts) == 6
    assert found.verdicts[0][1].carries == ("ions",)


def test_an_offset_that_one_ratio_cannot_show_is_named(sample):
    verdict = several_ratios(sample.of("Ag+"), offset_mv=5.0).verdict
    assert any("an offset of 5" in why for why in verdict.broken)
    assert verdict.carries == ()


def test_the_same_cell_measured_twice_with_a_corrected_ratio_is_no_series_of_ratios(sample):
    found = several_ratios(sample.of("Ag+"), ratios=(100.0, 105.0)).found
    assert [line.evidence for line in found.lines] == [(), ()]
    assert all(
        "which of 2 theories (emf-theory, activity-ratio) is of this emf" in line.text for line in found.lines
    )
    assert found.verdicts == () or found.verdicts[0][1].carries == ()


def test_emfs_whose_theories_were_written_in_another_order_are_not_paired(sample):
    for ratio, of_emf in ((3.0, 100.0), (10.0, 3.0), (100.0, 10.0)):
        theory_mv = 8.617333262e-2 * 473.15 * math.log(of_emf)
        sample.of("Ag+").fact("emf", 0.8 * theory_mv, 0.2, at=200.0, ion="Ag+")
        sample.fact("activity-ratio", ratio, 1e-3 * ratio, at=200.0, ion="Ag+")
    assert all("cannot be said: which of 3 theories" in line.text for line in sample.found.lines)


def test_a_corrected_ratio_makes_no_second_pair(sample):
    several_ratios(sample.of("Ag+"), ratios=(10.0,)).fact("activity-ratio", 12.0, 0.1, at=200.0, ion="Ag+")
    (line,) = sample.found.lines
    assert "ratios" not in line.text
    assert line.evidence[0].value == pytest.approx(0.8 * math.log(10) / math.log(12), rel=1e-3)


def water_cell(sample, share, u=0.1):
    theory_mv = 8.617333262e-2 * 873.15 / 2 * math.log(10.0)
    return sample.fact("water-emf", share * theory_mv, u, at=600.0).fact("water-ratio", 10.0, 0.05, at=600.0)


def test_a_cell_of_water_vapour_says_that_protons_carry_at_least_so_much(sample):
    verdict = water_cell(sample.of("Mg2+"), 0.9).verdict
    assert set(verdict.carries) == {"ions", "protons"}
    (said,) = [one for one in verdict.statements if one.startswith("protons")]
    assert said.startswith("protons carry at least 0.8")
    assert CONDUCTORS["cation"] not in verdict.not_excluded


def test_protons_below_one_half_are_not_excluded_and_not_named(sample):
    """A leak lowers the emf: it is no upper limit."""
    verdict = water_cell(sample.of("Mg2+"), 0.3).verdict
    assert verdict.carries == ()
    assert CONDUCTORS["protons"] in verdict.not_excluded


def test_hydrogen_from_a_dry_cathode_bounds_the_protons(sample):
    moles = 0.97 * 50.0 / (2 * FARADAY)
    sample.of("Mg2+").fact("hydrogen-evolved", 1e6 * moles, 1.0)
    (line,) = sample.found.lines
    assert "no charge-passed" in line.text
    assert line.evidence == ()
    verdict = sample.fact("charge-passed", 50.0, 0.1).verdict
    assert "protons" in verdict.carries
    assert verdict.limits["protons"][0] == pytest.approx(0.95, abs=0.02)


def test_a_proton_share_without_an_uncertainty_bounds_nothing(sample):
    verdict = water_cell(sample.of("Mg2+"), 0.9, u=None).verdict
    assert verdict.carries == ()
