"""Records made for tests: rows of a few columns, the rest filled in."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import isthmus as ist
from isthmus.events.record import COLUMNS

FIRST = datetime.date(2001, 1, 1)


def write_record(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as a record; cells left out get a plain value."""
    plain = {
        "date_precision": "",
        "actor_iso3": "AAA",
        "target_iso3": "BBB",
        "kind": "coercion",
        "instrument": "other",
        "sector": "trade",
        "severity": "2",
        "description": "made up",
        "source": "a document",
        "confidence": "high",
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=COLUMNS)
        writer.writeheader()
        for i, row in enumerate(rows):
            writer.writerow({"id": f"E{i}", **plain, **row})
    return path


def record_of_days(path: Path, series: dict[str, list[int]]) -> ist.Record:
    """Return a record with one actor per series, whose events lie so many days after FIRST."""
    rows = [
        {"actor_iso3": actor, "date": (FIRST + datetime.timedelta(days=int(day))).isoformat()}
        for actor, days in series.items()
        for day in days
    ]
    return ist.load_events(write_record(path, rows))
