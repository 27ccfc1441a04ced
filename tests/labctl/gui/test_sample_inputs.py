"""Form of a sample: entries without a field are kept."""

from dataclasses import replace

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from labctl.config.protocol import parse_protocol
from labctl.gui.inputs import NotFilledIn
from labctl.gui.sample_inputs import SampleInputs
from labctl.readmodel.protocol_text import ProcedureForm, SampleForm, protocol_text

SHORT = ((1e6, 2.5, 0.5), (1e3, 2.5, 0.0005))
OPEN = ((1e6, 1.0, -5e4), (1e3, 1.0, -5e7))
FORM = SampleForm("pellet", thickness_mm=1.0, area_cm2=1.0)


@pytest.fixture
def inputs(app):
    return SampleInputs()


def sample_of(form):
    text = protocol_text("any", form, [ProcedureForm("procedures.eis:EIS", {})])
    return parse_protocol(text, "form.toml").sample


def test_leads_typed_into_the_form_reach_the_protocol(inputs):
    inputs.load(FORM)
    inputs.lead_ohm.setValue(2.5)
    inputs.lead_u_ohm.setValue(0.1)
    sample = sample_of(inputs.form())
    assert (sample.lead_ohm, sample.lead_u_ohm) == (2.5, 0.1)


def test_a_measured_fixture_stays_with_an_edited_sample_until_it_is_unticked(inputs):
    inputs.load(replace(FORM, fixture_short=SHORT, fixture_open=OPEN))
    inputs.name.setEditText("the next pellet")
    inputs.thickness_mm.setValue(0.8)
    assert inputs.fixture.text() == "taken out: short and open"
    sample = sample_of(inputs.form())
    assert (sample.name, sample.fixture_short, sample.fixture_open) == ("the next pellet", SHORT, OPEN)
    inputs.fixture.setChecked(False)
    assert sample_of(inputs.form()).fixture_short is None


def test_another_sample_brings_its_own_fixture_or_none(inputs):
    inputs.load(replace(FORM, fixture_short=SHORT))
    inputs.load(replace(FORM, name="film"))
    assert not inputs.fixture.isEnabled()
    assert sample_of(inputs.form()).fixture_short is None


def test_leads_are_not_taken_off_twice(inputs):
    inputs.load(replace(FORM, fixture_short=SHORT))
    inputs.lead_ohm.setValue(2.5)
    with pytest.raises(NotFilledIn, match="twice"):
        inputs.form()


def test_an_uncertainty_without_its_leads_is_not_queued(inputs):
    inputs.load(FORM)
    inputs.lead_u_ohm.setValue(0.1)
    with pytest.raises(NotFilledIn, match="not filled in"):
        inputs.form()


def test_a_fixture_of_the_database_is_the_same_again(inputs):
    first = sample_of(replace(FORM, fixture_short=SHORT, fixture_open=OPEN))
    inputs.load(SampleForm.of_row(vars(first)))
    assert sample_of(inputs.form()) == first


def test_ceilings_typed_into_the_form_reach_the_protocol(inputs):
    inputs.load(FORM)
    assert sample_of(inputs.form()).temperature_max_k is None
    inputs.temperature_max_degc.setValue(136.0)
    inputs.potential_max_v.setValue(0.1)
    sample = sample_of(inputs.form())
    assert sample.temperature_max_k == pytest.approx(409.15)
    assert (sample.potential_max_v, sample.current_max_a) == (0.1, None)


@pytest.mark.parametrize("ceiling_degc", [-20.0, 0.0, 136.0])
def test_a_remembered_ceiling_comes_back_below_zero_too(inputs, ceiling_degc):
    inputs.load(replace(FORM, temperature_max_degc=ceiling_degc))
    inputs.name.setEditText("the next pellet")
    assert sample_of(inputs.form()).temperature_max_k == pytest.approx(ceiling_degc + 273.15)
