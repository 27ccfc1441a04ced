"""The only place where commands print: control characters in names and reasons are shown, not obeyed."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from labctl.errors import ConfigurationError
from labctl.plain_text import on_one_line, printable, shortened, shown

if TYPE_CHECKING:
    from rich.console import Console

_REFUSAL: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def echo(text: object = "", err: bool = False) -> None:
    """Print lines of text."""
    typer.echo(printable(text), err=err)


def sentence(text: object) -> str:
    """Return a sentence as it is printed: its control characters shown, its middle left out if it is long."""
    return shortened(printable(text))


def say(text: object, fg: str, err: bool = False) -> None:
    """Print a sentence in a colour: `red`, `yellow`, `green`."""
    typer.secho(sentence(text), err=err, fg=fg)


def console(**options: Any) -> "Console":
    """Return a console for tables: no markup, no emoji codes, no control characters of its texts."""
    from rich.console import Console
    from rich.text import Text

    class PlainConsole(Console):
        def render_str(self, text: str, **details: Any) -> Text:
            return super().render_str(printable(text), **details)

    return PlainConsole(markup=False, emoji=False, **options)


class LogFormatter(logging.Formatter):
    """Lines of a log: a message begins no line of its own and commands no terminal that shows the file."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the message on one line."""
        return on_one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Return the lines of a traceback."""
        return printable(super().formatException(ei))


class PlainGroup(TyperGroup):
    """The root command: what its refusals repeat of the command line is shown, not obeyed."""

    def make_context(self, *arguments: Any, **extra: Any) -> Any:
        """Parse the words of the command line."""
        with _plain_refusals():
            return super().make_context(*arguments, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Call the command."""
        with _plain_refusals():
            return super().invoke(ctx)


@contextmanager
def _plain_refusals() -> Iterator[None]:
    try:
        yield
    except _REFUSAL as error:
        error.message = sentence(error.message)
        raise
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise ConfigurationError(shown(error.filename), "", "is too long for the name of a file") from error
