"""Waiting time of a failed job until its next attempt, by monotonic time.

The file holds the hour at which the delay is over by the clock of the computer, for people and for a later
runner. The runner that waits counts the delay itself: a clock that is set does not change it.
"""

from labctl.clock import Clock
from labctl.queue.job import Job


class RetryDelays:
    """The delays of the jobs of one runner.

    Parameters
    ----------
    clock : Clock
        Clock of the times in the file.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due_s: dict[tuple[int, float], float] = {}

    def start_s(self, job: Job) -> float:
        """Return when a job may start, in s since 1970 by the clock as it is set now; 0: at once.

        An hour that a person stated is an hour. A delay is counted on since this runner saw it first, and is
        never longer than the policy of the job asks for.
        """
        if job.not_before_s is None:
            return 0.0
        if not (job.state == "interrupted" and job.attempts):
            return job.not_before_s
        key, now_s = (job.id, job.not_before_s), self._clock.monotonic()
        if key not in self._due_s:
            left_s = min(max(0.0, job.not_before_s - self._clock.time()), job.policy.delay_s)
            self._due_s[key] = now_s + left_s
        left_s = self._due_s[key] - now_s
        return self._clock.time() + left_s if left_s > 0 else 0.0
