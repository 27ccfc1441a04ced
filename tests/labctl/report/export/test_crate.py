"""A crate holds everything about its runs: they are the same elsewhere, and a changed byte is noticed."""

import hashlib
import json
import zipfile

import pytest

import labctl
from labctl.errors import InvalidRequest
from labctl.report.crate_import import MOST_BYTES, import_crate, is_crate
from labctl.report.export.crate import METADATA, orcid_address
from labctl.report.export.formats import Credit, export

ORCID = "0000-0002-1825-0097"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"

pytest.importorskip("rocrate", reason="rocrate is not installed")


@pytest.fixture(scope="module")
def crate(path, tmp_path_factory):
    crate = tmp_path_factory.mktemp("crates") / "crate"
    with labctl.open(path) as db:
        export(db, [1], "ro-crate", crate, Credit(CC_BY, ORCID))
    return crate


@pytest.fixture
def own_crate(path, tmp_path):
    with labctl.open(path) as db:
        export(db, [1], "eln", tmp_path / "pellet.eln")
    with zipfile.ZipFile(tmp_path / "pellet.eln") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "pellet"


def graph(crate):
    content = json.loads((crate / METADATA).read_text(encoding="utf-8"))
    return content["@context"], {one["@id"]: one for one in content["@graph"]}


def test_the_runs_are_the_same_on_another_computer(path, crate, tmp_path):
    before = sorted(crate.rglob("*"))
    merged = import_crate(crate, tmp_path / "new.db")
    assert sorted(crate.rglob("*")) == before
    assert len(merged.added) == 1
    with labctl.open(path) as db, labctl.open(tmp_path / "new.db") as new:
        for rows in ("conductivities", "spectra", "fits", "resistances"):
            assert getattr(new, rows)("last").equals(getattr(db, rows)("last")), rows
        assert new.points(1).equals(db.points(1))
        assert new.run("last")["uuid"] == db.run("last")["uuid"]


def test_a_crate_that_is_imported_twice_adds_nothing(crate, tmp_path):
    import_crate(crate, tmp_path / "new.db")
    merged = import_crate(crate, tmp_path / "new.db")
    assert (len(merged.added), len(merged.known)) == (0, 1)


def test_a_zipped_crate_is_the_same(path, tmp_path):
    with labctl.open(path) as db:
        export(db, [1], "eln", tmp_path / "pellet.eln")
    assert is_crate(tmp_path / "pellet.eln")
    assert len(import_crate(tmp_path / "pellet.eln", tmp_path / "new.db").added) == 1


def test_every_file_is_described_with_its_hash_and_nothing_else_is(crate):
    _, entities = graph(crate)
    files = {p.relative_to(crate).as_posix(): p for p in crate.rglob("*") if p.is_file()}
    del files[METADATA]
    described = {name: one for name, one in entities.items() if one["@type"] == "File"}
    assert described.keys() == files.keys()
    for name, file in files.items():
        assert described[name]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    listed = {part["@id"] for part in entities["./"]["hasPart"]}
    assert files.keys() <= listed


def test_the_metadata_keeps_the_rules_of_ro_crate_1_1(crate):
    """The rules of https://www.researchobject.org/ro-crate/specification/1.1/root-data-entity.html."""
    context, entities = graph(crate)
    assert context == "https://w3id.org/ro/crate/1.1/context"
    descriptor, root = entities[METADATA], entities["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    assert all(root.get(key) for key in ("name", "description", "datePublished", "license"))
    assert all("@type" in one for one in entities.values())
    named = {part["@id"] for key in ("hasPart", "variableMeasured", "author") for part in as_list(root[key])}
    assert named <= entities.keys()


def as_list(value):
    return value if isinstance(value, list) else [value]


def test_numbers_licence_and_author_are_in_the_metadata(path, crate):
    _, entities = graph(crate)
    with labctl.open(path) as db:
        conductivities = list(db.conductivities("last")["conductivity_s_m"])
    numbers = [one for one in entities.values() if one["@type"] == "PropertyValue"]
    assert [one["value"] for one in numbers if one["unitText"] == "S/m"] == conductivities
    assert entities["./"]["license"] == CC_BY
    assert entities["./"]["author"] == {"@id": f"https://orcid.org/{ORCID}"}


def test_the_library_of_others_reads_every_file(crate):
    from rocrate.rocrate import ROCrate

    found = ROCrate(str(crate))
    names = {one.id for one in found.data_entities}
    assert "runs.db" in names
    assert any(name.endswith(".z") for name in names)


@pytest.mark.parametrize("file", ["runs.db", "tables/conductivities.csv"])
def test_a_changed_byte_is_noticed(own_crate, tmp_path, file):
    content = bytearray((own_crate / file).read_bytes())
    content[len(content) // 2] ^= 1
    (own_crate / file).write_bytes(bytes(content))
    with pytest.raises(InvalidRequest, match=f"{file}.* was changed"):
        import_crate(own_crate, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_missing_file_is_noticed(own_crate, tmp_path):
    (own_crate / "tables" / "laws.csv").unlink()
    with pytest.raises(InvalidRequest, match=r"laws.csv' is described, but is not in the crate"):
        import_crate(own_crate, tmp_path / "new.db")


def test_a_file_outside_of_the_crate_is_not_read(own_crate, tmp_path):
    metadata = json.loads((own_crate / METADATA).read_text(encoding="utf-8"))
    (tmp_path / "secret").write_text("x")
    metadata["@graph"].append({"@id": "../secret", "@type": "File", "sha256": "0"})
    (own_crate / METADATA).write_text(json.dumps(metadata), encoding="utf-8")
    with pytest.raises(InvalidRequest, match="is not in the crate"):
        import_crate(own_crate, tmp_path / "new.db")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"@graph": 3}', "[" * 100_000])
def test_metadata_of_strangers_is_refused_in_a_sentence(own_crate, tmp_path, text):
    (own_crate / METADATA).write_text(text)
    with pytest.raises(InvalidRequest, match=r"cannot be read|holds no runs.db"):
        import_crate(own_crate, tmp_path / "new.db")


def test_a_zip_that_would_fill_the_disk_is_not_unpacked(path, tmp_path, monkeypatch):
    monkeypatch.setattr("labctl.report.crate_import.MOST_BYTES", 1000)
    with labctl.open(path) as db:
        export(db, [1], "eln", tmp_path / "pellet.eln")
    with pytest.raises(InvalidRequest, match="holds more than"):
        import_crate(tmp_path / "pellet.eln", tmp_path / "new.db")
    assert MOST_BYTES > 1e9


@pytest.mark.parametrize("text", ["0000-0002-1825-0098", "12345", "https://example.org/0000-0002-1825-0097"])
def test_what_is_no_orcid_is_refused(text):
    with pytest.raises(InvalidRequest, match="is no ORCID; give"):
        orcid_address(text)


def test_a_growing_run_and_a_folder_in_use_are_refused(path, tmp_path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "a").touch()
    with labctl.open(path) as db, pytest.raises(InvalidRequest, match="is not empty"):
        export(db, [1], "ro-crate", tmp_path / "used")
    assert [p.name for p in (tmp_path / "used").iterdir()] == ["a"]


def test_a_supporting_information_has_tables_spectra_and_figures(path, tmp_path):
    with labctl.open(path) as db:
        export(db, [1], "si", tmp_path / "si.zip")
    with zipfile.ZipFile(tmp_path / "si.zip") as archive:
        names = set(archive.namelist())
    assert {"tables/tables.tex", "tables/conductivities.csv", "figures/arrhenius.svg"} <= names
    assert sum(name.endswith(".z") for name in names) == 3
    assert "runs.db" not in names
