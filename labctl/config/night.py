"""The `[night]` table of a station file: settings for unattended operation."""

import math
from dataclasses import dataclass
from pathlib import Path

from labctl.config.station import Station
from labctl.config.table import Table, read_document
from labctl.plain_text import shown
from labctl.units import ZERO_CELSIUS_K

DEFAULT_SILENCE_S = 3.0  # also where the station file is not known
WATCHED_ROLES = ("monitor", "atmosphere")
WHEN_SILENT = ("tell", "stop")
EVENT_CLASSES = ("job", "interlock", "process", "person", "well")


@dataclass(frozen=True)
class ReadingLimit:
    """Limits of one reading of a monitor: `[[night.interlocks.reading]]`.

    Attributes
    ----------
    instrument, quantity : str
        Name of the monitor in the station file, and of its reading.
    lowest, highest : float
        Inclusive, in the unit of the quantity; infinite: no limit.
    stops_when_silent : bool
        Whether the job ends when the reading is not known for `silent_s`; otherwise it is reported.
    silent_s : float
        Time without a reading after which it counts as not known.
    unchanged_s : float
        Time after which a value that repeats to the last digit counts as not known; infinite: never.
    """

    instrument: str
    quantity: str
    lowest: float = -math.inf
    highest: float = math.inf
    stops_when_silent: bool = False
    silent_s: float = 300.0
    unchanged_s: float = math.inf

    @property
    def name(self) -> str:
        """How messages name the reading."""
        return f"{self.quantity} of {self.instrument}"


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
    readings : tuple[ReadingLimit, ...]
        Limits of the readings of monitors.
    """

    temperature_above_k: float
    runaway_k: float = 10.0
    afterheat_s: float = 900.0
    free_disk_mb: float = 100.0
    watched_file: str = ""
    watched_content: str = ""
    readings: tuple[ReadingLimit, ...] = ()


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
    listed = table.tables("reading") if table.has("reading") else []
    settings = InterlockSettings(
        temperature_above_k=table.number("temperature_above_degc", highest_degc + 20) + ZERO_CELSIUS_K,
        runaway_k=table.number("runaway_k", 10.0, minimum=1),
        afterheat_s=60 * table.number("afterheat_min", 15.0, minimum=0, maximum=10000),
        free_disk_mb=table.number("free_disk_mb", 100.0, minimum=0),
        watched_file=table.text("watched_file", ""),
        watched_content=table.text("watched_content", ""),
        readings=tuple(_reading(one, station) for one in listed),
    )
    table.refuse_unknown()
    return settings


def _reading(table: Table, station: Station) -> ReadingLimit:
    watching = [entry.name for entry in station.instruments if set(entry.roles) & set(WATCHED_ROLES)]
    instrument = table.text("instrument")
    if instrument not in watching:
        choices = ", ".join(watching) or "no instrument has the role monitor"
        raise table.error(
            "instrument", f"is {shown(instrument)}, which is no monitor; name one of: {choices}"
        )
    unchanged_min = table.number("unchanged_min", None, minimum=0.1, maximum=100000)
    limit = ReadingLimit(
        instrument,
        table.text("quantity"),
        lowest=table.number("lowest", -math.inf),
        highest=table.number("highest", math.inf),
        stops_when_silent=table.text("when_silent", "tell", choices=WHEN_SILENT) == "stop",
        silent_s=60 * table.number("silent_min", 5.0, minimum=0, maximum=10000),
        unchanged_s=math.inf if unchanged_min is None else 60 * unchanged_min,
    )
    if math.isinf(limit.lowest) and math.isinf(limit.highest):
        raise table.error("highest", "is missing, and lowest as well: nothing is limited")
    if limit.lowest >= limit.highest:
        raise table.error("highest", f"is {limit.highest:g}; give a number above lowest, {limit.lowest:g}")
    table.refuse_unknown()
    return limit


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
