"""A served site: its rig, its rules, its tokens, and the answers that it shares."""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from labctl.web.gate import Rules
from labctl.web.pages import Rig
from labctl.web.shared_answers import SharedAnswers

KEPT_S = 2.0
SHARE_OF_A_FIGURE = 0.05
AFTER_WRONG_TOKEN_S = 1.0
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Site:
    """One served results file.

    Attributes
    ----------
    rig : Rig
    rules : Rules
    safe_token : str
        The token to make safe; empty: it is not offered.
    answers : SharedAnswers
        Pages and the state: at most 2 s old.
    figures : SharedAnswers
        Drawn by a thread of their own, so that no page waits for them.
    """

    rig: Rig
    rules: Rules
    safe_token: str = ""
    answers: SharedAnswers = field(default_factory=lambda: SharedAnswers(KEPT_S))
    figures: SharedAnswers = field(default_factory=lambda: SharedAnswers(KEPT_S, share=SHARE_OF_A_FIGURE))

    def begin(self) -> None:
        """Load the packages of the first pages in the background."""
        self.answers.begin("tonight", self.rig.tonight)

    def close(self) -> None:
        """End the threads that answer."""
        self.answers.close()
        self.figures.close()

    def is_safe_token(self, given: str) -> bool:
        """Whether this is the token to make safe; takes as long for a wrong one."""
        return bool(self.safe_token) and hmac.compare_digest(given.encode(), self.safe_token.encode())

    async def wait_after_wrong_token(self) -> None:
        """Make guessing slow."""
        await asyncio.sleep(AFTER_WRONG_TOKEN_S)

    async def in_a_thread(self, work: Callable[[], Answer]) -> Answer:
        """Call something that waits for the file."""
        return await asyncio.to_thread(work)


_SITES: WeakKeyDictionary[Any, Site] = WeakKeyDictionary()


def remember(datasette: Any, site: Site) -> None:
    """Keep the site of a Datasette for its hooks."""
    _SITES[datasette] = site


def site_of(datasette: Any) -> Site | None:
    """Return the site of a Datasette; None where labctl did not make it."""
    return _SITES.get(datasette)
