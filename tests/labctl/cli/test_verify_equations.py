"""The review's equations give their worked examples, and an error in one is told."""

import json

from typer.testing import CliRunner

import labctl.analysis
import labctl.cli
from labctl.cli.review_equations import worked


def test_each_equation_of_the_review_gives_its_worked_example():
    done = CliRunner().invoke(labctl.cli.app, ["verify", "equations", "--json"])
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)["equations"]
    assert {row["equation"].partition(",")[0] for row in content} == {"2", "3", "5", "7", "11"}
    assert all(row["agrees"] for row in content)


def test_the_numbers_that_the_review_prints_are_used():
    expected = {one.equation: one.expected for one in worked()}
    assert expected["2, Arrhenius, Ea"] == 0.5181
    assert expected["3, Bruce-Vincent"] == 0.69


def test_a_charge_that_is_not_squared_is_told(monkeypatch):
    right = labctl.analysis.nernst_einstein
    wrong = lambda d, c, z, t: right(d, [one / abs(each) for one, each in zip(c, z, strict=True)], z, t)  # noqa: E731 - one line
    monkeypatch.setattr(labctl.analysis, "nernst_einstein", wrong)
    done = CliRunner().invoke(labctl.cli.app, ["verify", "equations"])
    assert done.exit_code == 1
    assert "5, Nernst-Einstein" in done.output
    assert "DIFFERS" in done.output
