"""TOML files as people and programs spoil them: `labctl check` answers with 0 or 2 and one message."""

import random
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from fuzzing import Case
from fuzzing.files import PROTOCOL, SAMPLE, STATION
from fuzzing.running import answer

FILES = {"station.toml": STATION, "series.toml": PROTOCOL, "pellet.toml": SAMPLE}
VALUES = (
    "1e309",
    "-1e309",
    "inf",
    "nan",
    "-0.0",
    "1" + "0" * 400,
    "9" * 5000,
    "1,5",
    "True",
    "None",
    "0x10",
    "1e-400",
    '""',
    '"\\u0000"',
    '"\\u001b[2J"',
    '"[bold]x"',
    '"=1+1"',
    '".x:Y"',
    '"x:"',
    '":Y"',
    '"os:system"',
    '"a.b.c:D"',
    '"C:\\samples"',
    "'C:\\samples'",
    '"' + "x" * 10000 + '"',
    "[]",
    "[[]]",
    "[1, [2]]",
    "[{}]",
    "{}",
    "{a = {b = 1}}",
    "[" * 2000 + "]" * 2000,
    "2026-11-30",
    "2026-11-30T10:00:00Z",
    "07:32:00",
    "true",
    "false",
    '"true"',
    '"1.0"',
    "[1, 2",
    "1 2",
    "1 # comment",
    '"unterminated',
    '"""\nmany\n"""',
    '"50:115:10"',
    '"50:1e9:1e-9"',
    '"1:2:0"',
    "[1e9]",
    "[40, 1e308]",
    "[-300]",
    "[nan]",
    '["40"]',
    "-1",
    "0",
    "1e308",
    "1e-308",
    "0.5",
    "3",
    "1000000",
    "°",
    '["oven", "oven"]',
    '["fra", ["oven"]]',
    '"procedures.eis:EIS"',
    '"drivers.julabo:Julabo"',
    '"../x.toml"',
    '"/"',
)
LINES = (
    "[night]",
    "[limits]",
    "[[procedure]]",
    "[procedure]",
    "[sample]",
    "[[sample]]",
    "[simulation.options.cell]",
    "=",
    "[instruments.oven.settings]",
    '[instruments.""]',
    '[instruments."a\\u0000b"]',
    "[a.b.c.d]",
    "repeat = 3",
    "[[procedure.procedure]]",
    "[instruments.oven.connection]",
    "timeout = 1",
    '"" = 1',
    "a.b = 1",
    'name = "x"',
    "speed = 0",
    "seed = 1" + "0" * 30,
    "use = 5",
    "x",
    "]",
    "\x00",
    "\x1b[31m",
    "[" + ".".join("a" * 3000) + "]",
)
CHARACTERS = "\x00\x07\x1b\x7f\x85\u202e\u2028\ufeff\"'[]{}=,.\\#\n\r\t°Ω−٣é\U0001f525 "

Mutation = Callable[[random.Random, str], str]


def _with_value(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    places = [n for n, line in enumerate(lines) if " = " in line]
    if places:
        place = chance.choice(places)
        lines[place] = f"{lines[place].partition(' = ')[0]} = {chance.choice(VALUES)}"
    return "\n".join(lines)


def _with_line(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(LINES))
    return "\n".join(lines)


def _line_twice(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    return "\n".join(lines)


def _without_line(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    del lines[chance.randrange(len(lines))]
    return "\n".join(lines)


def _with_character(chance: random.Random, text: str) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice(CHARACTERS) + text[place + chance.randrange(2) :]


def _without_character(chance: random.Random, text: str) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + text[place + 1 + chance.randrange(3) :]


def _cut(chance: random.Random, text: str) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _other_key(chance: random.Random, text: str) -> str:
    keys = re.findall(r"^(\w+) =", text, re.MULTILINE)
    if not keys:
        return text
    key = chance.choice(keys)
    other = chance.choice([*keys, key.upper(), key[:-1], f'"{key}\\n"', f'"{key} "', f"{key}.x", "µ", "-"])
    return re.sub(rf"^{key} =", lambda found: f"{other} =", text, count=1, flags=re.MULTILINE)


MUTATIONS: tuple[tuple[Mutation, int], ...] = (
    (_with_value, 8),
    (_with_line, 3),
    (_line_twice, 1),
    (_without_line, 1),
    (_with_character, 3),
    (_without_character, 1),
    (_cut, 1),
    (_other_key, 2),
)
ENCODINGS = (*("utf-8",) * 30, "utf-8-sig", "utf-16", "latin-1", "cp1252")


def cases(seed: int, count: int) -> Iterator[Case]:
    """Yield the cases of a seed."""
    with tempfile.TemporaryDirectory() as folder:
        accepted = _case_of(Path(folder), "station.toml", STATION.encode()).attempt()  # loads every module
        assert not accepted, accepted
        for number in range(count):
            yield _case(random.Random(f"{seed} {number}"), Path(folder))


def _case(chance: random.Random, folder: Path) -> Case:
    return _case_of(folder, *_spoilt(chance))


def _case_of(folder: Path, spoilt: str, content: bytes) -> Case:
    def attempt() -> str:
        for name, text in FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / spoilt).write_bytes(content)
        return _fault(folder)

    return Case(f"{spoilt}: {content[:3000]!r}", attempt)


def _spoilt(chance: random.Random) -> tuple[str, bytes]:
    name = chance.choice(sorted(FILES))
    text = FILES[name]
    kinds, weights = zip(*MUTATIONS, strict=True)
    for mutate in chance.choices(kinds, weights, k=chance.choice((1, 1, 1, 2, 3))):
        text = mutate(chance, text)
    return name, text.encode(chance.choice(ENCODINGS), errors="replace")


def _fault(folder: Path) -> str:
    environment = {"LABCTL_STATION": str(folder / "station.toml"), "LABCTL_DB": str(folder / "lab.db")}
    checked = answer(["check", str(folder / "series.toml")], environment)
    if found := checked.fault(exit_codes=(0, 2)):
        return found
    if checked.exit_code == 2 and str(folder) not in checked.text:
        return f"a refusal that does not name its file: {checked.text!r}"
    return ""
