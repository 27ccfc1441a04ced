"""Cells that fool: what belongs to electrode, contact or electrons is not printed as the electrolyte's."""

import numpy as np
import pytest

from labctl.analysis import (
    Cell,
    Estimate,
    Spectrum,
    ionic_resistance,
    ionic_resistances,
    read_spectrum,
)

PELLET = Cell.of(thickness_m=1e-3, area_m2=1e-4)
TAPE = Cell.of(thickness_m=1e-4, area_m2=1e-4)
FREQUENCY_HZ = np.logspace(6, -1, 57)
OMEGA = 2 * np.pi * FREQUENCY_HZ


def arc(ohm, farad, n=0.95, omega=OMEGA):
    return ohm / (1 + (1j * omega * ohm * farad) ** n)


def double_layer(farad, n=0.9, omega=OMEGA):
    return 1 / (farad * 2 * np.pi * (1j * omega / (2 * np.pi)) ** n)


def parallel(*impedances):
    return 1 / sum(1 / z for z in impedances)


def coth(s):
    return 1 / np.tanh(s)


def spectrum(z, seed=1, noise=1e-3, frequency=FREQUENCY_HZ):
    drawn = np.random.default_rng(seed).standard_normal((2, frequency.size))
    return Spectrum(frequency, z * (1 + noise * (drawn[0] + 1j * drawn[1])))


def told(found, words):
    return any(words in flag for flag in found.flags)


def covers(found, ohm):
    low, high = found.total_ohm.interval()
    return low <= ohm <= high


BULK = arc(10e3, 5e-11)


def test_a_contact_layer_is_not_the_electrolytes():
    z = BULK + arc(8e3, 1e-6, 0.9) + double_layer(1e-5)
    found = ionic_resistance(spectrum(z), "blocking", cell=PELLET)
    assert found.total_ohm.value == pytest.approx(10e3, rel=0.005)
    assert [part.name for part in found.arcs] == ["bulk", "electrode"]
    assert told(found, "electrode arc of 1e-06 F left out: 1.80")


def test_the_same_capacitance_is_a_grain_boundary_where_the_geometry_makes_it_one():
    boundary = Cell.of(thickness_m=2e-5, area_m2=4e-4)
    z = arc(10e3, 1e-9) + arc(8e3, 1e-6, 0.9) + double_layer(4e-5)
    found = ionic_resistance(spectrum(z), "blocking", cell=boundary)
    assert found.total_ohm.value == pytest.approx(18e3, rel=0.005)
    assert [reading.total_ohm.value for reading in found.readings] == pytest.approx([18e3, 10e3], rel=0.01)


@pytest.mark.parametrize(
    ("z", "electrodes", "cell", "without", "with_it"),
    [
        (BULK + arc(30e3, 1e-8), "reversible", PELLET, 10e3, 40e3),
        (BULK + arc(8e3, 2e-8) + double_layer(1e-5), "blocking", PELLET, 10e3, 18e3),
        (arc(100, 1e-9) + arc(400, 3e-7, 0.9) + double_layer(1e-5), "blocking", TAPE, 100, 500),
    ],
    ids=["passivated metal", "contact gap", "thin tape"],
)
def test_an_arc_that_may_be_either_gives_both_readings(z, electrodes, cell, without, with_it):
    found = ionic_resistance(spectrum(z), electrodes, cell=cell)
    readings = sorted(reading.total_ohm.value for reading in found.readings)
    assert readings == pytest.approx([without, with_it], rel=0.01)
    assert covers(found, without)
    assert covers(found, with_it)
    assert told(found, "thickness, pressure or fresh electrodes decide")
    assert not told(found, "geometry not stated")


def test_a_plain_grain_boundary_is_not_ambiguous():
    found = ionic_resistance(spectrum(BULK + arc(5e3, 2e-9, 0.9) + double_layer(1e-5)), cell=PELLET)
    assert found.total_ohm.value == pytest.approx(15e3, rel=0.005)
    assert found.total_ohm.relative_uncertainty < 0.005
    assert len(found.readings) == 1
    assert not told(found, "decide")


def test_an_electrode_arc_without_a_geometry_is_left_out_and_that_is_said(measured):
    found = ionic_resistance(read_spectrum(measured("eis_cases/06_electrode_arc_then_spike.csv")))
    assert found.total_ohm.value == pytest.approx(50, rel=0.01)
    assert told(found, "electrode arc of 2.7e-06 F left out: 849")
    assert told(found, "geometry not stated")


def test_a_leaking_electrode_has_the_resistance_before_its_leak(measured):
    found = ionic_resistance(read_spectrum(measured("eis_cases/08_leaking_blocking_electrode.csv")))
    assert found.total_ohm.value == pytest.approx(100, rel=0.01)
    assert told(found, "not blocking: direct-current path")


def test_a_mixed_conductor_has_three_readings():
    ions = 1000 + double_layer(5e-6)
    z = parallel(ions, np.full(OMEGA.size, 10e3), 1 / (1j * OMEGA * 1e-10))
    found = ionic_resistance(spectrum(z), "blocking", cell=PELLET)
    readings = {reading.meaning: reading.total_ohm.value for reading in found.readings[1:]}
    assert readings["the electrode leaks"] == pytest.approx(10e3 / 11, rel=0.01)
    electrons = next(words for words in readings if "electrons of 1e+04 ohm" in words)
    assert readings[electrons] == pytest.approx(1000, rel=0.01)
    assert "t_el = 0.0909" in electrons
    assert readings["a leak of 1e+04 ohm beside the sample"] == pytest.approx(1000, rel=0.01)
    assert found.total_ohm.value < 1050
    assert covers(found, 1000)


SLOW = np.sqrt(1j * OMEGA * 3.0)
RAIL = np.sqrt(5e3 / double_layer(1e-5, 0.92))
ELECTRODES = {
    "branched": parallel(double_layer(2e-6, 0.92), 20e3 + 1 / (1j * OMEGA * 2e-5)),
    "rough": 5e3 * coth(RAIL) / RAIL,
    "leaking": parallel(double_layer(5e-6), np.full(OMEGA.size, 1e5)),
    "finite space": 4e3 * coth(SLOW) / SLOW,
    "diffusion behind a double layer": parallel(3e3 + 4e3 * coth(SLOW) / SLOW, 1 / (1j * OMEGA * 2e-6)),
}


@pytest.mark.parametrize("name", ELECTRODES)
def test_an_electrode_that_is_no_plain_spike_does_not_move_the_electrolyte(name):
    found = ionic_resistance(spectrum(BULK + ELECTRODES[name]), "blocking", cell=PELLET)
    assert found.total_ohm.value == pytest.approx(10e3, rel=0.003)


@pytest.mark.parametrize("name", ["branched", "rough", "finite space"])
def test_two_arcs_before_such_an_electrode_are_the_electrolyte(name):
    z = BULK + arc(5e3, 2e-9, 0.9) + ELECTRODES[name]
    found = ionic_resistance(spectrum(z), "blocking", cell=PELLET)
    assert found.total_ohm.value == pytest.approx(15e3, rel=0.01)


def test_diffusion_to_a_reservoir_is_not_the_electrolytes():
    frequency = np.logspace(6, -2, 65)
    omega = 2 * np.pi * frequency
    slow = np.sqrt(1j * omega * 3.0)
    z = arc(10e3, 5e-11, omega=omega) + 4e3 * np.tanh(slow) / slow
    found = ionic_resistance(spectrum(z, frequency=frequency), "blocking", cell=PELLET)
    assert found.total_ohm.value == pytest.approx(10e3, rel=0.003)
    assert told(found, "not blocking: direct-current path")


def two_arcs_before_a_wall(growth, wall_ohm, wall_s, contact_ohm):
    """Bulk and grain boundary of 81.8 kohm times `growth`, a contact layer, a diffusion to a wall."""
    frequency = np.geomspace(5e6, 1e-2, 70)
    omega = 2 * np.pi * frequency
    slow = np.sqrt(1j * omega * wall_s)
    z = arc(47.4e3 * growth, 1.12e-11, 0.997, omega) + arc(34.4e3 * growth, 2.88e-9, 0.833, omega)
    z = z + arc(contact_ohm, 3e-6, 0.9, omega) + wall_ohm * coth(slow) / slow
    return spectrum(z, frequency=frequency, noise=5e-4)


def test_a_contact_layer_before_a_diffusion_against_a_wall_is_found():
    geometry = Cell.of("blocking", thickness_m=5e-4, area_m2=1e-4)
    found = ionic_resistance(two_arcs_before_a_wall(5.06, 5.69e6, 15.2, 3e5), cell=geometry)
    assert found.circuit == "p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-TLM4"
    assert found.total_ohm.value == pytest.approx(5.06 * 81.8e3, rel=0.01)
    assert covers(found, 5.06 * 81.8e3)


def test_a_diffusion_against_a_wall_is_refitted_from_the_slow_branch_in_its_place():
    geometry = Cell.of("blocking", thickness_m=5e-4, area_m2=1e-4)
    found = ionic_resistance(two_arcs_before_a_wall(1, 15.5e3, 0.0414, 1e-3), cell=geometry)
    rms = {one.circuit: one.rms for one in found.candidates}
    assert rms["p(R1,CPE1)-p(R2,CPE2)-TLM4"] < 6e-4
    assert covers(found, 81.8e3)


def test_an_ordinary_spectrum_tries_the_usual_circuits_alone():
    found = ionic_resistance(spectrum(BULK + double_layer(1e-5)), "blocking", cell=PELLET)
    assert len(found.candidates) == 5
    assert found.total_ohm.value == pytest.approx(10e3, rel=0.002)


def test_a_cell_declared_reversible_that_blocks_is_told():
    found = ionic_resistance(spectrum(BULK + double_layer(1e-5)), "reversible", cell=PELLET)
    assert found.total_ohm.value == pytest.approx(10e3, rel=0.002)
    assert told(found, "declared reversible")


def test_the_reversible_side_of_a_cell_that_blocks_on_the_other_is_an_interphase():
    z = BULK + arc(6e3, 5e-6, 0.9) + double_layer(2e-5)
    found = ionic_resistance(spectrum(z), "blocking/reversible", cell=PELLET)
    assert found.total_ohm.value == pytest.approx(10e3, rel=0.005)
    assert found.interphase_ohm is not None
    assert found.interphase_ohm.value == pytest.approx(6e3, rel=0.1)
    assert not told(found, "left out")


def test_a_circuit_that_fits_is_not_vetoed_for_one_that_fits_several_times_worse():
    z = BULK + arc(10e3, 5e-7, 0.9) + double_layer(2e-7)
    found = ionic_resistance(spectrum(z), "blocking", cell=PELLET)
    assert found.fit is not None
    assert found.fit.rms < 1.3e-3
    assert found.total_ohm.value == pytest.approx(10e3, rel=0.02)


def test_the_cell_of_a_spectrum_is_used_and_an_argument_that_contradicts_it_is_told():
    plain = spectrum(BULK + arc(8e3, 1e-6, 0.9) + double_layer(1e-5))
    own = Cell.of("blocking", thickness_m=1e-3, area_m2=1e-4, lead_ohm=Estimate(100.0, 1.0))
    measured_with_cell = plain.of_cell(own)
    found = ionic_resistance(measured_with_cell)
    assert found.total_ohm.value == pytest.approx(9.9e3, rel=0.005)
    assert not told(found, "given")
    other = ionic_resistance(measured_with_cell, "reversible", lead_ohm=0.0)
    assert told(other, "electrodes: reversible given, the spectrum's sample states blocking")
    assert told(other, "lead: 0 given, the spectrum's sample states 100")


def test_many_spectra_together_give_what_each_gives_alone():
    cells = [BULK + double_layer(1e-5), BULK + ELECTRODES["rough"], BULK + ELECTRODES["leaking"]]
    spectra = [spectrum(z, seed) for seed, z in enumerate(cells)]
    together = ionic_resistances(spectra, cell=PELLET)
    for one, found in zip(spectra, together, strict=True):
        alone = ionic_resistance(one, cell=PELLET)
        assert found.circuit == alone.circuit
        assert found.total_ohm.value == pytest.approx(alone.total_ohm.value, rel=1e-6)
        assert found.total_ohm.standard_uncertainty == pytest.approx(
            alone.total_ohm.standard_uncertainty, rel=1e-4
        )


def test_no_spectra_give_no_results():
    assert ionic_resistances([]) == ()


def test_electrodes_that_are_neither_kind_are_refused():
    with pytest.raises(ValueError, match="electrodes"):
        ionic_resistances([Spectrum([], [])], "blocking/golden")


def test_a_direct_current_path_leaves_the_interval_above_zero():
    ions, electrons, frequency = 1e4, 2e3, np.logspace(6, -2, 80)
    omega = 2 * np.pi * frequency
    blocked = ions + 1 / (1e-5 * (1j * omega) ** 0.9)
    z = 1 / (1 / blocked + 1 / electrons + 1j * omega * 2e-11)
    noise = np.random.default_rng(2).standard_normal((2, 80)) * 1e-3
    found = ionic_resistance(Spectrum(frequency, z * (1 + noise[0] + 1j * noise[1])), "blocking", cell=PELLET)
    assert told(found, "not blocking: direct-current path")
    assert max(r.total_ohm.value for r in found.readings) == pytest.approx(ions, rel=0.02)
    assert found.total_ohm.interval()[0] >= -1e-9 * ions


@pytest.mark.parametrize("seed", [0, 3])
def test_a_small_diffusion_behind_three_arcs_is_found(seed):
    frequency = np.logspace(np.log10(5e6), -1, 61)
    omega, root = 2 * np.pi * frequency, np.sqrt(2j * np.pi * frequency * 8.2)
    parts = ((6176, 2.69e-12, 0.9155), (3578, 3.535e-10, 0.836), (15265, 9.575e-7, 0.928))
    arcs = sum(r / (1 + (1j * omega * r * c) ** n) for r, c, n in parts)
    noise = np.random.default_rng(seed).standard_normal((2, 61)) * 1.5e-3
    z = (arcs + 2791 * np.tanh(root) / root) * (1 + noise[0] + 1j * noise[1])
    cell = Cell.of(thickness_m=1.12e-3, area_m2=2.64e-5)
    found = ionic_resistance(Spectrum(frequency, z), "reversible", cell=cell)
    assert not told(found, "circuit incomplete")
    assert covers(found, 6176 + 3578)


def test_a_blocking_cell_called_reversible_keeps_its_number_where_the_spike_has_hardly_begun():
    frequency = np.logspace(6, 1, 50)
    omega = 2 * np.pi * frequency
    z = 1e4 / (1 + (1j * omega * 1e4 * 2e-11) ** 0.95) + 1 / (1.0e-6 * (1j * omega) ** 0.8)
    noise = np.random.default_rng(4).standard_normal((2, 50)) * 1e-3
    found = ionic_resistance(
        Spectrum(frequency, z * (1 + noise[0] + 1j * noise[1])), "reversible", cell=PELLET
    )
    assert found.total_ohm.value == pytest.approx(1e4, rel=0.02)
    assert told(found, "declared reversible")
