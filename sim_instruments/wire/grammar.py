"""Command templates of an instrument, matched to methods of its model.

A template is literal text with placeholders: `RAMP {int},{int},{float}`, `KRDG? {word}`, `FR{float}`:
`{int}`, `{float}`, `{switch}` (ON, OFF, 1, 0), `{word}` (letters, digits, underscore), `{text}` (anything),
`{}` (anything without a comma or a question mark).
Matching ignores case and blanks around commas; a blank in a template matches one or more blanks.
A template that begins with a colon is SCPI: `:FREQuency[:CW] {float}` has a short form in capitals; parts in
brackets, the first colon and a 1 at the end of a word are optional.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

_PLACEHOLDERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "int": (r"([+-]?\d+)", int),
    "float": (r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?)", float),
    "switch": (r"(ON|OFF|1|0)", lambda text: text.upper() in ("ON", "1")),
    "word": (r"(\w+)", str),
    "text": (r"(.*)", str),
    "": (r"([^,?]+?)", str),
}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_HEADER = re.compile(r":?([?*]?[A-Za-z]{0,2})")
_SCPI_TOKEN = re.compile(r"([A-Z]+)([a-z]*)(1?)|(.)")


@dataclass(frozen=True)
class Command:
    """One template bound to a callable. `reply` formats the return value of `call`; None: no reply."""

    template: str
    pattern: re.Pattern[str]
    casts: tuple[Callable[[str], Any], ...]
    call: Callable[..., Any]
    reply: str | None

    def run(self, match: re.Match[str]) -> str | None:
        """Execute the command; return the reply, if any."""
        arguments = [cast(text) for cast, text in zip(self.casts, match.groups(), strict=True)]
        value = self.call(*arguments)
        if self.reply is None:
            return None
        return self.reply.format(*value) if isinstance(value, tuple) else self.reply.format(value)


def compile_command(template: str, call: Callable[..., Any], reply: str | None) -> Command:
    """Make a Command of a template. Raises ValueError for an unknown placeholder."""
    pattern, casts = _compiled(template)
    return Command(template, pattern, casts, call, reply)


@cache
def _compiled(template: str) -> tuple[re.Pattern[str], tuple[Callable[[str], Any], ...]]:
    casts, pieces, end = [], [], 0
    for placeholder in _PLACEHOLDER.finditer(template):
        if placeholder[1] not in _PLACEHOLDERS:
            raise ValueError(f"{template!r}: {placeholder[0]!r} is not a placeholder")
        expression, cast = _PLACEHOLDERS[placeholder[1]]
        pieces += [_literal(template, end, placeholder.start()), r"\s*", expression]
        casts.append(cast)
        end = placeholder.end()
    pieces.append(_literal(template, end, len(template)))
    return re.compile("".join(pieces), re.IGNORECASE), tuple(casts)


def _literal(template: str, start: int, stop: int) -> str:
    text = template[start:stop]
    if template.startswith(":") and " " not in template[:start]:
        return ":?" + _scpi(text[1:]) if start == 0 else _scpi(text)
    escaped = re.escape(text).replace(r"\ ", r"\s+")
    return escaped.replace(",", r"\s*,\s*")


def _scpi(text: str) -> str:
    """Pattern of a SCPI header (short and long forms, optional parts, optional 1) and its arguments."""
    words, blank, rest = text.partition(" ")
    pattern = "".join(_scpi_token(*token.groups()) for token in _SCPI_TOKEN.finditer(words))
    return pattern + (r"\s+" + re.escape(rest).replace(",", r"\s*,\s*") if blank else "")


def _scpi_token(short: str | None, long: str | None, one: str | None, other: str | None) -> str:
    if short is None:
        return {"[": "(?:", "]": ")?"}.get(other or "", re.escape(other or ""))
    ending = f"(?:{long.upper()})?" if long else ""
    return short + ending + ("1?" if one else "")


def header(text: str) -> str:
    """First two letters of a message in upper case; key of the table of commands."""
    match = _HEADER.match(text)
    return match[1].upper() if match else ""


class Grammar:
    """All commands of one instrument."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._by_header: dict[str, list[Command]] = {}
        for command in commands:
            self._by_header.setdefault(header(command.template), []).append(command)

    def find(self, message: str) -> tuple[Command, re.Match[str]] | None:
        """Return the first command with a template that matches the whole message."""
        for command in self._by_header.get(header(message), ()):
            match = command.pattern.fullmatch(message)
            if match:
                return command, match
        return None

    @property
    def templates(self) -> tuple[str, ...]:
        """All templates, for tests of every command."""
        return tuple(command.template for commands in self._by_header.values() for command in commands)
