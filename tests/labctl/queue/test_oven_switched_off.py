"""A night in which somebody switches the oven off."""

OVEN = "GPIB0::12::INSTR"


def switch_off_during_settling(rig, times):
    """Return a hook that switches the oven off when a settling has gone on for a while, `times` times."""
    seen, struck = [], []

    def see(event):
        if event.topic == "temperature":
            seen.append(event)
        if len(struck) < times and len(seen) >= 60 * (len(struck) + 1):
            struck.append(True)
            rig.true.instruments[OVEN].switch_off_at_panel()

    return see


def messages(night, kind):
    with night.read() as db:
        return [row["message"] for row in db.rows("SELECT message FROM events WHERE kind = ?", (kind,))]


def test_an_oven_switched_off_once_is_set_again_and_the_job_finishes(night, rig, run_night):
    night.add(temperatures=(40, 50))
    run_night(on_event=switch_off_during_settling(rig, times=1))
    assert night.states() == ["finished"]
    assert messages(night, "setting lost") == ["oven: it is switched off at the instrument; setting it again"]
    assert [setpoint for _, setpoint in night.finished_spectra()] == [40.0, 50.0]
    assert not rig.heater_is_on


def test_an_oven_switched_off_twice_fails_its_job_in_minutes_and_the_next_job_begins(night, rig, run_night):
    night.add("first", temperatures=(60,))
    night.add("second", temperatures=(40,))
    began_s = night.clock.monotonic()
    run_night(on_event=switch_off_during_settling(rig, times=2))
    assert night.states() == ["failed", "finished"]
    reason = "oven: it is switched off at the instrument, although it was set again"
    assert reason in night.jobs.get(1).reason
    assert night.clock.monotonic() - began_s < 2 * 3600
    assert not rig.heater_is_on
