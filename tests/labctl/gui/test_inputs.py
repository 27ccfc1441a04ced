"""The form ticks `repeat_first` where it costs little time, until the user decides."""

import pytest

from procedures.temperature_stepped_eis import TemperatureSteppedEIS

LONG = [float(t) for t in range(40, 90)]


@pytest.fixture
def inputs(app):
    from labctl.gui.inputs import ProcedureInputs

    form = ProcedureInputs(TemperatureSteppedEIS)
    yield form
    form.deleteLater()


def fill_in(inputs, temperatures):
    inputs.temperatures_degc.setText(", ".join(map(str, temperatures)))
    return inputs.values()["repeat_first"]


def test_a_long_series_is_ticked_and_a_short_one_is_unticked_again(inputs):
    assert fill_in(inputs, LONG)
    assert inputs.repeat_first.isChecked()
    assert not fill_in(inputs, [30.0, 60.0])


def test_a_way_back_needs_no_repetition(inputs):
    inputs.return_down.setChecked(True)
    assert not fill_in(inputs, LONG)


def test_what_the_user_decided_stays(inputs):
    assert fill_in(inputs, LONG)
    inputs.repeat_first.click()
    assert not fill_in(inputs, LONG)


def test_a_protocol_that_is_loaded_is_not_changed(inputs):
    inputs.load({"temperatures_degc": LONG})
    assert not inputs.values()["repeat_first"]
