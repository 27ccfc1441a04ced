"""A NeXus file is walked by its classes and defaults alone, as a program does that knows no labctl."""

import math

import numpy as np
import pytest

import labctl
from labctl.report.export.formats import export
from labctl.report.export.nexus import ALL_TABLES, write_nexus
from labctl.report.export.tables import Column, Table

h5py = pytest.importorskip("h5py")


@pytest.fixture(scope="module")
def file(path, tmp_path_factory):
    output = tmp_path_factory.mktemp("nexus") / "run.nxs"
    with labctl.open(path) as db:
        export(db, [1], "nexus", output)
    with h5py.File(output) as file:
        yield file


def groups_of(parent, nx_class):
    return {name: one for name, one in parent.items() if one.attrs.get("NX_class") == nx_class}


def test_every_group_has_a_class_of_nexus(file):
    found = []
    file.visititems(lambda name, one: found.append(one))
    classes = [one.attrs.get("NX_class", "") for one in found if isinstance(one, h5py.Group)]
    assert file.attrs["NX_class"] == "NXroot"
    assert set(classes) == {"NXentry", "NXsample", "NXdata", "NXnote", "NXcollection"}


def test_the_defaults_lead_to_the_conductivities_with_both_parts_of_their_uncertainty(file, path):
    entry = file[file.attrs["default"]]
    plotted = entry[entry.attrs["default"]]
    signal, (axis,) = plotted.attrs["signal"], plotted.attrs["axes"]
    with labctl.open(path) as db:
        stored = db.conductivities(1)
    assert list(plotted[signal][:]) == list(stored["conductivity_s_m"])
    assert list(plotted[axis][:]) == list(stored["temperature_k"])
    assert plotted[signal].attrs["units"] == "S/m"
    assert list(plotted[f"{signal}_errors"][:]) == list(stored["standard_uncertainty_s_m"])
    for part in ("relative_uncertainty_independent", "relative_uncertainty_common"):
        np.testing.assert_array_equal(plotted[part][:], stored[part])
        assert plotted[part].attrs["long_name"]


def test_every_spectrum_is_plottable_and_keeps_its_bad_points(file, path):
    spectra = {name: one for name, one in groups_of(file["run_1"], "NXdata").items() if "spectrum" in name}
    with labctl.open(path) as db:
        points = [db.points(spectrum_id) for spectrum_id in db.spectra(1)["id"]]
    assert len(spectra) == len(points) == 3
    for group, stored in zip(spectra.values(), points, strict=True):
        assert [group.attrs["signal"], *group.attrs["auxiliary_signals"]] == ["z_real_ohm", "z_imag_ohm"]
        for name in ("frequency_hz", "z_real_ohm", "z_imag_ohm"):
            assert list(group[name][:]) == list(stored[name])
        assert [one.decode() for one in group["status"][:]] == list(stored["status"])
        assert group["status"][-1] == b"overload"


def test_no_application_definition_is_claimed_and_the_gap_is_said(file):
    entry = file["run_1"]
    assert "definition" not in entry
    assert "No application definition" in entry["conformity/data"][()].decode()


def test_the_sample_has_its_name_and_thickness(file, path):
    sample = file["run_1/sample"]
    with labctl.open(path) as db:
        stored = db.sample(1)
    assert sample["name"][()].decode() == stored["name"]
    assert sample["thickness"][()] == stored["thickness_m"]
    assert sample["thickness"].attrs["units"] == "m"


def test_every_field_of_every_table_has_a_meaning(file):
    for name, table in groups_of(file[ALL_TABLES], "NXcollection").items():
        for column, field in table.items():
            assert field.attrs.get("long_name"), (name, column)


def test_a_time_beyond_the_calendar_and_a_number_beyond_64_bits_are_kept(tmp_path):
    columns = tuple(Column(name, "1", "x") for name in ("run", "uuid", "procedure", "started_s", "ended_s"))
    rows = ((1, "u", "p:P", 1e300, None), (2, "v", "p:P", 0.0, 10**30))
    write_nexus([Table("runs", columns, rows)], tmp_path / "a.nxs")
    with h5py.File(tmp_path / "a.nxs") as file:
        assert file["run_1/start_time"][()] == b"no date"
        assert "end_time" not in file["run_1"]
        assert file["run_2/start_time"][()] == b"1970-01-01T00:00:00+00:00"
        assert list(file[f"{ALL_TABLES}/runs/ended_s"][:]) == [b"", str(10**30).encode()]
        assert math.isclose(file[f"{ALL_TABLES}/runs/started_s"][0], 1e300)
