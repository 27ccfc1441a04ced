"""What records of bench checks say about an instrument: its serial number decides."""

from dataclasses import replace

import pytest

from drivers.huber import Huber
from drivers.lakeshore33x import LakeShore336
from labctl.cli.instruments import _print_unconfirmed
from labctl.command_table import bench_checks_of, messages_of
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.station import read_station
from labctl.readmodel.bench_check_states import (
    CONFIRMED,
    DIFFERS,
    OLDER_CHECK,
    OPEN,
    OTHER_DRIVER,
    code_hash,
    instrument_checks,
    is_simulated,
)
from labctl.readmodel.recorded_checks import in_words

IDENTITY = "LSCI,MODEL336,LSA1234/5678,2.9"
SERIAL = "LSCI,MODEL336,LSA1234/5678"
ENTRY = InstrumentEntry(
    "oven", "drivers.lakeshore33x:LakeShore336", LakeShore336, "GPIB0::12::INSTR", ("oven",), {}, {}
)
(UNIT,) = [check for check in bench_checks_of(LakeShore336) if check.name == "the unit"]


def record(**changes):
    return {
        "id": 1,
        "time_s": 1.78e9,
        "person": "A. Person",
        "simulated": 0,
        "serial": SERIAL,
        "plate": "",
        "driver_sha256": code_hash(ENTRY),
        "check_name": UNIT.name,
        "fingerprint": UNIT.fingerprint,
        "reading": "2,1,0,1,1",
        "answer": "",
        "outcome": CONFIRMED,
        "labctl_version": "0.1.0",
    } | changes


def state_of_unit(*rows, identity=IDENTITY):
    found = instrument_checks(ENTRY, identity, rows)
    return next(state for state in found.states if state.check.name == UNIT.name)


def test_a_check_is_open_without_a_record():
    state = state_of_unit()
    assert (state.state, state.words) == (OPEN, "the unit: not done")


def test_a_recorded_check_is_confirmed_on_this_instrument_with_date_and_person():
    assert (
        state_of_unit(record()).words == "the unit: confirmed on this instrument on 2026-05-28 by A. Person"
    )


def test_another_instrument_at_the_same_address_is_not_confirmed():
    assert state_of_unit(record(), identity="LSCI,MODEL336,OTHER/0815,2.9").state == OPEN


def test_new_firmware_keeps_the_confirmation_and_a_simulated_instrument_is_called_so():
    assert state_of_unit(record(), identity="LSCI,MODEL336,LSA1234/5678,3.0").state == CONFIRMED
    assert "on this simulated instrument" in state_of_unit(record(simulated=1)).words


def test_the_newest_answer_rules():
    later = record(id=2, outcome=DIFFERS, answer="Celsius")
    assert state_of_unit(record(), later).state == DIFFERS
    assert state_of_unit(record(), later).words.endswith("by A. Person: Celsius")
    assert state_of_unit(later, record(id=3)).state == CONFIRMED


def test_a_check_that_has_another_form_by_now_is_told():
    changed = state_of_unit(record(fingerprint=replace(UNIT, expect="something else").fingerprint))
    assert changed.doubt == OLDER_CHECK
    assert OLDER_CHECK in changed.words


@pytest.mark.parametrize("code", ["0" * 64, ""])
def test_another_version_of_the_driver_is_told(code):
    assert state_of_unit(record(driver_sha256=code)).doubt == OTHER_DRIVER


def test_an_instrument_without_a_serial_number_is_never_called_confirmed():
    entry = InstrumentEntry("bath", "drivers.huber:Huber", Huber, "ASRL1::INSTR", ("oven",), {}, {})
    identity = "Huber PB, -40 to 100 degC"
    found = instrument_checks(entry, identity, [record(serial="", plate="47 11", check_name="the identity")])
    assert not found.having(CONFIRMED)
    assert found.plates == ("47 11",)
    assert found.words[-1].startswith(
        "on the serial number 47 11, as typed from a plate: 1 confirmed, last on "
    )
    assert found.words[-1].endswith("its protocol does not say whether this is it")


def test_the_lines_name_what_differs_is_doubted_or_decides():
    rows = [record(outcome=DIFFERS, answer="Celsius")]
    lines = instrument_checks(ENTRY, IDENTITY, rows).words
    sent = [message for message in messages_of(LakeShore336) if message.is_sent]
    assert lines[0].startswith(f"{len(sent)} messages, none tried on hardware by us")
    assert "1 differs" in lines[0]
    assert lines[1].startswith("the unit: differs on this instrument on 2026-05-28")
    bath = replace(ENTRY, driver_class=Huber)
    assert (
        "numbers can be wrong until it is checked: the control mode (vTmpMode)"
        in instrument_checks(bath, "", []).words
    )


@pytest.mark.parametrize(
    ("address", "simulated"), [("GPIB0::12::INSTR", False), ("TCPIP0::127.0.0.1::7777::SOCKET", True)]
)
def test_a_served_stand_in_is_a_simulated_instrument(tmp_path, address, simulated):
    path = tmp_path / "station.toml"
    path.write_text(
        "[limits]\ntemperature_degc = [0, 9]\npotential_v = 1\ncurrent_a = 1\n[instruments.oven]\n"
        f'driver = "drivers.lakeshore33x:LakeShore336"\naddress = "{address}"\nroles = ["oven"]\n',
        encoding="utf-8",
    )
    assert is_simulated(read_station(path), address) is simulated


def test_a_run_says_what_was_confirmed_on_its_instruments():
    differs = record(check_name="the display", outcome=DIFFERS)
    instrument = {"role": "oven", "identity": IDENTITY, "bench_checks": [record(), differs]}
    assert in_words(instrument) == [
        f"oven ({IDENTITY}): confirmed on this instrument on 2026-05-28: the unit",
        f"oven ({IDENTITY}): not as expected on this instrument on 2026-05-28: the display",
    ]
    assert in_words({**instrument, "bench_checks": []}) == []


class Doubtful(LakeShore336):
    """A driver with a setting to confirm, and one check that decides."""

    bench_checks = (replace(UNIT, is_decisive=True),)

    @classmethod
    def unconfirmed(cls, settings):
        return ("the unit is not confirmed",)


DOUBTFUL = replace(ENTRY, driver_class=Doubtful)


def test_a_setting_to_confirm_is_told_with_the_check_that_confirms_it(capsys):
    def printed(*rows):
        _print_unconfirmed(DOUBTFUL, [instrument_checks(DOUBTFUL, IDENTITY, rows)])
        return capsys.readouterr().out

    code = {"driver_sha256": code_hash(DOUBTFUL)}
    assert printed() == "not confirmed: instruments.oven: the unit is not confirmed\n"
    confirmed = "confirmed at the bench (the unit: confirmed on this instrument on 2026-05-28 by A. Person)"
    assert printed(record(**code)).startswith(f"{confirmed}, but not in the station file: instruments.oven")
    assert printed(record(**code, outcome=DIFFERS)).startswith("not confirmed")
    assert printed(record(driver_sha256="0" * 64)).startswith("not confirmed")
