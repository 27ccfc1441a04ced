"""A file appears whole under its name, whatever the address is, and no message repeats a password."""

import pytest

from labctl.archive.place import place_of, reaching, without_password
from labctl.errors import InvalidRequest, StoreError


@pytest.mark.parametrize("address", ["{folder}/archive", "memory://place-test"])
def test_a_file_is_written_read_listed_and_deleted(tmp_path, address):
    place = place_of(address.format(folder=tmp_path))
    assert place.names("a") == []
    place.write("a/b.txt", b"one")
    place.write("a/b.txt", b"two")
    assert place.read("a/b.txt") == b"two"
    assert place.names("") == ["a/b.txt"]
    assert place.has("a/b.txt")
    place.delete("a/b.txt")
    place.delete("a/b.txt")
    assert not place.has("a/b.txt")


def test_a_write_that_fails_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    place = place_of(tmp_path)
    place.write("a/b.txt", b"one")
    monkeypatch.setattr("os.fsync", lambda number: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space left"):
        place.write("a/b.txt", b"two")
    assert place.read("a/b.txt") == b"one"


@pytest.mark.parametrize("address", ["nonsense://x", "s4://bucket"])
def test_an_address_that_nothing_understands_is_refused(address):
    with pytest.raises(InvalidRequest, match="cannot be used as an archive"):
        place_of(address)


def test_a_password_is_not_repeated():
    assert without_password("sftp://ada:secret@host:22/archive") == "sftp://host:22/archive"
    assert without_password("/folder/a@b") == "/folder/a@b"
    with pytest.raises(InvalidRequest) as refused:
        place_of("nonsense://ada:secret@host/archive")
    assert "secret" not in str(refused.value)


def test_a_fault_of_the_network_names_the_archive(tmp_path):
    place = place_of(tmp_path)
    with (
        pytest.raises(StoreError, match=f"{tmp_path}: cannot be reached: ConnectionError: no route"),
        reaching(place),
    ):
        raise ConnectionError("no route")
