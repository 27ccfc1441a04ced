import pytest

from sim_instruments.wire.grammar import Grammar, compile_command, header


def answer(template, message, reply="{}"):
    grammar = Grammar([compile_command(template, lambda *values: values or ("done",), reply)])
    found = grammar.find(message)
    return (
        None
        if found is None
        else found[0].call(*[c(g) for c, g in zip(found[0].casts, found[1].groups(), strict=True)])
    )


@pytest.mark.parametrize(
    ("template", "message", "values"),
    [
        ("RAMP {int},{int},{float}", "RAMP 1,1,5.0", (1, 1, 5.0)),
        ("RAMP {int},{int},{float}", "ramp 1, 1 ,+5", (1, 1, 5.0)),
        ("FR{float}", "FR1000", (1000.0,)),
        ("FR{float}", "FR 1.0E+03", (1000.0,)),
        ("FR{float}", "FR .5", (0.5,)),
        ("KRDG? {word}", "KRDG? A", ("A",)),
        ("?RA{int}", "?RA3", (3,)),
        ("INNAME {word},{text}", 'INNAME A,"by, the heater"', ("A", '"by, the heater"')),
    ],
)
def test_templates_take_what_instruments_take(template, message, values):
    assert answer(template, message) == values


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("RAMP {int},{int},{float}", "RAMP 1,1"),
        ("RAMP {int},{int},{float}", "RAMP 1,1,5.0,7"),
        ("RAMP {int},{int},{float}", "RAMP 1.5,1,5.0"),
        ("KRDG? {word}", "KRDG?A"),
        ("KRDG? {word}", "KRDG A"),
        ("FR{float}", "FRED"),
        ("FR{float}", "FR nan"),
    ],
)
def test_templates_refuse_the_rest(template, message):
    assert answer(template, message) is None


def test_an_unknown_hole_is_refused():
    with pytest.raises(ValueError, match="hole"):
        compile_command("FR{number}", print, None)


def test_headers_sort_queries_from_commands():
    assert [header(m) for m in ("KRDG? A", "?FR", "fr 10", "*IDN?", "12")] == [
        "KRDG?",
        "?FR",
        "FR",
        "*IDN?",
        "",
    ]
