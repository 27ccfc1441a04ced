"""A command of labctl in this process: its exit code and what it prints, as a shell would see them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from typer.testing import CliRunner

from labctl.cli import app, exit_code_of, refusal
from labctl.errors import LabctlError

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

LONGEST_REFUSAL = 2100


@dataclass(frozen=True)
class Answer:
    """Output of a command, errors included, and its exit code."""

    text: str
    exit_code: int
    refusal: str = ""

    def fault(self, exit_codes: Sequence[int] = (0, 1, 2)) -> str:
        """Return the fault of the answer, or ""."""
        if self.exit_code not in exit_codes:
            return f"exit code {self.exit_code}: {self.text[-200:]!r}"
        if found := CONTROL.search(self.text):
            return f"control character {found[0]!r} in {self.text[max(0, found.start() - 60) :][:120]!r}"
        if len(self.refusal) > LONGEST_REFUSAL:
            return f"a refusal of {len(self.refusal)} characters: {self.refusal[:100]!r}"
        return ""


def answer(arguments: Sequence[str], environment: Mapping[str, str]) -> Answer:
    """Run `labctl ARGUMENTS`; an exception that is not labctl's own is raised."""
    result = CliRunner().invoke(app, list(arguments), env=dict(environment))
    error = result.exception
    if isinstance(error, LabctlError):
        return Answer(result.output + refusal(error), exit_code_of(error), refusal(error))
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return Answer(result.output, result.exit_code)
