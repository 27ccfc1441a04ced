import pytest

from labctl.readmodel.carrier_fractions import BLOCKED, broken_presumptions, reason_without_number

GREW = "the interphases grew by 42 % during polarisation; Rss carries it into rho+"


@pytest.mark.parametrize(
    ("flag", "named"),
    [
        (GREW, (GREW,)),
        (f"other polarity: {GREW}", (GREW,)),
        ("no number: current_a has no definite sign: no current flows, or it is lost in noise", (BLOCKED,)),
        ("no number: rho+ = 0.002 is near 0, and neither the spectrum nor the other polarity", (BLOCKED,)),
        ("multivalent salts associate: rho+ is a current fraction and may differ much from t+", ()),
    ],
)
def test_a_flag_names_the_presumption_that_does_not_hold(flag, named):
    assert broken_presumptions([flag, flag]) == named


def test_the_reason_for_having_no_number_is_the_flag_that_gives_it():
    assert (
        reason_without_number(["not steady", "no number: no circuit describes it"])
        == "no circuit describes it"
    )
    assert reason_without_number(["not steady"]) == ""
