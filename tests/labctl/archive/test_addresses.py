"""An archive in an object store, behind SSH and in a folder is the same, also to programs without labctl."""

import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress

import pytest

import labctl
from labctl.archive.adding import add_files
from labctl.archive.place import place_of
from labctl.archive.taking_back import import_runs
from labctl.archive.verifying import verify
from labctl.clock import RealClock

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
BY_SAMPLE = "SELECT sample, count(*) AS n FROM conductivities GROUP BY sample ORDER BY sample"


SSH_SERVER = """
import asyncio, asyncssh
class Server(asyncssh.SSHServer):
    def begin_auth(self, username): return True
    def password_auth_supported(self): return True
    def validate_password(self, username, password): return (username, password) == ("ada", "secret")
async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    about = {"server_host_keys": [key], "server_factory": Server, "sftp_factory": True}
    server = await asyncssh.listen("127.0.0.1", 0, **about)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.fixture
def start():
    """Start a server of other people; it ends with the test."""
    started = []

    def begin(*words):
        process = subprocess.Popen(
            [sys.executable, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def object_store(start, monkeypatch):
    """The address of an empty bucket of moto, which answers as S3 does."""
    pytest.importorskip("moto", reason="moto is not installed")
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    start("-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        with suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
            break
        RealClock().sleep(0.1)
    for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL": url}).items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("group")
    yield "s3://group/archive"
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def ssh_server(start, tmp_path):
    """The address of a folder behind a server of asyncssh."""
    pytest.importorskip("asyncssh", reason="asyncssh is not installed")
    pytest.importorskip("paramiko", reason="paramiko is not installed")
    port = start("-c", SSH_SERVER).stdout.readline().strip()
    address = f"sftp://ada:secret@127.0.0.1:{port}{tmp_path}/archive"
    yield address
    place_of(address).system.client.close()


@pytest.mark.parametrize("server", ["object_store", "ssh_server"])
def test_an_archive_on_a_server_takes_runs_answers_and_gives_them_back(
    request, server, lab, thicker, tmp_path
):
    address = request.getfixturevalue(server)
    place = place_of(address)
    assert [one.outcome for one in add_files([lab], place)] == ["added", "added"]
    assert [one.outcome for one in add_files([lab], place)] == ["known", "known"]
    thicker(lab, 1, 1.1)
    assert [one.outcome for one in add_files([lab], place)] == ["updated", "known"]
    found = verify(place)
    assert (found.runs, found.problems, found.left_over) == (3, (), ())
    with labctl.open_archive(address) as archive:
        assert archive.query(BY_SAMPLE).rows == [("one", 2), ("two", 3)]
        assert "secret" not in archive.address
    assert len(import_runs(place, tmp_path / "back.db").added) == 3
    with labctl.open(lab) as db, labctl.open(tmp_path / "back.db") as back:
        same = back.run(db.run(1)["uuid"])
        assert back.conductivities(same["id"])["conductivity_s_m"].equals(
            db.conductivities(1)["conductivity_s_m"]
        )


def test_polars_and_pandas_read_the_folders_without_labctl(lab, place):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    import pandas as pd

    add_files([lab], place)
    with labctl.open_archive(place.address) as archive:
        wanted = archive.query(BY_SAMPLE).rows
    scanned = polars.scan_parquet(f"{place.root}/conductivities/**/*.parquet", hive_partitioning=True)
    by_polars = scanned.group_by("sample").len().sort("sample").collect()
    by_pandas = pd.read_parquet(f"{place.root}/conductivities").groupby("sample").size()
    assert by_polars.rows() == wanted
    assert list(by_pandas.items()) == wanted
    assert "year" in scanned.collect_schema()
