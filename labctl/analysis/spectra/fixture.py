"""Taking the fixture out of a spectrum: open and short compensation.

The cables and clamps are a series impedance Zs (measured with the sample replaced by a short) and a parallel
admittance Yo (measured with nothing in place). The corrected impedance of a measured Zm is
(Zm - Zs) / (1 - (Zm - Zs) Yo) with Yo = 1 / (Zo - Zs)
(Agilent Impedance Measurement Handbook, 4th ed., 5950-3000, section 3.2).
"""

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.numerics.arrays import ComplexArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.spectra.cell import Cell, FixturePoints
from labctl.analysis.spectra.spectrum import Spectrum

MOST_OF_THE_OPEN = 0.1
MOST_OF_THE_SHORT = 0.1
LEAD_ABOVE_HZ = 1e5


def compensate(
    measured: Spectrum, short: Spectrum | None = None, open_circuit: Spectrum | None = None
) -> Spectrum:
    """The sample without the fixture, (n,) points at the measured frequencies, in their order.

    short and open_circuit are interpolated in log frequency. Points outside their frequencies stay as they
    were and carry the status `not compensated`; where the fixture is more than 10 % of the sample's impedance
    or admittance the spectrum's warnings say so.

    Raises
    ------
    ValueError
        When neither is given, or one of them has no two usable points.
    """
    if short is None and open_circuit is None:
        raise ValueError("short or open_circuit must be given: there is nothing to compensate with")
    frequency = measured.frequency_hz
    zs = np.zeros(frequency.size, complex) if short is None else _at(short, frequency, "short")
    z = measured.z_ohm - zs
    if open_circuit is not None:
        with np.errstate(all="ignore"):
            admittance = 1 / (_at(open_circuit, frequency, "open_circuit") - zs)
            z = z / (1 - z * admittance)
    else:
        admittance = np.zeros(frequency.size, complex)
    known = np.isfinite(z)
    before = measured.status or ("",) * frequency.size
    status = [word if sound else "not compensated" for word, sound in zip(before, known, strict=True)]
    warnings = (*measured.warnings, *_warnings(measured, z, zs, admittance, known))
    cell = measured.cell and measured.cell.without_fixture(_lead_left(short, measured.cell))
    corrected = np.where(known, z, measured.z_ohm)
    return Spectrum(frequency, corrected, status, warnings, measured.metadata, cell=cell)


def without_declared_fixture(measured: Spectrum) -> Spectrum:
    """The spectrum corrected for the fixture that its cell declares; itself where none is declared."""
    cell = measured.cell
    if cell is None or (cell.fixture_short is None and cell.fixture_open is None):
        return measured
    return compensate(measured, _spectrum(cell.fixture_short), _spectrum(cell.fixture_open))


def through_declared_fixture(frequency_hz: ArrayLike, z_ohm: ArrayLike, cell: Cell | None) -> ComplexArray:
    """The impedance (n,) that an analyser sees of z_ohm (n,) behind the fixture that a cell declares.

    The inverse of `without_declared_fixture`, Zm = Zs + Z / (1 + Z Yo); nan outside the frequencies of the
    fixture's spectra, z_ohm itself where no fixture is declared.
    """
    frequency, z = np.asarray(frequency_hz, float), np.asarray(z_ohm, complex)
    if cell is None or (cell.fixture_short is None and cell.fixture_open is None):
        return z
    short, open_circuit = _spectrum(cell.fixture_short), _spectrum(cell.fixture_open)
    zs = np.zeros(frequency.size, complex) if short is None else _at(short, frequency, "short")
    if open_circuit is not None:
        z = z / (1 + z / (_at(open_circuit, frequency, "open_circuit") - zs))
    return z + zs


def _spectrum(points: FixturePoints | None) -> Spectrum | None:
    return None if points is None else Spectrum([p[0] for p in points], [complex(*p[1:]) for p in points])


def _lead_left(short: Spectrum | None, cell: Cell) -> Estimate | None:
    """Leads after the correction: 0 ohm with the uncertainty of the short; as declared without a short."""
    if short is None:
        return cell.lead_ohm
    try:
        return Estimate(0.0, lead_resistance(short).standard_uncertainty)
    except ValueError:
        return None


def lead_resistance(short: Spectrum) -> Estimate:
    """Resistance of the leads from a measured short: mean of Z' at and below 100 kHz with its scatter.

    Raises
    ------
    ValueError
        For fewer than three usable points there.
    """
    clean = short.cleaned()
    real = clean.z_ohm.real[clean.frequency_hz <= LEAD_ABOVE_HZ]
    if real.size < 3:
        raise ValueError(
            f"short: {real.size} usable points at or below {LEAD_ABOVE_HZ:g} Hz, three are needed"
        )
    deviation = float(real.std(ddof=1)) / np.sqrt(real.size)
    return Estimate(max(float(real.mean()), 0.0), float(deviation), real.size - 1)


def _at(spectrum: Spectrum, frequency_hz: np.ndarray, name: str) -> ComplexArray:
    """Interpolated in log frequency; nan outside (an open and a short are both powers of the frequency)."""
    clean = spectrum.cleaned()
    if len(clean) < 2:
        raise ValueError(f"{name}: {len(clean)} usable points, two are needed")
    known = np.log(clean.frequency_hz[::-1])
    with np.errstate(all="ignore"):
        wanted = np.log(np.where(frequency_hz > 0, frequency_hz, np.nan))
    log_modulus = np.log(np.abs(clean.z_ohm))[::-1]
    phase = np.unwrap(np.angle(clean.z_ohm[::-1]))
    inside = (wanted >= known[0] - 1e-6) & (wanted <= known[-1] + 1e-6)
    z = np.exp(np.interp(wanted, known, log_modulus) + 1j * np.interp(wanted, known, phase))
    return np.where(inside, z, np.nan)


def _warnings(
    measured: Spectrum, z: ComplexArray, zs: ComplexArray, admittance: ComplexArray, known: np.ndarray
) -> list[str]:
    found = []
    if not known.all():
        found.append(f"{int((~known).sum())} points lie outside the open or short and are not compensated")
    use = known & measured.usable
    if (np.abs(zs[use]) > MOST_OF_THE_SHORT * np.abs(z[use])).any():
        found.append("the short is more than 10 % of the sample's impedance at some frequencies")
    if (np.abs(admittance[use] * z[use]) > MOST_OF_THE_OPEN).any():
        found.append("the open is more than 10 % of the sample's admittance at some frequencies")
    return found
