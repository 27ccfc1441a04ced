"""A number on the command line that is not one is answered with how to write it."""

import pytest
import typer
from typer.testing import CliRunner

import labctl.cli
from labctl.cli.number import typed_number


@pytest.mark.parametrize(("text", "number"), [("1.05", 1.05), (" -2e3", -2000.0), ("0", 0.0)])
def test_a_number_is_taken_as_it_is(text, number):
    assert typed_number(text) == number


@pytest.mark.parametrize(
    ("text", "right"),
    [("1,05", "1.05"), ("1.05 mm", "1.05"), ("-3,5", "-3.5"), ("10mm", "10"), ("inf", "1.05"), ("", "1.05")],
)
def test_what_is_no_number_is_answered_with_one(text, right):
    with pytest.raises(typer.BadParameter, match=f"write {right}, with a decimal point and without a unit"):
        typed_number(text)


@pytest.mark.parametrize("words", [("fit", "--frequency-min"), ("demo", "--thickness-mm")])
def test_commands_with_numbers_say_so(words):
    done = CliRunner().invoke(labctl.cli.app, [*words, "1,5"])
    assert done.exit_code == 2
    assert "write 1.5, with a decimal point" in " ".join(done.output.split())


def test_a_comma_where_one_number_is_meant_is_refused_with_both_readings():
    with pytest.raises(typer.BadParameter, match=r"can be 1\.05 or the list 1 and 05; write 1\.05"):
        typed_number("1,05")


@pytest.mark.parametrize(
    "words",
    [
        ("queue", "add", "any.toml", "--retry-delay-min"),
        ("find", "--above"),
        ("plot", "arrhenius", "--output", "any.pdf", "--width-mm"),
        ("sim", "serve", "--speed"),
    ],
)
def test_every_command_refuses_a_comma_with_both_readings(words):
    done = CliRunner().invoke(labctl.cli.app, [*words, "1,05"])
    assert done.exit_code == 2
    assert "can be 1.05 or the list 1 and 05" in " ".join(done.output.replace("│", " ").split())
