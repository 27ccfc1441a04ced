"""Facts from other methods, and what follows from them together with the runs of a sample."""

import pytest

from labctl.analysis import nernst_einstein
from labctl.derive import conductivities, derive_run
from labctl.derive.facts import Fact, facts_in_force, keep_fact, revoke_fact, what_follows
from labctl.errors import InvalidRequest

NMR = "PFG-NMR, notebook 12"


@pytest.fixture
def book(notebook, monkeypatch, resistance):
    """A run with five temperatures, 26.85 to 66.85 degC, and so a law."""

    def series(spectra, temperatures_k, electrodes, *, details):
        return tuple(resistance(4000.0 / (1 + n), 10.0) for n in range(len(spectra)))

    monkeypatch.setattr(conductivities, "ionic_resistance_series", series)
    book = notebook()
    for kelvin in (300.0, 310.0, 320.0, 330.0, 340.0):
        book.spectrum([kelvin, kelvin + 0.01], setpoint_k=kelvin)
    derive_run(book.store, book.run_id, 5.0)
    return book


def keep(book, kind, value, **about):
    return keep_fact(book.store.path, "pellet", Fact(kind, value, **({"source": NMR} | about)))


def following(book):
    with book.store.read() as db:
        return {one.quantity: one for one in what_follows(db, "pellet")}


def test_a_fact_is_kept_in_si_with_its_source_and_details(book):
    keep(book, "diffusion", 2e-12, uncertainty=1e-13, temperature_degc=40.0, ion="Li+", nucleus="7Li")
    with book.store.read() as db:
        (row,) = facts_in_force(db, "pellet")
    assert (row["kind"], row["value"]) == ("diffusion_coefficient_m2_s", 2e-12)
    assert row["temperature_k"] == pytest.approx(313.15)
    assert (row["details"], row["source"]) == ({"ion": "Li+", "nucleus": "7Li"}, NMR)


def test_the_haven_ratio_follows_at_the_temperature_of_the_diffusion_coefficient(book):
    keep(book, "concentration", 1.0, uncertainty=0.01, ion="Li+")
    keep(book, "diffusion", 2e-12, uncertainty=1e-13, temperature_degc=40.0, ion="Li+")
    found = following(book)
    computed = nernst_einstein([2e-12], [1e3], [1], 313.15).value
    assert found["nernst_einstein_s_m"].value == pytest.approx(computed)
    with book.store.read() as db:
        sigma = db.conductivities(1)["conductivity_s_m"]
    assert computed / sigma[2] < found["haven_ratio_1"].value < computed / sigma[1]
    assert found["haven_ratio_1"].standard_uncertainty > 0.05 * found["haven_ratio_1"].value
    assert found["haven_ratio_1"].runs == (1,)


def test_in_mgx2_the_charge_counts_squared_and_the_anions_are_twice_as_many(book):
    keep(book, "salt", 0.5, uncertainty=0.005)
    keep(book, "diffusion", 1e-12, uncertainty=1e-14, temperature_degc=40.0, ion="Mg2+")
    keep(book, "diffusion", 3e-12, uncertainty=1e-14, temperature_degc=40.0, ion="TFSI-")
    expected = nernst_einstein([1.0], [4 * 1e-12 * 500 + 1 * 3e-12 * 1000], [1], 313.15).value
    assert following(book)["nernst_einstein_s_m"].value == pytest.approx(expected)
    assert following(book)["nernst_einstein_s_m"].standard_uncertainty > 0.01 * expected  # common to both


def test_without_the_uncertainty_of_a_part_that_of_the_result_is_not_known(book):
    keep(book, "concentration", 1.0, ion="Li+")
    keep(book, "diffusion", 2e-12, uncertainty=1e-13, temperature_degc=40.0, ion="Li+")
    assert following(book)["haven_ratio_1"].standard_uncertainty is None


def test_no_haven_ratio_follows_outside_of_the_measured_temperatures_or_from_one_ion_of_a_salt(book):
    keep(book, "salt", 0.5)
    keep(book, "diffusion", 2e-12, temperature_degc=40.0, ion="Li+")
    assert following(book) == {}
    keep(book, "concentration", 1.0, ion="Li+")
    keep(book, "diffusion", 2e-12, temperature_degc=120.0, ion="Li+")
    with book.store.read() as db:
        names = [one.quantity for one in what_follows(db, "pellet")]
    assert names == ["nernst_einstein_s_m", "haven_ratio_1", "nernst_einstein_s_m"]


def test_t0_less_tg_follows_from_the_vtf_law(book):
    keep(book, "glass-transition", -40.0, uncertainty=2.0)
    with book.store.read() as db:
        t0 = db.fits(1).set_index("law").loc["vtf", "parameters"]["vogel_temperature"]
    found = following(book)["t0_minus_glass_transition_k"]
    assert found.value == pytest.approx(t0["value"] - 233.15)
    assert found.standard_uncertainty > 2.0


def test_the_loss_of_mass_follows_from_both_masses(book):
    keep(book, "mass-before", 100.0, uncertainty=0.1)
    assert following(book) == {}
    keep(book, "mass-after", 97.0, uncertainty=0.1)
    assert following(book)["mass_loss_1"].value == pytest.approx(0.03)
    assert following(book)["mass_loss_1"].standard_uncertainty == pytest.approx(1.39e-3, rel=0.01)


def test_a_revoked_fact_counts_no_longer_and_is_revoked_once(book):
    keep(book, "mass-before", 100.0)
    wrong = keep(book, "mass-after", 9.7)
    keep(book, "mass-after", 97.0)
    revoke_fact(book.store.path, "pellet", wrong, "a digit was missing")
    assert following(book)["mass_loss_1"].value == pytest.approx(0.03)
    with pytest.raises(InvalidRequest, match="is revoked already"):
        revoke_fact(book.store.path, "pellet", wrong, "again")
    with book.store.read() as db:
        assert db.facts("pellet")["in_force"].tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("kind", "value", "about", "told"),
    [
        ("diffusivity", 1e-12, {}, "no kind of fact is called 'diffusivity'; there are diffusion"),
        ("diffusion", 1e-12, {}, "name the ion"),
        ("diffusion", 1e-12, {"ion": "Li"}, "no charge at its end; write"),
        ("diffusion", 1e-12, {"ion": "SO42-"}, r"write its charge like SO4\^2-"),
        ("diffusion", 1e-12, {"ion": "Li+"}, "--at-degc"),
        ("diffusion", 1e-3, {"ion": "Li+", "temperature_degc": 40}, "not possible: it lies between"),
        ("density", 1540.0, {}, r"1540 g/cm3 is not possible"),
        ("crystallinity", 40.0, {"uncertainty": -1}, "not negative"),
        ("melting", 60.0, {"source": " "}, "a source is missing"),
    ],
)
def test_a_wrong_fact_is_refused_with_what_is_right(book, kind, value, about, told):
    with pytest.raises(InvalidRequest, match=told):
        keep(book, kind, value, **about)
    assert book.rows("facts") == []
