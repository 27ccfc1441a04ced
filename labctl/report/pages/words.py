"""The words of a report: `words.toml`, or a laboratory's translation of it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.errors import InvalidRequest
from labctl.report.pages.optional import imported

FILE = Path(__file__).with_name("words.toml")


class Words:
    """The texts of a report by section and key; those with values are Jinja2 templates.

    Raises
    ------
    InvalidRequest
        The file of a translation cannot be read, or holds a key that labctl does not know.
    """

    def __init__(self, translation: Path | None = None) -> None:
        self._texts = _read(FILE)
        if translation is not None:
            self._texts = _merged(self._texts, _read(translation), translation)
        sandbox, jinja2 = imported("jinja2.sandbox"), imported("jinja2")
        self._templates = sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined, trim_blocks=True)
        self._error = jinja2.TemplateError

    def __call__(self, key: str, **values: Any) -> str:
        """Return the text of a key such as `sample.title`, with its values; its white space is single."""
        section, _, name = key.partition(".")
        template = self._texts[section][name]
        try:
            return " ".join(self._templates.from_string(template).render(values).split())
        except (self._error, TypeError, ValueError) as error:
            raise InvalidRequest(f"--words: {key}: {error}") from error

    def section(self, name: str) -> Mapping[str, str]:
        """Return all texts of a section."""
        return self._texts[name]


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRequest(f"--words: {path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidRequest(f"--words: {path}: {error}") from error
    for section, texts in content.items():
        if not isinstance(texts, dict) or not all(isinstance(one, str) for one in texts.values()):
            raise InvalidRequest(f"--words: {path}: [{section}] must hold texts")
    return content


def _merged(
    own: dict[str, dict[str, str]], given: Mapping[str, Mapping[str, str]], path: Path
) -> dict[str, dict[str, str]]:
    for section, texts in given.items():
        for key in texts:
            if key not in own.get(section, {}):
                raise InvalidRequest(f"--words: {path}: {section}.{key} is not a text of a report")
    return {section: texts | dict(given.get(section, {})) for section, texts in own.items()}
