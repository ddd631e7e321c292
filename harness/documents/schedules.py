"""When a schedule comes due: at(), rate() and cron() as EventBridge reads them. Pure.

Source: EventBridge Scheduler user guide, "Schedule types"; EventBridge user guide, "Setting a schedule pattern".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_LONGEST_SEARCH = 366 * 8  # days: the 29th of February comes at least that often

When = Callable[[datetime], datetime | None]


class InvalidExpressionError(ValueError):
    """Not an expression, or not a time zone; the message says what."""


def when(expression: str, zone: str, start: datetime) -> When:
    """What gives the next time after a moment, or None where none comes any more. Times are in UTC.

    `start`: from when rates count. Raises InvalidExpressionError.
    """
    try:
        local = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidExpressionError(f"{zone} is no time zone") from None
    if match := _AT.fullmatch(expression):
        moment = _once(match[1]).replace(tzinfo=local).astimezone(UTC)
        return lambda after: moment if moment > after else None
    if match := _RATE.fullmatch(expression):
        return _every(int(match[1]), match[2], bool(match[3]), start)
    if match := _CRON.fullmatch(expression):
        cron = Cron.parse(match[1])
        return lambda after: cron.after(after.astimezone(local))
    raise InvalidExpressionError(f"{expression} is no schedule expression")


def is_once(expression: str) -> bool:
    """Whether a schedule is over when it has run."""
    return expression.startswith("at(")


def _once(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidExpressionError(f"{text} is no time") from None


def _every(number: int, unit: str, plural: bool, start: datetime) -> When:
    if number < 1 or plural is (number == 1):
        raise InvalidExpressionError("a rate is one minute, hour or day, or several minutes, hours or days")
    step = timedelta(**{f"{unit}s": number})

    def following(after: datetime) -> datetime:
        return start + step * (max(0, (after - start) // step) + 1)

    return following


@dataclass(frozen=True)
class Cron:
    """The six fields of a cron expression."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: str  # of the month
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Raises InvalidExpressionError."""
        fields = text.upper().split()
        if len(fields) != 6:
            raise InvalidExpressionError(f"cron({text}) has {len(fields)} fields, not six")
        minutes, hours, days, months, weekdays, years = fields
        if (days == "?") is (weekdays == "?"):
            raise InvalidExpressionError(f"cron({text}): exactly one of day of month and day of week must be ?")
        cron = cls(
            _numbers(minutes, 0, 59),
            _numbers(hours, 0, 23),
            days,
            _numbers(months, 1, 12, _MONTHS),
            weekdays,
            _numbers(years, _FIRST_YEAR, _LAST_YEAR),
        )
        cron._runs_on(date(2024, 2, 29))  # reads both fields of days
        return cron

    def after(self, moment: datetime) -> datetime | None:
        """The next time after a moment with a time zone, in UTC."""
        day = moment.date()
        for _ in range(_LONGEST_SEARCH):
            if day.year > max(self.years):
                return None
            if day.year in self.years and day.month in self.months and self._runs_on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        found = datetime(day.year, day.month, day.day, hour, minute, tzinfo=moment.tzinfo)
                        if found.astimezone(UTC) > moment.astimezone(UTC):
                            return found.astimezone(UTC)
            day += timedelta(days=1)
        return None

    def _runs_on(self, day: date) -> bool:
        return day.day in _days_of_month(self.days, day) if self.weekdays == "?" else _is_weekday(self.weekdays, day)


def _numbers(field: str, least: int, most: int, names: dict[str, int] | None = None) -> frozenset[int]:
    return frozenset(number for part in field.split(",") for number in _part(part, least, most, names or {}))


def _part(part: str, least: int, most: int, names: dict[str, int]) -> Iterator[int]:
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        low, high = least, most
    else:
        low = _number(first, least, most, names)
        high = _number(last, least, most, names) if dash else most if slash else low
    if slash and (not step.isdigit() or step == "0"):
        raise InvalidExpressionError(f"{part} has no step")
    yield from range(low, high + 1, int(step) if slash else 1)


def _number(text: str, least: int, most: int, names: dict[str, int]) -> int:
    value = names.get(text, int(text) if text.isdigit() else -1)
    if not least <= value <= most:
        raise InvalidExpressionError(f"{text} is not between {least} and {most}")
    return value


def _days_of_month(field: str, day: date) -> frozenset[int]:
    last = calendar.monthrange(day.year, day.month)[1]
    if field == "L":
        return frozenset({last})
    if field.endswith("W"):
        return frozenset({_nearest_weekday(day.year, day.month, last, _number(field[:-1], 1, 31, {}))})
    return _numbers(field, 1, 31)


def _nearest_weekday(year: int, month: int, last: int, wanted: int) -> int:
    wanted = min(wanted, last)
    weekday = date(year, month, wanted).weekday()
    if weekday == 5:  # Saturday
        return wanted - 1 if wanted > 1 else wanted + 2
    if weekday == 6:
        return wanted + 1 if wanted < last else wanted - 2
    return wanted


def _is_weekday(field: str, day: date) -> bool:
    number = day.isoweekday() % 7 + 1  # Sunday is 1
    if "#" in field:
        wanted, _, nth = field.partition("#")
        return number == _number(wanted, 1, 7, _DAYS) and (day.day - 1) // 7 + 1 == _number(nth, 1, 5, {})
    if field.endswith("L"):
        is_last = day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        return is_last and number == (_number(field[:-1], 1, 7, _DAYS) if field != "L" else 7)
    return number in _numbers(field, 1, 7, _DAYS)
