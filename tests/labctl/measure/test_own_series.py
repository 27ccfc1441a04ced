"""A spectrum that contradicts the series of its cell is in doubt, and so are those it contradicts."""

import math

import pytest

from labctl.measure.cell_checks import CONTRADICTION, Sighting
from labctl.measure.events import PointMeasured, SpectrumEnded, SpectrumStarted
from labctl.measure.own_series import (
    AS_EXPECTED_HERE,
    IN_DOUBT,
    OF_A_TURN,
    OF_THE_SERIES,
    KnownBefore,
    OwnSeries,
    Place,
)
from labctl.store.queries.events import RECOGNISED

BOLTZMANN_EV_K = 8.617333262e-5
GEOMETRIC_F = 1e-11


class Ledger:
    def __init__(self, run_id=1):
        self.run_id, self.told, self.reasons, self.excluded = run_id, [], {}, []

    def event(self, level, kind, message, **details):
        self.told.append((kind, message, details))

    def put_in_doubt(self, places, reason):
        self.excluded += [place.number for place in places]
        self.reasons |= dict.fromkeys((place.number for place in places), reason)

    def believe(self, places, reason):
        self.excluded = [n for n in self.excluded if n not in [place.number for place in places]]

    def kinds(self):
        return [kind for kind, *_ in self.told]


def ohm_at(kelvin, room_ohm=2e5, ev=0.8):
    return room_ohm * kelvin * math.exp(ev / BOLTZMANN_EV_K * (1 / kelvin - 1 / 320)) / 320


def measure(series, kelvin, ohm, is_aborted=False):
    emit = series.beside(lambda topic, record: None)
    emit("spectrum", SpectrumStarted(step=1))
    for hertz in (1e6, 1e5, 1e4, 1e3):
        z_ohm = ohm / (1 + 2j * math.pi * hertz * ohm * GEOMETRIC_F) + 1 / (2j * math.pi * hertz * 1e-6)
        emit(
            "results",
            PointMeasured(
                time_s=0.0,
                temperature_k=kelvin,
                frequency_hz=hertz,
                z_real_ohm=z_ohm.real,
                z_imag_ohm=z_ohm.imag,
            ),
        )
    emit("spectrum", SpectrumEnded(step=1, state="aborted" if is_aborted else "finished"))


def series_of(*kelvins, before=None, cells=None):
    ledger = Ledger()
    series = OwnSeries("A", ledger, [] if cells is None else cells, before)
    for kelvin in kelvins:
        measure(series, kelvin, ohm_at(kelvin))
    return series, ledger


def test_a_series_of_one_law_is_not_in_doubt():
    series, ledger = series_of(320, 330, 340, 330)
    assert (ledger.told, ledger.excluded, series.in_doubt) == ([], [], False)


def test_a_contradiction_puts_both_sides_in_doubt_until_a_person_decides():
    series, ledger = series_of(320, 330)
    measure(series, 340, 500.0)
    ((kind, message, details),) = ledger.told
    assert (kind, details) == (CONTRADICTION, {"step": 1})
    assert message.startswith("cell A at 66.9 degC: its resistance is")
    assert sorted(ledger.excluded) == [0, 1, 2]
    assert ledger.reasons[0].startswith(f"{IN_DOUBT}spectrum 2 contradicts it: its resistance is")
    assert series.in_doubt


def test_a_series_that_goes_on_as_before_is_believed_again_without_the_contradicting_spectrum():
    series, ledger = series_of(320, 330)
    measure(series, 340, 500.0)
    measure(series, 350, ohm_at(350))
    assert sorted(ledger.excluded) == [0, 1, 2, 3]
    measure(series, 360, ohm_at(360))
    assert (ledger.excluded, series.in_doubt) == ([2], False)


def test_spectra_that_agree_only_with_the_contradicting_one_stay_in_doubt():
    series, ledger = series_of(320, 330)
    for kelvin in (340, 350, 360):
        measure(series, kelvin, ohm_at(kelvin) / 300)
    assert sorted(ledger.excluded) == [0, 1, 2, 3, 4]


def test_an_aborted_spectrum_is_not_judged():
    series, ledger = series_of(320, 330)
    measure(series, 340, 10.0, is_aborted=True)
    assert ledger.told == []


EARLIER = KnownBefore({7: [Sighting(kelvin, 1 / ohm_at(kelvin), GEOMETRIC_F) for kelvin in (320, 350)]})


def test_a_first_spectrum_of_another_cell_is_found_by_an_earlier_run_of_the_mount():
    series, ledger = series_of(before=EARLIER)
    measure(series, 320, 500.0)
    assert ledger.excluded == [0]
    assert "compared with run 7 of the same mount" in ledger.told[0][1]


def test_a_cell_recognised_too_early_is_in_doubt_as_a_whole_when_the_earlier_run_contradicts_it():
    series, ledger = series_of(320, 330, before=EARLIER)
    measure(series, 340, 500.0)
    assert ledger.kinds() == [RECOGNISED, CONTRADICTION]
    assert sorted(ledger.excluded) == [0, 1, 2]


def test_a_run_that_continues_one_in_doubt_is_in_doubt():
    of_job = [(Place(3, n), Sighting(k, 1 / ohm_at(k), GEOMETRIC_F)) for n, k in enumerate((320, 330))]
    in_doubt = {Place(3, 1): "its resistance is 500 ohm"}
    series, ledger = series_of(before=KnownBefore({}, of_job, in_doubt))
    measure(series, 340, ohm_at(340))
    assert (ledger.excluded, series.in_doubt) == ([0], True)


def of_the_job(*kelvins):
    return [(Place(3, n), Sighting(k, 1 / ohm_at(k), GEOMETRIC_F)) for n, k in enumerate(kelvins)]


def test_after_a_switch_that_failed_once_the_spectra_of_the_next_part_are_believed():
    before = KnownBefore({}, of_the_job(320), {Place(3, 0): f"{OF_A_TURN}switch: OPEN: still closed"})
    series, ledger = series_of(330, 340, before=before)
    assert (ledger.excluded, series.in_doubt) == ([], False)


def test_a_contradicted_series_that_goes_on_as_before_in_the_next_part_is_believed_again():
    in_doubt = {Place(3, n): f"spectrum 2{OF_THE_SERIES}its resistance is 500 ohm" for n in (0, 1)}
    in_doubt[Place(3, 2)] = "its resistance is 500 ohm"
    of_job = [*of_the_job(320, 330), (Place(3, 2), Sighting(340.0, 1 / 500.0, GEOMETRIC_F))]
    series, _ = series_of(before=KnownBefore({}, of_job, in_doubt))
    assert series.in_doubt
    measure(series, 350, ohm_at(350))
    measure(series, 360, ohm_at(360))
    assert not series.in_doubt


def test_leads_that_may_be_exchanged_are_so_in_the_next_part():
    in_doubt = {Place(3, 0): f"spectrum 1 of cell B{AS_EXPECTED_HERE}"}
    series, ledger = series_of(330, 340, 350, before=KnownBefore({}, of_the_job(320), in_doubt))
    assert (ledger.excluded, series.in_doubt) == ([0, 1, 2], True)


@pytest.mark.parametrize(("resembles", "excluded"), [(True, [0, 1]), (False, [])])
def test_a_spectrum_that_looks_like_another_cell_puts_that_one_in_doubt_too(resembles, excluded):
    cells = []
    ledgers = [Ledger(1), Ledger(2)]
    one, other = (OwnSeries(name, ledger, cells) for name, ledger in zip("AB", ledgers, strict=True))
    for kelvin in (320, 330):
        measure(one, kelvin, ohm_at(kelvin))
        measure(other, kelvin, ohm_at(kelvin, 2e3))
    measure(one, 340, ohm_at(340, 2e3 if resembles else 7e7))
    assert ("exchanged leads?" in ledgers[0].told[0][1]) is resembles
    assert ledgers[1].excluded == excluded


def test_exchanged_leads_are_not_believed_again_without_a_person():
    cells = []
    ledger = Ledger(1)
    one, other = OwnSeries("A", ledger, cells), OwnSeries("B", Ledger(2), cells)
    for kelvin in (320, 330):
        measure(one, kelvin, ohm_at(kelvin))
        measure(other, kelvin, ohm_at(kelvin, 2e3))
    measure(one, 340, ohm_at(340, 2e3))
    for kelvin in (350, 360, 370):
        measure(one, kelvin, ohm_at(kelvin))
    assert sorted(ledger.excluded) == [0, 1, 2, 3, 4, 5]


def test_the_spectra_of_a_turn_after_which_a_cell_is_still_connected_are_in_doubt():
    series, ledger = series_of(320)
    series.begin_turn()
    measure(series, 330, ohm_at(330))
    series.doubt_turn("with every channel open the analyser sees 500 ohm")
    assert ledger.excluded == [1]
    assert ledger.reasons[1].startswith(f"{IN_DOUBT}{OF_A_TURN}with every channel open")
