"""Files of `dialects` damaged at random: cut, torn, doubled, mixed with another file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from dialects import DIALECTS, DIGITS, Read
from dialects.tables import Points, Random, Written

__all__ = ["DAMAGE", "SilentlyWrongError", "damaged_outcome"]


class Warned(Read, Protocol):
    """A sweep with the warnings of its reader."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything left out or guessed."""
        ...


class SilentlyWrongError(AssertionError):
    """A damaged file was read with a point that it does not hold, and without a warning."""


def cut(raw: bytes, other: bytes, rng: Random) -> bytes:
    """The file ends anywhere."""
    return raw[: int(rng.integers(len(raw) // 3, len(raw)))]


def beginning_lost(raw: bytes, other: bytes, rng: Random) -> bytes:
    """The file begins anywhere."""
    return raw[int(rng.integers(1, len(raw) // 2)) :]


def torn_line(raw: bytes, other: bytes, rng: Random) -> bytes:
    """A line is torn in two."""
    at = int(rng.integers(len(raw)))
    return raw[:at] + b"\n" + raw[at:]


def hole(raw: bytes, other: bytes, rng: Random) -> bytes:
    """Up to 200 bytes are missing."""
    at = int(rng.integers(len(raw)))
    return raw[:at] + raw[at + int(rng.integers(20, 200)) :]


def zeros(raw: bytes, other: bytes, rng: Random) -> bytes:
    """Up to 200 bytes are zero."""
    at, size = int(rng.integers(len(raw))), int(rng.integers(1, 200))
    return (raw[:at] + bytes(size) + raw[at + size :])[: len(raw)]


def line_lost(raw: bytes, other: bytes, rng: Random) -> bytes:
    """A line of the second half is missing (without its row of units a table has another dialect)."""
    lines = raw.split(b"\n")
    del lines[int(rng.integers(len(lines) // 2, len(lines)))]
    return b"\n".join(lines)


def line_doubled(raw: bytes, other: bytes, rng: Random) -> bytes:
    """A line stands twice."""
    lines = raw.split(b"\n")
    at = int(rng.integers(len(lines)))
    return b"\n".join([*lines[: at + 1], *lines[at:]])


def block_doubled(raw: bytes, other: bytes, rng: Random) -> bytes:
    """Several lines stand twice."""
    lines = raw.split(b"\n")
    a = int(rng.integers(len(lines)))
    b = min(a + int(rng.integers(2, 12)), len(lines))
    return b"\n".join([*lines[:b], *lines[a:]])


def file_doubled(raw: bytes, other: bytes, rng: Random) -> bytes:
    """The file stands twice."""
    return raw + raw


def another_behind(raw: bytes, other: bytes, rng: Random) -> bytes:
    """Another file follows."""
    return raw + other


def lines_of_another(raw: bytes, other: bytes, rng: Random) -> bytes:
    """Some lines of another file stand in this one."""
    lines, strange = raw.split(b"\n"), other.split(b"\n")
    a = int(rng.integers(len(strange)))
    at = int(rng.integers(len(lines)))
    return b"\n".join([*lines[:at], *strange[a : a + int(rng.integers(1, 8))], *lines[at:]])


def half_of_another(raw: bytes, other: bytes, rng: Random) -> bytes:
    """The second half is another file's."""
    lines, strange = raw.split(b"\n"), other.split(b"\n")
    return b"\n".join([*lines[: len(lines) // 2], *strange[len(strange) // 2 :]])


def lines_swapped(raw: bytes, other: bytes, rng: Random) -> bytes:
    """Two lines have changed places."""
    lines = raw.split(b"\n")
    a, b = rng.integers(len(lines), size=2)
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


DAMAGE: tuple[Callable[[bytes, bytes, Random], bytes], ...] = (
    cut,
    beginning_lost,
    torn_line,
    hole,
    zeros,
    line_lost,
    line_doubled,
    block_doubled,
    file_doubled,
    another_behind,
    lines_of_another,
    half_of_another,
    lines_swapped,
)


def damaged_outcome(number: int, folder: Path, read: Callable[[Path], Sequence[Warned]]) -> tuple[str, str]:
    """The name of the damage to file `number`, and "right", "warned" or "refused".

    Raises
    ------
    SilentlyWrongError
        When a sweep holds a point of no spectrum, or of several, and no warning that the sound file has not.
    """
    rng = np.random.default_rng([3001, number])
    damage = DAMAGE[number % len(DAMAGE)]
    dialect = DIALECTS[int(rng.integers(len(DIALECTS)))]
    other = dialect if rng.random() < 0.5 else DIALECTS[int(rng.integers(len(DIALECTS)))]
    written, strange = dialect.write(rng), other.write(rng)
    path = folder / f"damaged-{number}.txt"
    usual = _usual_warnings(path, [written, strange], read)
    path.write_bytes(damage(written.content, strange.content, rng))
    try:
        sweeps = read(path)
    except ValueError:
        return damage.__name__, "refused"
    finally:
        path.unlink(missing_ok=True)
    if all(_is_sound(sweep, [*written.sweeps, *strange.sweeps]) for sweep in sweeps):
        return damage.__name__, "right"
    if all(_is_sound(s, [*written.sweeps, *strange.sweeps]) or set(s.warnings) - usual for s in sweeps):
        return damage.__name__, "warned"
    raise SilentlyWrongError(f"{damage.__name__} ({number}, {dialect.name}): a wrong point without a warning")


def _usual_warnings(path: Path, files: list[Written], read: Callable[[Path], Sequence[Warned]]) -> set[str]:
    """The warnings that the sound files give."""
    found: set[str] = set()
    for file in files:
        path.write_bytes(file.content)
        try:
            found |= {words for sweep in read(path) for words in sweep.warnings}
        except ValueError:
            continue
    return found


def _is_sound(sweep: Warned, written: list[Points]) -> bool:
    """Whether every point is one of the same written sweep."""
    return any(_holds(points, sweep) for points in written)


def _holds(points: Points, sweep: Warned) -> bool:
    f, z = np.array([point[0] for point in points]), np.array([point[1] for point in points])
    sound = np.isfinite(sweep.z_ohm)
    read_f, read_z = sweep.frequency_hz[sound], sweep.z_ohm[sound]
    near = np.abs(read_f[:, None] / f - 1) + np.abs(read_z[:, None] - z) / np.abs(z)
    return bool((near.min(axis=1, initial=np.inf) < DIGITS).all())
