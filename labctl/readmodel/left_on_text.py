"""Outputs that were not read back off, as text for every page that shows the state of a process."""

from labctl.queue.heartbeat import Heartbeat, left_on

WHAT_IS_DONE = {
    "running": "NOT SAFE, trying again: {}",
    "unsafe": "not read back off: {}; a supervisor tries until it is (or --dismiss)",
    "dismissed": "a person has seen to it: {}",
}
FOUND_DEAD = "NOT SAFE: {}; the next supervisor or runner makes safe first"


def left_on_in_words(beat: Heartbeat, state: str) -> str:
    """Return the outputs left on, the reasons and the next step; `""` where none is known.

    Parameters
    ----------
    beat : Heartbeat
    state : str
        See `state_of`.
    """
    left = left_on(beat, state)
    return WHAT_IS_DONE.get(state, FOUND_DEAD).format(left) if left else ""
