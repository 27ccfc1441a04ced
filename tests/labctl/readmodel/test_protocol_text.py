import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.config.protocol import parse_protocol
from labctl.readmodel.protocol_text import ProcedureForm, SampleForm, protocol_text, toml_value

texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30)
EIS = "procedures.eis:EIS"


@given(name=texts, note=texts, amplitude_v=st.floats(0.001, 1.0), thickness_mm=st.floats(0.001, 100))
def test_what_is_filled_in_comes_back_from_the_text(name, note, amplitude_v, thickness_mm):
    if not name.strip():
        return
    sample = SampleForm(name, note=note, thickness_mm=thickness_mm)
    text = protocol_text("any", sample, [ProcedureForm(EIS, {"amplitude_v": amplitude_v})])
    protocol = parse_protocol(text, "form.toml")
    assert protocol.sample.name == name.strip()
    assert protocol.sample.thickness_m == pytest.approx(thickness_mm / 1e3, rel=1e-15)
    assert protocol.procedures[0].parameters["amplitude_v"] == amplitude_v


def test_procedures_keep_their_order():
    forms = [ProcedureForm(EIS, {}), ProcedureForm("procedures.open_circuit:OpenCircuit", {})]
    protocol = parse_protocol(protocol_text("two", SampleForm("pellet"), forms), "form.toml")
    assert [entry.reference for entry in protocol.procedures] == [form.reference for form in forms]


def test_a_sample_of_the_database_is_the_same_sample_again():
    first = parse_protocol(
        protocol_text("a", SampleForm("p", thickness_mm=0.35, area_cm2=0.785398), [ProcedureForm(EIS, {})]),
        "form.toml",
    ).sample
    again = protocol_text("a", SampleForm.of_row(vars(first)), [ProcedureForm(EIS, {})])
    assert parse_protocol(again, "form.toml").sample == first


def test_what_toml_cannot_say_is_refused():
    with pytest.raises(ValueError, match="cannot be written"):
        toml_value(None)
