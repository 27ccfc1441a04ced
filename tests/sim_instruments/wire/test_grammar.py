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
def test_templates_match_the_messages_of_instruments(template, message, values):
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


def test_an_unknown_placeholder_is_refused():
    with pytest.raises(ValueError, match="placeholder"):
        compile_command("FR{number}", print, None)


@pytest.mark.parametrize(
    "message", [":FREQ 1000", "FREQ:CW 1000", ":FREQuency 1e3", ":frequency:cw 1.0E3", "FREQ   1000"]
)
def test_scpi_is_understood_in_its_short_and_long_forms(message):
    assert answer(":FREQuency[:CW] {float}", message) == (1000.0,)


@pytest.mark.parametrize(
    "message", [":FRE 1000", ":FREQU 1000", ":FREQ:CWS 1000", ":FREQ:CW1000 1", ":FREQ? 1000"]
)
def test_scpi_is_not_understood_in_between(message):
    assert answer(":FREQuency[:CW] {float}", message) is None


def test_the_final_one_of_a_scpi_word_is_optional():
    for message in (":SOUR1:BIAS:STAT ON", ":SOUR:BIAS:STAT on", "SOURce1:BIAS:STATe 1"):
        assert answer(":SOURce1:BIAS:STATe {switch}", message) == (True,)
    assert answer(":SOURce1:BIAS:STATe {switch}", ":SOUR2:BIAS:STAT ON") is None


def test_a_number_may_stand_inside_a_scpi_header():
    template = ":CALCulate1:PARameter{int}:DEFine {word}"
    assert answer(template, ":CALC1:PAR2:DEF X") == answer(template, "CALC:PARameter2:DEFine X") == (2, "X")
    assert answer(template, ":CALC1:PAR2:DEFI X") is None


def test_headers_sort_queries_from_commands():
    assert [header(m) for m in ("KRDG? A", "?FR", "fr 10", "*IDN?", ":FREQ 1", "12")] == [
        "KR",
        "?FR",
        "FR",
        "*ID",
        "FR",
        "",
    ]
