"""Random spectra in many dialects: read to the last digit or refused, never read otherwise."""

from collections import Counter

import pytest
from dialects import DIALECTS, WrongReadingError, outcome
from dialects.damage import DAMAGE, SilentlyWrongError, damaged_outcome

from labctl.analysis import Spectrum, read_spectra

LEAST_DIALECTS = 60
SPECTRA = 3 * len(DIALECTS)


def test_there_are_sixty_dialects_and_each_has_a_name_of_its_own():
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS) >= LEAST_DIALECTS


def test_a_spectrum_in_any_dialect_is_read_to_the_last_digit_or_refused(tmp_path):
    found = Counter(outcome(number, tmp_path, read_spectra) for number in range(SPECTRA))
    refused = {name for name, result in found if result == "refused"}
    assert refused <= {"thousands separators"}


@pytest.mark.parametrize("number", range(3 * len(DAMAGE)))
def test_a_file_damaged_at_random_is_right_or_warned_or_refused(tmp_path, number):
    name, result = damaged_outcome(number, tmp_path, read_spectra)
    assert name == DAMAGE[number % len(DAMAGE)].__name__
    assert result in ("right", "warned", "refused")


class Otherwise:
    """A reader that is wrong in the last sweep."""

    def __init__(self, change):
        self.change = change

    def __call__(self, path):
        sweeps = read_spectra(path)
        return [*sweeps[:-1], self.change(sweeps[-1])]


@pytest.mark.parametrize("part", ["frequency_hz", "z_ohm"])
def test_a_reader_that_changes_one_digit_is_found_out(tmp_path, part):
    def change(spectrum: Spectrum) -> Spectrum:
        own = {"frequency_hz": spectrum.frequency_hz, "z_ohm": spectrum.z_ohm}
        own[part] = own[part] * (1 + 1e-8)
        return Spectrum(**own)

    with pytest.raises(WrongReadingError, match="differ by up to"):
        outcome(0, tmp_path, Otherwise(change))
    number = next(n for n, damage in enumerate(DAMAGE) if damage.__name__ == "lines_swapped")
    with pytest.raises(SilentlyWrongError):
        damaged_outcome(number, tmp_path, Otherwise(change))


def test_a_reader_that_loses_a_sweep_or_its_value_is_found_out(tmp_path):
    number = next(n for n, dialect in enumerate(DIALECTS) if dialect.name == "temperatures in a column")
    with pytest.raises(WrongReadingError, match="sweeps written"):
        outcome(number, tmp_path, lambda path: read_spectra(path)[:-1])

    def without_values(path):
        return [Spectrum(s.frequency_hz, s.z_ohm) for s in read_spectra(path)]

    with pytest.raises(WrongReadingError, match="holds"):
        outcome(number, tmp_path, without_values)
