"""The record of events as a table and as JSON; rows without a checked source are marked."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isthmus.events import Event, Record
from isthmus.events.record import event_row

Json = dict[str, object]


def events_to_json(record: Record, query: str, events: Sequence[Event]) -> Json:
    """Return events in the form of `schema/events.json`."""
    return {
        "record": record.name,
        "query": query,
        "n": len(events),
        "unsourced": sum(not event.sourced for event in events),
        "events": [event_row(event) for event in events],
    }


def print_events(events: Sequence[Event], console: Console) -> None:
    """Print events, one row each, with source and confidence; `?` marks those without a checked source."""
    table = Table(header_style="bold")
    for head in ("id", "date", "end", "who", "kind", "instrument", "sector", "sev.", "what", "source", "conf."):
        table.add_column(head, overflow="fold", ratio={"what": 5, "source": 4}.get(head))
    for event in events:
        row = event_row(event)
        source = event.source if event.sourced else "? no checked source"
        table.add_row(
            event.id, str(row["date"]), str(row["end_date"]), f"{event.actor}>{event.target}", event.kind,
            event.instrument, event.sector, str(event.severity), escape(event.description), escape(source),
            event.confidence,
        )  # fmt: skip
    console.print(table)
    bare = sum(not event.sourced for event in events)
    console.print(f"{len(events)} events, {bare} of them without a checked source (marked ?).")
