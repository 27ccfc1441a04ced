import pytest

from labctl.readmodel.law_text import for_the_thesis


def row(law="arrhenius", weight=0.99, preferred=True, flags=(), branch="all"):
    form = "T^-0.5" if law == "vtf" else "ln_sigma_t"
    parameters = {} if weight is None else {"weight": {"value": weight, "unit": "1"}}
    about = {"law": law, "form": form, "branch": branch, "preferred": preferred, "flags": list(flags)}
    return about | {"parameters": parameters}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row(), row("vtf", 0.01, False)], "for the thesis: Arrhenius, ln(σT) (weight 99%)"),
        (
            [row(weight=0.7), row("vtf", 0.3, False)],
            "not decided, say so and name the others: VTF 30%",
        ),
        ([row(weight=1.0)], "the only law fitted (too few temperatures); the law is not decided"),
        ([row(weight=None), row("vtf", None, False)], "the weights of the laws are not known"),
        ([row(flags=["hysteresis: cooling differs from heating"])], "for the thesis: no law yet"),
        ([row(flags=["the sample changed, or its temperature did: at 30"])], "for the thesis: no law yet"),
    ],
)
def test_one_line_says_which_law_to_give(rows, words):
    assert words in for_the_thesis(rows)


def test_without_a_law_of_all_points_there_is_no_line():
    assert for_the_thesis([]) == ""
    assert for_the_thesis([row(branch="heating")]) == ""


def test_a_law_without_a_competitor_has_no_weight():
    assert "%" not in for_the_thesis([row(weight=1.0)])
