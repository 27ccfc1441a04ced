"""Hours as people type them: `22:30`, `2026-11-23 06:00`, `+90min`, `+8h`."""

import re
from datetime import datetime, timedelta

from labctl.plain_text import local_time, shown

LONGEST_WAIT_S = 10 * 365 * 86400.0
DAY_S = 86400.0
_AGO = re.compile(r"-?\s*(\d+(?:\.\d+)?)\s*(h|min)")
_IS_HOUR = re.compile(r"\d{1,2}:\d\d")
_LATER = re.compile(r"\+\s*(\d+(?:\.\d+)?)\s*(h|min)")


def parse_hour(text: str, now_s: float) -> float:
    """Return s since 1970-01-01 UTC for a local hour; `HH:MM` is the next time the clock shows it.

    Raises ValueError that gives examples, also for a time more than ten years away.
    """
    try:
        time_s = _parsed(text.strip(), now_s)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"cannot parse time {shown(text)}; use e.g. 22:30, '2026-11-23 06:00', +90min or +8h"
        ) from None
    if not abs(time_s - now_s) <= LONGEST_WAIT_S:
        raise ValueError(f"{shown(text)} is more than ten years away; use e.g. 22:30, +90min or +8h")
    return time_s


def _parsed(text: str, now_s: float) -> float:
    if later := _LATER.fullmatch(text):
        return now_s + float(later[1]) * (3600 if later[2] == "h" else 60)
    if _IS_HOUR.fullmatch(text):
        hour, minute = map(int, text.split(":"))
        return _next_s(hour, minute, now_s)
    return datetime.fromisoformat(text).timestamp()


def _next_s(hour: int, minute: int, now_s: float) -> float:
    """Return the next time at which the clock shows an hour, also in a night in which it is set back.

    An hour that is left out when the clock is set forward counts as if it had not been set.
    """
    now = datetime.fromtimestamp(now_s)
    today = datetime(now.year, now.month, now.day, hour, minute)
    for then in (today, today + timedelta(days=1)):
        first_s, again_s = (then.replace(fold=fold).timestamp() for fold in (0, 1))
        shown_s = [first_s, again_s] if again_s > first_s else [first_s]
        if later_s := [time_s for time_s in shown_s if time_s > now_s]:
            return later_s[0]
    raise ValueError(f"{hour}:{minute:02d} is no hour")


def parse_future_hour(text: str, now_s: float) -> float:
    """Return s since 1970-01-01 UTC as `parse_hour`; raises ValueError also for an hour that is past."""
    time_s = parse_hour(text, now_s)
    if time_s < now_s:
        raise ValueError(f"{text!r} is over: it was {local_time(time_s)}, and now it is {local_time(now_s)}")
    return time_s


def parse_past_hour(text: str, now_s: float) -> float:
    """Return s since 1970-01-01 UTC for a local hour that is over; `HH:MM` is the last such time.

    Raises ValueError that gives examples, also for an hour that is still to come.
    """
    if ago := _AGO.fullmatch(text.strip()):
        return now_s - float(ago[1]) * (3600 if ago[2] == "h" else 60)
    try:
        time_s = parse_hour(text, now_s - DAY_S if _IS_HOUR.fullmatch(text.strip()) else now_s)
    except ValueError:
        raise ValueError(
            f"cannot parse time {shown(text)}; use e.g. 18:00, '2026-11-23 18:00', 8h or 90min"
        ) from None
    if time_s > now_s:
        raise ValueError(f"{text!r} is still to come: now it is {local_time(now_s)}")
    return time_s


def hour_in_words(time_s: float | None, now_s: float) -> str:
    """Return `22:30`, or `Mon 06:00` and `2026-11-30 06:00` for later days; nothing for None.

    A number that is no date, as a damaged file may hold, is shown as such.
    """
    if time_s is None:
        return ""
    try:
        then, now = datetime.fromtimestamp(time_s), datetime.fromtimestamp(now_s)
    except (OverflowError, OSError, TypeError, ValueError):
        return local_time(time_s)
    days = (then.date() - now.date()).days
    pattern = "%H:%M" if days == 0 else "%a %H:%M" if 0 < days < 7 else "%Y-%m-%d %H:%M"
    return then.strftime(pattern)
