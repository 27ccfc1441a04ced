"""A job with a thermal history that is cut goes on after the steps that were held."""

from labctl.config.protocol import parse_protocol
from labctl.measure.stop import StopRequest


def test_a_finished_step_is_not_held_again_after_a_cut(night, run_night, protocol_text):
    more = 'history = "dry 60 degC 5 min; anneal 50 degC 5 min"\n'
    text = protocol_text.format(title="annealed", temperatures=[40]) + more
    night.jobs.add(parse_protocol(text, night.path.parent / "p.toml"))
    stop = StopRequest()

    def cut_after_the_first(event):
        if event.topic == "thermal step" and event["number"] == 0:
            stop.request("the power failed")

    run_night(stop, on_event=cut_after_the_first)
    run_night()
    assert night.states() == ["finished"]
    with night.read() as db:
        steps = db.rows("SELECT run_id, name, state FROM thermal_steps ORDER BY run_id, number")
        first, second = (row["id"] for row in db.rows("SELECT id FROM runs ORDER BY id"))
    assert [(row["run_id"], row["name"], row["state"]) for row in steps] == [
        (first, "dry", "finished"),
        (second, "anneal", "finished"),
    ]
