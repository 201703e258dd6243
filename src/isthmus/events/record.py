"""The dated record: who did what to whom, on which day, with source and confidence.

The shipped record is `events/data/events.csv`; a user's own file has the same columns. A date has a precision: of an
event known by its month only, the day is any day of the month, and everything downstream treats it so.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pandas as pd

from isthmus.errors import RecordError, nearest

#: Columns of a record, in their order; `second_source` may be left out.
COLUMNS = tuple(
    "id date end_date date_precision actor_iso3 target_iso3 kind instrument sector severity description source "
    "second_source confidence".split()
)
KINDS = ("agreement", "alignment", "closure", "coercion", "conflict", "disruption", "opening")
INSTRUMENTS = tuple(
    "ambassador_recall arms_withheld away cyber detention_of_diaspora energy_cutoff energy_price export_ban import_ban "
    "legal_order media migrant_expulsion military_force other pipeline_outage threat toward transit_denial".split()
)
PRECISIONS = ("day", "month", "year")
CONFIDENCES = ("high", "medium", "low")

#: Actor or target of what nobody did (weather, an accident, a cause not established): the code that travel documents
#: have for no nationality (ISO/IEC 7501-1).
NOBODY = "XXX"
#: What the source cell of a row says that nobody has checked yet.
UNCHECKED = "no document checked"

_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the record.

    Attributes
    ----------
    date, last : datetime.date
        First and last day on which the event may have begun: the same day at day precision.
    end_date : datetime.date or None
        Last day of what lasted, where known. Coincidence counts beginnings only.
    actor, target : str
        ISO3 codes, EUU for the European Union, `NOBODY` for weather, accidents and what is not established.
    severity : int
        1 words or a small act, 2 a measure, 3 a measure that the whole relation feels. A coder's judgement.
    """

    id: str
    date: datetime.date
    last: datetime.date
    end_date: datetime.date | None
    precision: str
    actor: str
    target: str
    kind: str
    instrument: str
    sector: str
    severity: int
    description: str
    source: str
    second_source: str
    confidence: str

    @property
    def sourced(self) -> bool:
        """Whether a document stands behind the row."""
        return bool(self.source) and UNCHECKED not in self.source.lower()


@dataclass(frozen=True, eq=False, slots=True)
class Record:
    """Events in order of date."""

    name: str
    events: tuple[Event, ...]

    def __repr__(self) -> str:
        return f"<Record {self.name}: {len(self.events)} events, {self.unsourced} without a checked source>"

    @property
    def unsourced(self) -> int:
        """Number of rows without a checked source."""
        return sum(not event.sourced for event in self.events)

    @property
    def last_day(self) -> datetime.date:
        """The day up to which the record was kept: that of its last event."""
        return max(event.last for event in self.events)

    @property
    def frame(self) -> pd.DataFrame:
        """The events as a table, one row each, with the column `sourced`."""
        return pd.DataFrame([event_row(event) for event in self.events]).set_index("id")


def event_row(event: Event) -> dict[str, object]:
    """Return an event as a flat row: dates as text of their own precision, `sourced` yes or no beside the source."""
    text = event.date.isoformat()
    return {
        "id": event.id,
        "date": text[: {"day": 10, "month": 7, "year": 4}[event.precision]],
        "end_date": event.end_date.isoformat() if event.end_date else "",
        "precision": event.precision,
        "actor": event.actor,
        "target": event.target,
        "kind": event.kind,
        "instrument": event.instrument,
        "sector": event.sector,
        "severity": event.severity,
        "description": event.description,
        "sourced": "yes" if event.sourced else "no",
        "source": event.source,
        "second_source": event.second_source,
        "confidence": event.confidence,
    }


def load_events(file: str | Path | None = None) -> Record:
    """Return the shipped record, or one of the user's own.

    Parameters
    ----------
    file : path, optional
        CSV with the columns of `COLUMNS`. Dates are YYYY-MM-DD, YYYY-MM or YYYY.

    Returns
    -------
    Record
        Events in order of date.

    Raises
    ------
    RecordError
        Missing or unknown columns, or bad cells: each told by row and column, all at once.
    """
    path = Path(str(resources.files("isthmus"))) / "events" / "data" / "events.csv" if file is None else Path(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RecordError(f"{path}: no such file. Give a CSV with the columns {', '.join(COLUMNS)}.") from None
    except UnicodeDecodeError as error:
        raise RecordError(f"{path.name}: not UTF-8 text ({error.reason}). Save it as CSV in UTF-8.") from None
    try:
        events, problems = _read_rows(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise RecordError(f"{path.name}: not a CSV file ({error}). Save it as CSV in UTF-8.") from None
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems[:_MOST_PROBLEMS])
        more = f"\n  and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
        raise RecordError(f"{path.name}: {len(problems)} problem{'s' if len(problems) > 1 else ''}:{listed}{more}")
    name = "isthmus" if file is None else path.name
    return Record(name, tuple(sorted(events, key=lambda event: (event.date, event.last, event.id))))


def _read_rows(reader: csv.DictReader[str]) -> tuple[list[Event], list[str]]:
    """Return the events of a file and all that is wrong with it."""
    problems = _check_columns(reader.fieldnames or ())
    events: list[Event] = []
    seen: dict[str, int] = {}
    for row in reader if not problems else ():
        event = _Row(row, reader.line_num, problems).read(seen)
        if event is not None:
            events.append(event)
    if not events and not problems:
        problems.append("no rows below the header")
    return events, problems


def _check_columns(header: Sequence[str]) -> list[str]:
    missing = [name for name in COLUMNS if name not in header and name != "second_source"]
    problems = [f"columns missing: {', '.join(missing)}. Add them."] if missing else []
    problems += [f"column {name!r} is unknown.{nearest(str(name), COLUMNS)}" for name in header if name not in COLUMNS]
    return problems


class _Row:
    """One line of a file; what is wrong with it goes to the list of problems."""

    def __init__(self, cells: dict[str, str], line: int, problems: list[str]) -> None:
        self.cells = {key: (value or "").strip() for key, value in cells.items() if isinstance(key, str)}
        self.line = line
        self.problems = problems
        if None in cells:
            self.fail("", "more cells than columns. Put text with commas in double quotes")

    def fail(self, column: str, what: str) -> None:
        where = f", column {column}" if column else ""
        self.problems.append(f"row {self.line}{where}: {what}.")

    def read(self, seen: dict[str, int]) -> Event | None:
        """Return the event, or None when a cell is bad."""
        before = len(self.problems)
        name = self.filled("id")
        if name in seen:
            self.fail("id", f"{name!r} is already the id of row {seen[name]}. Give each row its own")
        seen[name] = self.line
        first, last, precision = self.interval()
        end = self.end_date(first)
        code = r"[A-Z]{3}"
        event = Event(
            id=name,
            date=first,
            last=last,
            end_date=end,
            precision=precision,
            actor=self.matching("actor_iso3", code),
            target=self.matching("target_iso3", code),
            kind=self.one_of("kind", KINDS),
            instrument=self.one_of("instrument", INSTRUMENTS),
            sector=self.filled("sector"),
            severity=int(self.one_of("severity", ("1", "2", "3")) or 0),
            description=self.filled("description"),
            source=self.cells["source"],
            second_source=self.cells.get("second_source", ""),
            confidence=self.one_of("confidence", CONFIDENCES),
        )
        return event if len(self.problems) == before else None

    def filled(self, column: str) -> str:
        if not self.cells[column]:
            self.fail(column, "empty. Fill the cell")
        return self.cells[column]

    def matching(self, column: str, pattern: str) -> str:
        value = self.cells[column]
        if not re.fullmatch(pattern, value):
            self.fail(column, f"{value!r} is not a code of three capital letters, for instance KAZ; nobody is {NOBODY}")
        return value

    def one_of(self, column: str, words: tuple[str, ...]) -> str:
        value = self.cells[column]
        if value in words:
            return value
        self.fail(column, f"{value!r} is not one of {', '.join(words)}.{nearest(value, words)}".rstrip("."))
        return ""

    def interval(self) -> tuple[datetime.date, datetime.date, str]:
        """Return first day, last day and precision of the date."""
        text, said = self.cells["date"], self.cells["date_precision"]
        try:
            first, last, own = read_date(text)
        except ValueError:
            self.fail("date", f"{text!r} is not a date. Write YYYY-MM-DD, YYYY-MM or YYYY")
            return datetime.date.min, datetime.date.min, "day"
        precision = self.one_of("date_precision", PRECISIONS) if said else own
        if PRECISIONS.index(precision or "day") < PRECISIONS.index(own):
            self.fail("date_precision", f"{said!r}, but the date {text!r} names no {said}. Write the whole date")
        elif precision != own and precision:
            first, last, _ = read_date(text[: {"month": 7, "year": 4}[precision]])
        return first, last, precision

    def end_date(self, first: datetime.date) -> datetime.date | None:
        text = self.cells["end_date"]
        if not text:
            return None
        try:
            end = datetime.date.fromisoformat(text)
        except ValueError:
            self.fail("end_date", f"{text!r} is not a date. Write YYYY-MM-DD or leave the cell empty")
            return None
        if end < first:
            self.fail("end_date", f"{text} is before the date {first}. Swap them")
        return end


def read_date(text: str) -> tuple[datetime.date, datetime.date, str]:
    """Return first day, last day and precision of YYYY-MM-DD, YYYY-MM or YYYY.

    Raises
    ------
    ValueError
        `text` is none of the three.
    """
    if re.fullmatch(r"\d{4}", text):
        return datetime.date(int(text), 1, 1), datetime.date(int(text), 12, 31), "year"
    if re.fullmatch(r"\d{4}-\d{2}", text):
        first = datetime.date.fromisoformat(f"{text}-01")
        after = (first + datetime.timedelta(days=31)).replace(day=1)
        return first, after - datetime.timedelta(days=1), "month"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(text)
    day = datetime.date.fromisoformat(text)
    return day, day, "day"
