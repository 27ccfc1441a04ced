"""The `[night]` table of a station file: settings for unattended operation."""

import math
from dataclasses import dataclass
from pathlib import Path

from labctl.config.station import Station
from labctl.config.table import Table, read_document
from labctl.plain_text import shown
from labctl.units import ZERO_CELSIUS_K

DEFAULT_SILENCE_S = 3.0  # also where the station file is not known
EVENT_CLASSES = ("job", "interlock", "process", "person", "well")


@dataclass(frozen=True)
class InterlockSettings:
    """Conditions that end a job in any procedure.

    Attributes
    ----------
    temperature_above_k : float
        Maximum of any temperature reading; default 20 K above the station's highest set point.
    runaway_k : float
        Maximum excess over the set point while the sample is still getting hotter.
    afterheat_s : float
        Time for which the sample may still get hotter after everything is off, from heat in the oven.
    free_disk_mb : float
        Minimum free space on the disk of the results.
    watched_file, watched_content : str
        A file that must not exist or, with `watched_content`, must not contain that text: a door switch,
        a GPIO line as the system shows it.
    """

    temperature_above_k: float
    runaway_k: float = 10.0
    afterheat_s: float = 900.0
    free_disk_mb: float = 100.0
    watched_file: str = ""
    watched_content: str = ""


@dataclass(frozen=True)
class NotifySettings:
    """Notifications: service addresses come from `urls_file` or the environment, never from here."""

    urls_file: str = ""
    events: tuple[str, ...] = ("job", "interlock", "process", "person")
    most_per_hour: int = 12
    all_is_well_every_h: float = 0.0


@dataclass(frozen=True)
class Night:
    """A checked `[night]` table; every entry has a default, an absent table is the defaults.

    `longest_wait_for_person_s`: jobs that an interlock keeps waiting for longer fail instead of starting
    late on a rig that may have changed; infinite: no limit. `silence_s`: a runner without a new
    heartbeat for longer counts as frozen. `longest_rehearsal_s`: a rehearsal that takes longer on this
    computer has failed; 0: jobs begin without a rehearsal.
    """

    interlocks: InterlockSettings
    notify: NotifySettings
    restart_after_power_cut: bool = False
    exchange_retries: int = 3
    retry_delay_s: float = 2.0
    longest_pause_s: float = 7200.0
    longest_wait_for_person_s: float = 72 * 3600.0
    silence_s: float = DEFAULT_SILENCE_S
    longest_rehearsal_s: float = 600.0


def read_night(station: Station) -> Night:
    """Check the `[night]` table of a station; raises ConfigurationError with file, key and a valid value."""
    table = Table(station.source, station.night, "night.")
    night = Night(
        interlocks=_interlocks(table.table("interlocks", {}), station),
        notify=_notify(table.table("notify", {})),
        restart_after_power_cut=table.flag("restart_after_power_cut", False),
        exchange_retries=int(table.number("exchange_retries", 3.0, minimum=0, maximum=20)),
        retry_delay_s=table.number("retry_delay_s", 2.0, minimum=0, maximum=600),
        longest_pause_s=60 * table.number("longest_pause_min", 120.0, minimum=1, maximum=10000),
        longest_wait_for_person_s=_hours_or_for_ever(table, "longest_wait_for_person_h", 72.0),
        silence_s=_silence_s(table),
        longest_rehearsal_s=60 * table.number("longest_rehearsal_min", 10.0, minimum=0, maximum=1440),
    )
    table.refuse_unknown()
    return night


def read_silence(path: Path | str) -> tuple[str, float]:
    """Read only the name of a station and its `[night] silence_s`, without loading any driver.

    Raises
    ------
    ConfigurationError
        The file cannot be read, or one of the two values is wrong.
    """
    document = read_document(path)
    night = document.table("night", {}).values
    return document.text("name", Path(path).stem), _silence_s(Table(path, night, "night."))


def _silence_s(table: Table) -> float:
    return table.number("silence_s", DEFAULT_SILENCE_S, minimum=1, maximum=60)


def _hours_or_for_ever(table: Table, key: str, default: float) -> float:
    return 3600 * table.number(key, default, minimum=0) or math.inf


def _interlocks(table: Table, station: Station) -> InterlockSettings:
    highest_degc = station.limits.temperature_k[1] - ZERO_CELSIUS_K
    settings = InterlockSettings(
        temperature_above_k=table.number("temperature_above_degc", highest_degc + 20) + ZERO_CELSIUS_K,
        runaway_k=table.number("runaway_k", 10.0, minimum=1),
        afterheat_s=60 * table.number("afterheat_min", 15.0, minimum=0, maximum=10000),
        free_disk_mb=table.number("free_disk_mb", 100.0, minimum=0),
        watched_file=table.text("watched_file", ""),
        watched_content=table.text("watched_content", ""),
    )
    table.refuse_unknown()
    return settings


def _notify(table: Table) -> NotifySettings:
    default = NotifySettings()
    events = table.take("events", list(default.events), "a list of event classes")
    if not (isinstance(events, list) and all(event in EVENT_CLASSES for event in events)):
        raise table.error("events", f"is {shown(events)}; give a list from {', '.join(EVENT_CLASSES)}")
    settings = NotifySettings(
        urls_file=table.text("urls_file", ""),
        events=tuple(events),
        most_per_hour=int(table.number("most_per_hour", 12.0, minimum=1, maximum=1000)),
        all_is_well_every_h=table.number("all_is_well_every_h", 0.0, minimum=0, maximum=168),
    )
    table.refuse_unknown()
    return settings
