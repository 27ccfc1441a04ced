"""Pictures of the pages of `labctl web` at the width of a phone and of a desk, from a night under way.

    python benchmarks/screens.py [--into docs/images] [--all]

Measures two samples on the simulated rig, opens the pages in headless Chromium while a third run goes on, and
writes the pictures that the docs show; `--all`: of every page, at both widths. It fails where a page is wider
than the screen, asks another site, or reports an error.
"""

import argparse
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHROMIUM = shutil.which("chromium-headless-shell")
SCREENS = {"phone": (390, 844), "desk": (1280, 800)}
QUIET = (
    "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync", "--remote-debugging-pipe",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-extensions", "--metrics-recording-only", "--disable-features=OptimizationHints,MediaRouter",
)  # fmt: skip
LOADED_WITHIN_S = 60.0
SHOWN = ("phone-tonight", "desk-run", "desk-group")
"""Pictures that the docs show."""


@dataclass
class Opened:
    """A page as a browser saw it: a picture (PNG), widths in CSS pixels, other sites asked, errors."""

    picture: bytes = b""
    page_width: int = 0
    screen_width: int = 0
    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def faults(self) -> list[str]:
        """Return a sentence for each fault of a page."""
        wide = [f"{self.page_width} pixels wide on a screen of {self.screen_width}"]
        return [*(wide if self.page_width > self.screen_width else []), *self.elsewhere, *self.errors]


class Browser:
    """Headless Chromium, commanded through a pipe (the protocol of its developer tools)."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        (own_read, their_write), (their_read, own_write) = os.pipe(), os.pipe()

        def wire() -> None:
            for given, wanted in ((their_read, 3), (their_write, 4)):
                os.dup2(os.dup(given) if given in (3, 4) else given, wanted)

        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        high_read, high_write = _above(their_read), _above(their_write)
        their_read, their_write = high_read, high_write
        self._process = subprocess.Popen(
            [CHROMIUM, *QUIET, *root, f"--user-data-dir={profile}"],
            preexec_fn=wire,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(their_read)
        os.close(their_write)
        self._read, self._write = (
            os.fdopen(own_read, "rb", buffering=0),
            os.fdopen(own_write, "wb", buffering=0),
        )
        self._rest, self._number, self._events = b"", 0, list[dict[str, Any]]()
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = ""
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for name in ("Page", "Network", "Log", "Runtime"):
            self._ask(f"{name}.enable")

    def open(self, url: str, screen: str) -> Opened:
        """Open a page at a screen; return the view of it once it and its figures are loaded."""
        width, height = SCREENS[screen]
        phone = screen == "phone"
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=phone,
        )  # fmt: skip
        self._events.clear()
        self._ask("Page.navigate", url=url)
        self._wait_for("Page.loadEventFired")
        found = Opened(screen_width=width)
        wide = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
        found.page_width = int(self._ask("Runtime.evaluate", expression=wide)["result"]["value"])
        found.picture = base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])
        own = urlsplit(url).netloc
        for event in self._events:
            _note(found, event, own)
        return found

    def close(self) -> None:
        """End the browser."""
        self._process.kill()
        self._process.wait()
        self._read.close()
        self._write.close()

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _ask(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if getattr(self, "_session", ""):
            message["sessionId"] = self._session
        self._write.write(json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _wait_for(self, event: str) -> None:
        end_s = time.monotonic() + LOADED_WITHIN_S
        while not any(one.get("method") == event for one in self._events):
            if time.monotonic() > end_s:
                raise TimeoutError(f"no {event} within {LOADED_WITHIN_S:g} s")
            self._events.append(self._next())

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not (more := self._read.read(65536)):
                raise EOFError("the browser ended")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)


def _above(number: int) -> int:
    """Return the same file under a number above those that the browser reads and writes."""
    import fcntl

    higher = fcntl.fcntl(number, fcntl.F_DUPFD, 10)
    os.close(number)
    return higher


def _note(found: Opened, event: dict[str, Any], own: str) -> None:
    about = event.get("params", {})
    if event.get("method") == "Network.requestWillBeSent":
        url = about["request"]["url"]
        if urlsplit(url).scheme != "data" and urlsplit(url).netloc != own:
            found.elsewhere.append(f"asks {url}")
    elif event.get("method") == "Log.entryAdded" and about["entry"]["level"] == "error":
        found.errors.append(f"error: {about['entry']['text']} {about['entry'].get('url', '')}")
    elif event.get("method") == "Runtime.exceptionThrown":
        found.errors.append(f"error: {about['exceptionDetails']['text']}")
    elif event.get("method") == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning"):
        found.errors.append(f"console: {about['args']}")
    elif event.get("method") == "Network.responseReceived" and about["response"]["status"] >= 400:
        found.errors.append(f"answer {about['response']['status']} of {about['response']['url']}")


STATION = """\
name = "rig a"
[limits]
temperature_degc = [-50, 250]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[simulation]
"""
SPEED = 200
PROTOCOL = """\
title = "{title}"
[sample]
name = "{sample}"
composition = "Mg(BH4)2 NH3"
cation = "Mg2+"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = {temperatures}
frequency_max_hz = 1e6
frequency_min_hz = 1
points_per_decade = 8
dwell_min = 5
"""


def labctl(*words: object) -> list[str]:
    return [sys.executable, "-m", "labctl", *map(str, words)]


@contextmanager
def measuring(folder: Path) -> Iterator[None]:
    """Measure two runs in a folder; inside, a third one goes on."""
    (folder / "station.toml").write_text(STATION)
    first, second = [40, 60, 80, 100, 120], [40, 50, 60, 70, 80, 90, 100, 110]
    for sample, temperatures in (("pellet 7", first), ("pellet 8", first)):
        protocol(folder, "first heating", sample, temperatures)
        subprocess.run(labctl("run", "night.toml", "--quiet"), cwd=folder, check=True, capture_output=True)
    (folder / "station.toml").write_text(STATION + f"clock = {SPEED}\n")
    protocol(folder, "second heating", "pellet 7", second)
    words = labctl("queue", "add", "night.toml", "--no-rehearsal")
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    with started(labctl("runner", "--without-supervisor"), folder) as runner:
        wait_for_spectra(folder / "lab.db", runner)
        yield


def protocol(folder: Path, title: str, sample: str, temperatures: list[int]) -> None:
    text = PROTOCOL.format(title=title, sample=sample, temperatures=temperatures)
    (folder / "night.toml").write_text(text)


def wait_for_spectra(db: Path, runner: "subprocess.Popen[str]") -> None:
    """Wait until the third run has four spectra, and goes on."""
    from labctl.store import Database

    query = "SELECT count(*) AS n FROM spectra WHERE status = 'finished' AND run_id = 3"
    for _ in range(600):
        time.sleep(0.5)
        with Database(db) as database:
            if database.rows(query)[0]["n"] >= 4:
                return
        if runner.poll() is not None:
            break
    raise SystemExit("the third run does not go on")


@contextmanager
def started(words: list[str], folder: Path) -> Iterator["subprocess.Popen[str]"]:
    with (folder / "processes.log").open("a") as log:
        process = subprocess.Popen(words, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def address_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    found = re.search(r"http://[^/]+:\d+", process.stdout.readline())
    assert found is not None, "labctl web printed no address"
    return found[0]


def pages_of(folder: Path, stack: ExitStack) -> dict[str, str]:
    """Serve the file and a group of three rigs; return the address of each page."""
    words = labctl("web", "--db", "lab.db", "--port", 0)
    rig = address_of(stack.enter_context(started(words, folder)))
    (folder / "rigs.toml").write_text(
        f'[[rig]]\nname = "rig a"\nurl = "{rig}"\n[[rig]]\nname = "rig b"\nurl = "http://127.0.0.1:9"\n'
        '[[rig]]\nname = "rig c"\nfile = "lab.db"\n'
    )
    words = labctl("web", "--rigs", "rigs.toml", "--port", 0)
    group = address_of(stack.enter_context(started(words, folder)))
    time.sleep(6.0)  # each rig of the group was asked
    own = {
        "tonight": "/",
        "runs": "/runs",
        "run": "/run/3",
        "samples": "/samples",
        "compare": "/compare?runs=1,2,3",
    }
    return {name: f"{rig}{path}" for name, path in own.items()} | {
        "raw": f"{rig}/raw/spectra",
        "group": f"{group}/",
    }


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--into", type=Path, default=Path("docs/images"))
    made.add_argument("--all", action="store_true", help="every page at both widths")
    return made


def main() -> int:
    options = parser().parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    problems = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folder = Path(name)
        stack.enter_context(measuring(folder))
        pages = pages_of(folder, stack)
        browser = stack.enter_context(Browser(folder / "browser"))
        for screen in SCREENS:
            for page, url in pages.items():
                opened = browser.open(url, screen)
                problems += [f"{page} on a {screen}: {words}" for words in opened.faults()]
                if options.all or f"{screen}-{page}" in SHOWN:
                    (options.into / f"web-{screen}-{page}.png").write_bytes(opened.picture)
    print(*(problems or ["every page fits, and asks for nothing elsewhere"]), sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
