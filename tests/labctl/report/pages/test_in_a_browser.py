"""A report and a summary open in headless Chromium, show their figures, and ask for nothing elsewhere."""

import os
import shutil
import socketserver
import subprocess
import threading

import matplotlib.image
import numpy as np
import pytest

from labctl.cli.summary import summary_of
from labctl.report.night_page import write_page
from labctl.report.pages.writing import write_report
from labctl.store import Database

CHROMIUM = shutil.which("chromium-headless-shell")
QUIET = (
"--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-extensions", "--metrics-recording-only", "--disable-features=OptimizationHints,MediaRouter",
    "--force-device-scale-factor=1",
)  # fmt: skip

# The headless shell and not the whole browser, which asks its makers for updates by itself.
pytestmark = [
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium-headless-shell is not installed"),
]


class Recorder(socketserver.BaseRequestHandler):
    """A proxy that answers nothing and records the first line of every request."""

    def handle(self):
        self.server.asked.append(self.request.recv(4096).partition(b"\r\n")[0].decode("latin-1"))


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Recorder)
        self.asked = []


@pytest.fixture
def opened(tmp_path):
    """Open a page at a width; return the picture, as numbers from 0 to 1, and all requests to elsewhere."""
    with Proxy() as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()

        def look(page, width=1200):
            picture = tmp_path / "page.png"
            own = [f"--user-data-dir={tmp_path / 'browser'}", f"--screenshot={picture}"]
            own += [f"--window-size={width},1400", f"--proxy-server=127.0.0.1:{proxy.server_address[1]}"]
            own += ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
            command = [CHROMIUM, *QUIET, *own, page.as_uri()]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert picture.exists(), done.stderr
            return matplotlib.image.imread(picture)[:, :, :3], list(proxy.asked)

        yield look
        proxy.shutdown()


def report(measured, folder, *runs):
    with Database(measured) as db:
        write_report(db, runs, folder / "report.html")
    return folder / "report.html"


def has_colours(picture):
    """Return whether a picture holds more than the greys of text: the markers of a figure."""
    return float((picture.max(axis=2) - picture.min(axis=2) > 0.3).mean()) > 1e-3


def test_a_page_that_asks_for_something_is_noticed(opened, tmp_path):
    (tmp_path / "asking.html").write_text('<img src="http://elsewhere.example/picture.png">')
    _, asked = opened(tmp_path / "asking.html")
    assert "GET http://elsewhere.example/picture.png HTTP/1.1" in asked


@pytest.mark.parametrize("runs", [(1,), (1, 2)], ids=["one run", "a comparison"])
def test_a_report_shows_its_figures_and_asks_for_nothing(opened, measured, tmp_path, runs):
    picture, asked = opened(report(measured, tmp_path, *runs))
    assert asked == []
    assert has_colours(picture)


def test_a_script_in_a_report_would_not_run(opened, measured, tmp_path):
    page = report(measured, tmp_path, 1)
    red = '<script>document.body.style.background = "red"</script></body>'
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", red), encoding="utf-8")
    picture, _ = opened(page)
    assert np.median(picture[:, :, 1]) == 1.0  # white, not red


@pytest.mark.parametrize("width", [500, 1200], ids=["phone", "desk"])
def test_a_summary_opens_at_the_width_of_a_phone_and_asks_for_nothing(opened, measured, tmp_path, width):
    write_page(summary_of(measured, 0.0, tmp_path / "station.toml"), tmp_path / "summary.html")
    picture, asked = opened(tmp_path / "summary.html", width)
    assert asked == []
    assert picture.shape[1] == width
    assert float((picture.mean(axis=2) < 0.5).mean()) > 1e-3  # text
    assert float((picture[:, -8:].mean(axis=2) < 0.9).mean()) == 0.0  # which ends before the margin
