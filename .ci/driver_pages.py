#!/usr/bin/env python3
"""Write what the drivers declare into docs/reference/drivers/ and docs/bench-checks.md.

`make driver-pages` runs it. A test compares the pages with what it would write.
"""

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from oracle_rig.table import ORACLES

from drivers import catalogue
from labctl.command_table import BenchCheck, Message, bench_checks_of, messages_of
from labctl.instruments.bench_checks import GENERAL_CHECKS

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "reference" / "drivers"
BENCH_CHECKS = ROOT / "docs" / "bench-checks.md"
MODELS: tuple[type, ...] = tuple(
    dict.fromkeys(
        (
            *catalogue.TEMPERATURE_CONTROLLERS,
            *catalogue.ANALYZERS,
            *catalogue.POTENTIOSTATS,
            *catalogue.THERMOMETERS,
            *catalogue.SWITCHES,
            *catalogue.MONITORS,
            *catalogue.ATMOSPHERES,
            *catalogue.WATCHDOGS,
            *catalogue.PARTNERS,
        )
    )
)
MADE = "Made by `make driver-pages` from what the driver declares; a test fails when the two differ."
NOTES = (
    '`-` means that no source, no second source or no unit is known. "Tried on hardware" names who tried it '
    "and reported it to us. What your own laboratory has confirmed on its own instruments is in its results "
    "file (`labctl instruments check --at-the-bench`)."
)
HEAD = "| message | meaning | unit | source | second source | tried on hardware | sent |"
CHECK_HEAD = "| check | do | expect |"


def cell(text: str) -> str:
    """Return a text for one cell of a table."""
    return text.replace("|", r"\|") or "-"


def row(*cells: str) -> str:
    """Return one row of a table."""
    return f"| {' | '.join(map(cell, cells))} |"


def table(head: str, rows: Sequence[str]) -> str:
    """Return a table with its heading."""
    return "\n".join((head, "|" + "---|" * head.count(" | ") + "---|", *rows))


def modules() -> dict[str, list[type]]:
    """Return the shipped models of each module of drivers/."""
    found: dict[str, list[type]] = {}
    for model in MODELS:
        found.setdefault(model.__module__.removeprefix("drivers."), []).append(model)
    return dict(sorted(found.items()))


def message_row(message: Message) -> str:
    """Return the row of one message."""
    for_whom = f"{', '.join(message.only_for)}: " if message.only_for else ""
    return row(
        f"`{message.command}`",
        for_whom + message.meaning,
        message.unit,
        message.source,
        message.second_source,
        message.on_hardware,
        message.when or "in every measurement",
    )


def oracles_of(model: type) -> str:
    """Return the names of the oracles of a model, `-` for none."""
    reference = f"{model.__module__}:{model.__name__}"
    found = [oracle.distribution for oracle in ORACLES if oracle.driver == reference]
    return ", ".join(dict.fromkeys(found)) or "-"


def declared_by(model: type) -> Any:
    """Return a model as a class with `messages` and `bench_checks`."""
    return model


def messages_of_family(models: Sequence[type]) -> tuple[Message, ...]:
    """Return the messages of several models, each once."""
    held = {message for model in models for message in messages_of(model)}
    declared = [message for model in models for message in declared_by(model).messages]
    return tuple(message for message in dict.fromkeys(declared) if message in held)


def checks_of_family(models: Sequence[type]) -> tuple[BenchCheck, ...]:
    """Return the bench checks of several models, each once."""
    held = {check for model in models for check in bench_checks_of(model)}
    declared = [check for model in models for check in declared_by(model).bench_checks]
    return tuple(check for check in dict.fromkeys(declared) if check in held)


def page(module: str, models: Sequence[type]) -> str:
    """Return the page of one module of drivers/."""
    title, _, notes = (inspect.getdoc(sys.modules[f"drivers.{module}"]) or "").partition("\n")
    messages = messages_of_family(models)
    names = ", ".join(f"`{model.__name__}`" for model in models)
    oracles = "; ".join(f"{model.__name__} {oracles_of(model)}" for model in models)
    parts = [
        f"# `drivers.{module}`",
        f"{title}\n\nClasses: {names}. {MADE}",
        notes.strip(),
        f"[Oracles](../oracles.md) that answer them: {oracles}. {hardware_words(models)}",
        table(HEAD, [message_row(message) for message in messages]),
        f"[Bench checks](../../bench-checks.md): {len(checks_of_family(models))} of this driver, and those "
        "of every instrument.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def confirmed(model: type) -> str:
    """Return who tried messages of a model on hardware, `nobody` for none."""
    tried = [message.on_hardware for message in messages_of(model) if message.is_confirmed]
    return ", ".join(dict.fromkeys(tried)) or "nobody"


def hardware_words(models: Sequence[type]) -> str:
    """Return a sentence that says whether anything of a family was tried on hardware."""
    by = {confirmed(model) for model in models} - {"nobody"}
    return (
        f"Tried on hardware by {', '.join(sorted(by))}."
        if by
        else "Nothing of it was tried on hardware by us."
    )


def counts(model: type) -> tuple[str, str, str]:
    """Return the numbers of messages, of those with a second source, and of bench checks."""
    messages = [message for message in messages_of(model) if message.is_sent]
    agreed = [message for message in messages if message.second_source != "-"]
    return str(len(messages)), str(len(agreed)), str(len(bench_checks_of(model)))


CONFIRMED_HEAD = "| driver | models | a second source agrees | oracle | tried on hardware by |"


def confirmed_table(prefix: str) -> str:
    """Return what is confirmed of each model and by whom; `prefix` is the way to the pages of drivers."""
    return table(CONFIRMED_HEAD, [_confirmed_row(prefix, *entry) for entry in modules().items()])


def _confirmed_row(prefix: str, module: str, models: Sequence[type]) -> str:
    sent, agreed, _ = zip(*map(counts, models), strict=True)
    several = [f"{some} of {all_}" for some, all_ in zip(agreed, sent, strict=True)]
    return row(
        f"[{module}]({prefix}{module}.md)",
        ", ".join(f"`{model.__name__}`" for model in models),
        f"{', '.join(dict.fromkeys(several))} messages",
        ", ".join(dict.fromkeys(map(oracles_of, models))),
        ", ".join(dict.fromkeys(map(confirmed, models))),
    )


def with_confirmed(text: str, prefix: str) -> str:
    """Return a page with its table of what is confirmed as the drivers declare it."""
    pattern = rf"{re.escape(CONFIRMED_HEAD)}\n(?:\|.*\n?)+"
    if not re.search(pattern, text):
        raise ValueError(f"the page has no table that begins with {CONFIRMED_HEAD}")
    return re.sub(pattern, lambda _: confirmed_table(prefix) + "\n", text, count=1)


def index() -> str:
    """Return the page that lists every shipped model."""
    rows = [
        row(f"[`{model.__name__}`]({module}.md)", *counts(model), oracles_of(model), confirmed(model))
        for module, models in modules().items()
        for model in models
    ]
    head = "| driver | messages | with a second source | bench checks | oracle | tried on hardware by |"
    return "\n\n".join(
        (
            "# Drivers and their messages",
            f"For each driver: every message that it sends, with unit, source and second source. {MADE}",
            NOTES,
            table(head, rows),
        )
    ) + "\n"  # fmt: skip


def check_rows(checks: Sequence[BenchCheck]) -> list[str]:
    """Return the rows of bench checks."""
    names = [f"**{check.name}**" if check.is_decisive else check.name for check in checks]
    return [row(name, check.do, check.expect) for name, check in zip(names, checks, strict=True)]


def with_tables(text: str) -> str:
    """Return docs/bench-checks.md with the table of each section as its drivers declare it."""
    head, *sections = re.split(r"^(?=## )", text, flags=re.M)
    return head + "".join(map(_with_table, sections))


def _with_table(section: str) -> str:
    checks = _checks_of_section(section.splitlines()[0])
    if not checks:
        return section
    own = table(CHECK_HEAD, check_rows(checks))
    return re.sub(rf"{re.escape(CHECK_HEAD)}\n(?:\|.*\n?)+", lambda _: own + "\n", section, count=1)


def _checks_of_section(title: str) -> tuple[BenchCheck, ...]:
    if title == "## Every instrument":
        return GENERAL_CHECKS
    named = re.findall(r"`(\w+)`", title)
    return checks_of_family([model for model in MODELS if model.__name__ in named])


def files() -> Iterator[tuple[Path, str]]:
    """Yield every page with its text."""
    yield PAGES / "README.md", index()
    for module, models in modules().items():
        yield PAGES / f"{module}.md", page(module, models)
    bench_checks = with_tables(BENCH_CHECKS.read_text(encoding="utf-8"))
    yield BENCH_CHECKS, with_confirmed(bench_checks, "reference/drivers/")


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for path, text in files():
        path.write_text(text, encoding="utf-8")
