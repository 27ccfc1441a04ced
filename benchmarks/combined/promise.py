"""The promise of each output: off within so many seconds of the blow, as judged while a night goes on.

1. The time counts from a blow at the program that measures; a blow at its supervisor begins it again.
2. It is 5 s, and 15 s from the first blow at the supervisor on.
3. While its instrument is sick nothing is promised: then it is 5 s from when it is well, if that is later.
4. The time that the responsible processes waited for a core is subtracted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SUPERVISED_S = 5.0
BOTH_S = 15.0
WELL_AGAIN_S = 5.0


@dataclass(frozen=True)
class Kept:
    """How a promise of one output ended.

    Attributes
    ----------
    output : str
    on_s : float
        How long it was on, in s since the blow, or since its instrument was well.
    waited_s : float
        Of these, without a core.
    promised_s : float
    """

    output: str
    on_s: float
    waited_s: float
    promised_s: float

    @property
    def broken(self) -> bool:
        """Whether it was on for longer than promised."""
        return self.on_s - self.waited_s > self.promised_s


@dataclass
class Promise:
    """The promise of one output.

    Parameters
    ----------
    output : str
    waited_s : callable
        Time without a core so far, by process.
    """

    output: str
    waited_s: Callable[[], Mapping[int, float]]
    sick: bool = False
    _since_s: float | None = None
    _promised_s: float = SUPERVISED_S
    _before: Mapping[int, float] = field(default_factory=dict)
    _both: bool = False

    @property
    def open(self) -> bool:
        """Whether the output was on at the last look since a blow at the program."""
        return self._since_s is not None

    def strike(self, now_s: float, to: str) -> None:
        """Take a blow at program or supervisor."""
        self._both = self._both or to == "supervisor"
        if to == "program" or self.open:
            self._begin(now_s, BOTH_S if self._both else SUPERVISED_S)

    def fall_ill(self) -> None:
        """Its instrument cannot be reached from now on."""
        self.sick = True

    def get_well(self, now_s: float) -> None:
        """Its instrument answers again."""
        self.sick = False
        if self._since_s is not None and now_s + WELL_AGAIN_S > self._since_s + self._promised_s:
            self._begin(now_s, WELL_AGAIN_S)

    def look(self, now_s: float, on: bool) -> Kept | None:
        """Take the state of the output; return how a promise ended, once it is off or broken."""
        if self._since_s is None:
            return None
        kept = Kept(self.output, now_s - self._since_s, self._waited_since(), self._promised_s)
        if on and (self.sick or not kept.broken):
            return None
        self._since_s = None
        return kept

    def _begin(self, now_s: float, promised_s: float) -> None:
        self._since_s, self._promised_s, self._before = now_s, promised_s, dict(self.waited_s())

    def _waited_since(self) -> float:
        """Of this process, which serves the rig, and of the process that waited longest."""
        return sum(sorted(s - self._before.get(pid, 0.0) for pid, s in self.waited_s().items())[-2:])
