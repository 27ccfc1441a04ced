"""A crate holds everything about its runs: they are the same elsewhere, and a changed byte is noticed."""

import hashlib
import json
import shutil
import zipfile

import pytest

import labctl
from labctl.errors import InvalidRequest, StoreError
from labctl.report.crate_import import MOST_BYTES, import_crate, is_crate
from labctl.report.crate_rules import METADATA, broken_rules
from labctl.report.export.crate import orcid_address
from labctl.report.export.formats import Credit, export
from labctl.report.export.terms import SPECTRUM, term_of

pytestmark = pytest.mark.xdist_group("crate")

ORCID = "0000-0002-1825-0097"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"

pytest.importorskip("rocrate", reason="rocrate is not installed")


@pytest.fixture(scope="module")
def crate(path, tmp_path_factory):
    crate = tmp_path_factory.mktemp("crates") / "crate"
    with labctl.open(path) as db:
        export(db, [1], "ro-crate", crate, Credit(CC_BY, ORCID, "A. Person"))
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
    own_terms = {"sha256": "http://schema.org/sha256"}  # not in the context of version 1.1
    assert context == ["https://w3id.org/ro/crate/1.1/context", own_terms]
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
    assert entities["./"]["license"] == {"@id": CC_BY}
    assert entities[CC_BY]["name"] == "Creative Commons Attribution 4.0 International"
    author = f"https://orcid.org/{ORCID}"
    assert entities["./"]["author"] == {"@id": author}
    assert entities[author]["name"] == "A. Person"


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


def test_numbers_have_the_terms_of_ontologies_that_were_found(crate):
    _, entities = graph(crate)
    numbers = [one for one in entities.values() if one["@type"] == "PropertyValue"]
    by_unit = {one["unitText"]: one for one in numbers}
    assert by_unit["S/m"]["propertyID"].endswith("#electrochemistry_25dabdc2_68bf_4a38_8cbe_11be017358bc")
    assert by_unit["S/m"]["unitCode"] == "http://qudt.org/vocab/unit/S-PER-M"
    assert by_unit["eV"]["propertyID"].endswith("#electrochemistry_8c16cb12_41c1_43bd_9e7c_2eea7b06a1f0")
    spectra = [one for name, one in entities.items() if name.startswith("spectra/")]
    assert len(spectra) == 3
    assert all(one["additionalType"] == SPECTRUM for one in spectra)


def test_a_quantity_without_a_term_has_none():
    assert term_of("rho_plus").identifier == ""
    assert term_of("something new").words == "something new"


def edited(crate, change):
    metadata = json.loads((crate / METADATA).read_text(encoding="utf-8"))
    by_id = {one["@id"]: one for one in metadata["@graph"]}
    change(metadata, by_id)
    (crate / METADATA).write_text(json.dumps(metadata), encoding="utf-8")
    return broken_rules(crate)


BREAKS = {
    "@context is not": lambda metadata, by_id: metadata.update({"@context": "https://schema.org"}),
    "is not about ./": lambda metadata, by_id: by_id[METADATA].pop("about"),
    "does not conform to": lambda metadata, by_id: by_id[METADATA].pop("conformsTo"),
    "./ is not a Dataset": lambda metadata, by_id: by_id["./"].update({"@type": "Thing"}),
    "./ has no license": lambda metadata, by_id: by_id["./"].pop("license"),
    "has no datePublished": lambda metadata, by_id: by_id["./"].update({"datePublished": "yesterday"}),
    "is described twice": lambda metadata, by_id: metadata["@graph"].append(by_id["runs.db"]),
    "has no @type": lambda metadata, by_id: by_id["#labctl"].pop("@type"),
    "an entity has no @id": lambda metadata, by_id: metadata["@graph"].append({"@type": "Thing"}),
    "which is not described": lambda metadata, by_id: by_id["./"].update({"author": {"@id": "#nobody"}}),
    "is not part of ./": lambda metadata, by_id: by_id["./"].update({"hasPart": []}),
    "does not have the size": lambda metadata, by_id: by_id["runs.db"].update({"contentSize": "1"}),
    "its SHA-256 is not the one": lambda metadata, by_id: by_id["runs.db"].update({"sha256": "0"}),
    "in the crate, but not described": lambda metadata, by_id: metadata["@graph"].remove(by_id["runs.db"]),
    "holds no list of entities": lambda metadata, by_id: metadata.update({"@graph": "none"}),
    "the licence has no name": lambda metadata, by_id: by_id["./"].update({"license": {"@id": "#labctl2"}}),
}


def test_every_rule_notices_the_crate_that_breaks_it(crate, tmp_path):
    assert broken_rules(crate) == []
    whole = (crate / METADATA).read_text(encoding="utf-8")
    copy = shutil.copytree(crate, tmp_path / "copy")
    for words, change in BREAKS.items():
        (copy / METADATA).write_text(whole, encoding="utf-8")
        assert any(words in broken for broken in edited(copy, change)), words


def test_a_crate_that_cannot_be_imported_leaves_no_results_file(own_crate, tmp_path, monkeypatch):
    (own_crate / "runs.db").write_bytes(b"x")
    with pytest.raises(InvalidRequest):
        import_crate(own_crate, tmp_path / "new.db")
    assert not list(tmp_path.glob("new.db*"))


def test_a_crate_whose_runs_are_refused_leaves_no_results_file(crate, tmp_path, monkeypatch):
    def full(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr("labctl.report.crate_import.merge", full)
    with pytest.raises(StoreError):
        import_crate(crate, tmp_path / "new.db")
    assert not list(tmp_path.glob("new.db*"))


def test_a_results_file_that_was_there_stays_where_an_import_fails(crate, path, tmp_path, monkeypatch):
    shutil.copy(path, tmp_path / "lab.db")
    monkeypatch.setattr("labctl.report.crate_import.merge", lambda *_: (_ for _ in ()).throw(StoreError("x")))
    with pytest.raises(StoreError):
        import_crate(crate, tmp_path / "lab.db")
    assert (tmp_path / "lab.db").read_bytes() == path.read_bytes()
