"""Time that the heater stays on after kill -9 of the program that heats: labctl beside bluesky-queueserver.

    python benchmarks/after_kill.py [--kills 10] [--wait 60]

Both heat the same served oven. labctl measures a series from its queue, as on any rig. The plan of
bluesky-queueserver switches the heater on, and off in `finalize_wrapper`. The process that holds the
instrument is killed while the heater is on; the oven's own state is read until the heater is off, or the wait
is over.
bluesky-queueserver supervises no instruments: its users build that. It lives in an environment of its own,
made on the first run, with a Redis by fakeredis. Linux only.
"""

import argparse
import os
import re
import signal
import socket
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from combined.programs import Programs
from combined.served import ServedRig
from figures import state, state_share
from peers import python_of

from labctl.clock import RealClock

CLOCK = RealClock()
QUEUESERVER = ("bluesky-queueserver==0.0.25", "fakeredis==2.41.0")
STARTS_WITHIN_S = 180.0
LOOK_S = 0.02
PROTOCOL = """\
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60, 80, 100, 120]
frequency_max_hz = 1e5
frequency_min_hz = 100
points_per_decade = 4
dwell_min = 20
"""
PLANS = """\
import os, socket
import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
from bluesky import RunEngine

RE = RunEngine({{}})

def heat():
    oven = socket.create_connection(("127.0.0.1", {port}))
    def on():
        oven.sendall(b"SETP 1,400\\r\\n")
        oven.sendall(b"RANGE 1,3\\r\\n")
        open({told!r}, "w").write(str(os.getpid()))
        yield from bps.sleep(3600)
    def off():
        oven.sendall(b"RANGE 1,0\\r\\n")
        yield from bps.null()
    yield from bpp.finalize_wrapper(on(), off())
"""
PERMISSIONS = """\
user_groups:
  root: {allowed_plans: [null], allowed_devices: [null]}
  primary: {allowed_plans: [":.*"], allowed_devices: [":?.*"]}
"""


def wait_until(happens: Callable[[], bool], within_s: float) -> float | None:
    """Return the seconds until it happens, or None where it does not."""
    begun_s = CLOCK.monotonic()
    while CLOCK.monotonic() - begun_s < within_s:
        if happens():
            return CLOCK.monotonic() - begun_s
        CLOCK.sleep(LOOK_S)
    return None


def off_after_s(rig: ServedRig, pids: list[int], wait_s: float) -> float | None:
    """Kill the processes; return after how many seconds the heater is off, None where it stays on."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return wait_until(lambda: not rig.outputs().oven, wait_s)


def heats(rig: ServedRig) -> None:
    """Wait for the heater."""
    if wait_until(lambda: rig.outputs().oven, STARTS_WITHIN_S) is None:
        raise SystemExit("the heater was never on")


def labctl_killed(folder: Path, wait_s: float) -> float | None:
    """Kill a runner of labctl that heats."""
    programs = Programs(folder, "runner")
    with ServedRig(folder / "station.toml", False) as rig:
        try:
            (folder / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
            programs.labctl("queue", "add", "protocol.toml", "--no-rehearsal")
            programs.start_program()
            heats(rig)
            return off_after_s(rig, programs.runners(), wait_s)
        finally:
            programs.kill_all()


def queueserver_killed(folder: Path, wait_s: float) -> float | None:
    """Kill the worker of bluesky-queueserver that runs the plan."""
    with ServedRig(folder / "station.toml", False) as rig:
        told = folder / "worker"
        text = PLANS.format(port=rig.cables["oven"].port, told=str(told))
        (folder / "plans.py").write_text(text, encoding="utf-8")
        (folder / "permissions.yaml").write_text(PERMISSIONS, encoding="utf-8")
        with queueserver(folder):
            heats(rig)
            wait_until(lambda: told.exists() and told.read_text() != "", 10.0)
            return off_after_s(rig, [int(told.read_text())], wait_s)


@contextmanager
def queueserver(folder: Path) -> Iterator[None]:
    """A manager with the plan of the folder in its queue, started."""
    python, (redis, control, info) = python_of(QUEUESERVER), (free_port() for _ in range(3))
    peer = str(Path(__file__).with_name("after_kill_peer.py"))
    manager = [
        *(str(python.with_name("start-re-manager")), "--startup-script", str(folder / "plans.py")),
        *("--user-group-permissions", str(folder / "permissions.yaml")),
        *("--existing-plans-devices", str(folder / "existing.yaml")),
        *("--redis-addr", f"localhost:{redis}", "--zmq-control-addr", f"tcp://*:{control}"),
        *("--zmq-info-addr", f"tcp://*:{info}", "--update-existing-plans-devices", "ENVIRONMENT_OPEN"),
        "--keep-re",
    ]
    started = []
    with (folder / "queueserver.log").open("ab") as log:
        for words in ([python, peer, "redis", str(redis)], manager, [python, peer, "queue", str(control)]):
            started.append(
                subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, start_new_session=True)
            )
            CLOCK.sleep(1.0)
        try:
            yield
        finally:
            for process in started:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def trials(killed: Callable[[Path, float], float | None], count: int, wait_s: float) -> list[float | None]:
    """Return the time of each of so many kills."""
    found = []
    for _ in range(count):
        with tempfile.TemporaryDirectory(prefix="after-kill-", ignore_cleanup_errors=True) as folder:
            found.append(killed(Path(folder).resolve(), wait_s))
    return found


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--kills", type=int, default=10, help="of each (%(default)s)")
    made.add_argument(
        "--wait", type=float, default=60.0, help="seconds, for the heater to go off (%(default)s)"
    )
    return made


def main() -> int:
    options = parser().parse_args()
    for name, killed in {"labctl": labctl_killed, "bluesky-queueserver": queueserver_killed}.items():
        found = trials(killed, options.kills, options.wait)
        times_s = [took_s for took_s in found if took_s is not None]
        longest = (
            f"; longest {max(times_s):.1f} s, median {statistics.median(times_s):.1f} s" if times_s else ""
        )
        print(f"{name}: off within {options.wait:g} s in {len(times_s)} of {len(found)} kills{longest}")
        key = re.sub(r"\W", "_", name)
        state_share(f"after_kill.{key}", len(times_s), len(found))
        if times_s:
            print(f"  longest {max(times_s):.1f} s, median {statistics.median(times_s):.1f} s")
            state(f"after_kill.{key}_longest", max(times_s), "s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
