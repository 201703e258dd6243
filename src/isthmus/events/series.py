"""Series of dates on the days of a study period, and the windows they open.

A date is an interval of days: one day, or the month or year that is all the record knows. Within it every day is
equally likely. Days are counted from the first day of the period.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from isthmus.events.record import Event

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Period:
    """A study period.

    Attributes
    ----------
    first : datetime.date
    days : int
        Number of days, both ends counted.
    """

    first: datetime.date
    days: int

    @property
    def last(self) -> datetime.date:
        """The last day."""
        return self.first + datetime.timedelta(days=self.days - 1)

    @property
    def years(self) -> IntArray:
        """(day,) calendar year."""
        return _calendar(self.first, self.days)[0]

    @property
    def day_of_year(self) -> IntArray:
        """(day,) day of the year, 0 to 365."""
        return _calendar(self.first, self.days)[1]


@lru_cache(maxsize=16)
def _calendar(first: datetime.date, days: int) -> tuple[IntArray, IntArray]:
    """Return year and day of the year of each day."""
    day = np.datetime64(first, "D") + np.arange(days)
    start = day.astype("datetime64[Y]")
    years: IntArray = start.astype(np.int64) + 1970
    since: IntArray = (day - start.astype("datetime64[D]")).astype(np.int64)
    for array in (years, since):
        array.setflags(write=False)
    return years, since


@dataclass(frozen=True, eq=False, slots=True)
class Series:
    """Merged events in order of date.

    Attributes
    ----------
    start, length : (event,) arrays, days
        First possible day since the first day of the period, and number of possible days.
    rows : tuple of tuples of Event
        The rows of the record behind each event.
    """

    start: IntArray
    length: IntArray
    rows: tuple[tuple[Event, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def keep(self, mask: npt.NDArray[np.bool_]) -> Series:
        """Return the events where `mask` is true."""
        return Series(self.start[mask], self.length[mask], tuple(r for r, m in zip(self.rows, mask, strict=True) if m))


def make_series(events: Sequence[Event], period: Period, *, merge_days: int = 0) -> Series:
    """Return the events inside a period, those of one date merged into one.

    An interval that reaches over an end of the period keeps its days inside. With `merge_days` > 0, events that begin
    within so many days of the first of a group count as one, at the date of that first.
    """
    spans = []
    for event in events:
        low = max((event.date - period.first).days, 0)
        high = min((event.last - period.first).days, period.days - 1)
        if low <= high:
            spans.append((low, high - low + 1, event))
    spans.sort(key=lambda span: (span[0], span[1], span[2].id))
    groups: list[tuple[int, int, list[Event]]] = []
    for start, length, event in spans:
        same = bool(groups) and groups[-1][:2] == (start, length)
        near = bool(groups) and merge_days > 0 and start - groups[-1][0] <= merge_days
        if same or near:
            groups[-1][2].append(event)
        else:
            groups.append((start, length, [event]))
    return Series(
        np.array([start for start, _, _ in groups], dtype=np.int64),
        np.array([length for _, length, _ in groups], dtype=np.int64),
        tuple(tuple(rows) for _, _, rows in groups),
    )


def chance_by_day(series: Series, days: int, low: int, high: int) -> FloatArray:
    """Return the chance, for each day t, that at least one event lies in [t + low, t + high].

    Returns
    -------
    (day,) array, dimensionless
        0 or 1 where all dates are exact; between them where an event may lie inside or outside. Windows are clipped at
        the ends of the period.
    """
    miss = np.ones(days)
    for start, length in zip(series.start.tolist(), series.length.tolist(), strict=True):
        t = np.arange(max(0, start - high), min(days - 1, start + length - 1 - low) + 1)
        overlap = np.minimum(t + high, start + length - 1) - np.maximum(t + low, start) + 1
        miss[t] *= 1.0 - overlap / length
    return 1.0 - miss


def spread(chance: FloatArray, length: int) -> FloatArray:
    """Return the mean of `chance` over the `length` days from each day on, fewer at the end of the period."""
    if length == 1:
        return chance
    total = np.concatenate([[0.0], np.cumsum(chance)])
    first = np.arange(len(chance))
    after = np.minimum(first + length, len(chance))
    mean: FloatArray = (total[after] - total[first]) / (after - first)
    return mean


def hits_of(series: Series, chance: FloatArray) -> tuple[float, int, int]:
    """Return expected, certain and possible number of events of `series` that find an event in their window."""
    expected, certain, possible = 0.0, 0, 0
    for start, length in zip(series.start.tolist(), series.length.tolist(), strict=True):
        mine = chance[start : start + length]
        expected += float(mine.mean())
        certain += bool((mine == 1.0).all())
        possible += bool((mine > 0.0).any())
    return expected, certain, possible
