"""A pre-flight on a served rig, killed in the middle: the supervisor makes all safe, nothing is stored."""

import sys

import pytest

from labctl.store import Database

PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process as POSIX does")
def test_a_preflight_that_is_killed_while_it_heats_is_made_safe_told_and_not_stored(cabled_rig):
    rig = cabled_rig(PROTOCOL, speed=40.0)
    rig.heating("preflight").kill()
    rig.wait_until(lambda: rig.heater_range == 0 and rig.amplitude_v == 0, "all is off")
    rig.wait_until(lambda: "made safe" in " ".join(rig.events()), f"it is told: {rig.events()}")
    with Database(rig.db) as database:
        assert database.rows("SELECT * FROM preflights") == []
    again = rig.labctl("preflight", "protocol.toml")
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.splitlines()[0] == "pre-flight of pellet"
    with Database(rig.db) as database:
        (row,) = database.rows("SELECT * FROM preflights")
    assert (row["station"], row["simulated"]) == ("rig", 0)
    assert (rig.heater_range, rig.amplitude_v) == (0, 0)
