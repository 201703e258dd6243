"""A timeline of events as plain SVG: one lane per economy, its own acts above the line, acts on it below."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from isthmus.errors import QueryError
from isthmus.events import Event
from isthmus.events.record import event_row
from isthmus.report.files import write_text

#: Kinds that are drawn below the line of the economy that they hit; the others stand above that of the actor.
_BELOW = ("coercion", "closure", "conflict", "disruption")
_COLOUR = {
    "alignment": "#1f4e79",
    "agreement": "#2a9d8f",
    "opening": "#6a994e",
    "coercion": "#c1121f",
    "closure": "#e07a1f",
    "conflict": "#222222",
    "disruption": "#7b2d8b",
}
_TOWARD_RUSSIA = "#8fa9c4"
_WORDS = {"alignment": "step toward others or away from Russia"}

#: Lanes drawn; the economies with fewer events share the last.
_MOST_LANES = 14
_WIDTH, _LEFT, _RIGHT, _TOP, _STEP = 1400, 74, 20, 92, 8.0


@dataclass(frozen=True, slots=True)
class _Mark:
    event: Event
    x: float
    level: int
    below: bool


def draw_timeline(events: Sequence[Event], path: Path, *, title: str) -> Path:
    """Write an SVG timeline.

    Colour is the kind; size the severity; a hollow mark has no checked source; a bar shows how long it lasted, a
    dotted one the month or year that is all the record knows of its date.

    Parameters
    ----------
    events : sequence of Event
    path : Path
        File to write.
    title : str

    Returns
    -------
    Path
        The file.

    Raises
    ------
    QueryError
        No events.
    """
    if not events:
        raise QueryError("--chart: no event matches, so there is nothing to draw. Widen the query.")
    first = datetime.date(min(event.date for event in events).year, 1, 1)
    last = datetime.date(max(event.last for event in events).year, 12, 31)
    scale = (_WIDTH - _LEFT - _RIGHT) / (last - first).days

    def place(day: datetime.date) -> float:
        return _LEFT + (min(max(day, first), last) - first).days * scale

    lanes = _lanes(events)
    body: list[str] = []
    y = float(_TOP)
    for name, members in lanes:
        marks = _stack(members, place)
        up = max((mark.level for mark in marks if not mark.below), default=-1) + 1
        down = max((mark.level for mark in marks if mark.below), default=-1) + 1
        line = y + up * _STEP + 6
        body.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{line:.1f}" y2="{line:.1f}" stroke="#999"/>')
        body.append(f'<text x="{_LEFT - 8}" y="{line + 4:.1f}" font-size="13" text-anchor="end">{escape(name)}</text>')
        body += [_draw(mark, line, place) for mark in marks]
        y = line + down * _STEP + 14
    height = int(y + 40)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif"><rect width="100%" height="100%" fill="#fbfaf7"/>'
        + _years(first, last, place, y)
        + "".join(body)
        + _head(title, events)
        + "</svg>"
    )
    return write_text(path, svg)


def _lane_of(event: Event) -> tuple[str, bool]:
    below = event.kind in _BELOW
    return (event.target if below else event.actor), below


def _lanes(events: Sequence[Event]) -> list[tuple[str, list[Event]]]:
    count = Counter(_lane_of(event)[0] for event in events)
    names = [name for name, _ in sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))]
    kept = names if len(names) <= _MOST_LANES else names[: _MOST_LANES - 1]
    lanes = [(name, [event for event in events if _lane_of(event)[0] == name]) for name in kept]
    rest = [event for event in events if _lane_of(event)[0] not in kept]
    return [*lanes, *([("others", rest)] if rest else [])]


def _stack(events: Sequence[Event], place: Callable[[datetime.date], float]) -> list[_Mark]:
    """Return marks in levels away from the line, so that none covers another."""
    ends: dict[bool, list[float]] = {True: [], False: []}
    out = []
    for event in sorted(events, key=lambda event: (_middle(event), event.id)):
        below = _lane_of(event)[1]
        x = place(_middle(event))
        free = ends[below]
        level = next((i for i, end in enumerate(free) if end <= x - _STEP), len(free))
        if level == len(free):
            free.append(x)
        free[level] = x
        out.append(_Mark(event, x, level, below))
    return out


def _middle(event: Event) -> datetime.date:
    return event.date + (event.last - event.date) / 2


def _draw(mark: _Mark, line: float, place: Callable[[datetime.date], float]) -> str:
    event = mark.event
    y = line + (1 if mark.below else -1) * (6 + mark.level * _STEP)
    toward_russia = event.kind == "alignment" and event.instrument == "toward" and event.target == "RUS"
    colour = _TOWARD_RUSSIA if toward_russia else _COLOUR[event.kind]
    bars = ""
    if event.end_date is not None:
        bars += (
            f'<line x1="{mark.x:.1f}" x2="{place(event.end_date):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" '
            'stroke-width="2" opacity="0.45"/>'
        )
    if event.precision != "day":
        bars += (
            f'<line x1="{place(event.date):.1f}" x2="{place(event.last):.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{colour}" stroke-width="1" stroke-dasharray="1 1"/>'
        )
    fill = colour if event.sourced else "#fbfaf7"
    note = "" if event.sourced else " (no checked source)"
    tip = f"{event_row(event)['date']} {event.actor}>{event.target} {event.instrument}: {event.description}{note}"
    radius = {1: 2.2, 2: 3.0, 3: 3.8}[event.severity]
    return (
        f'{bars}<circle cx="{mark.x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="{colour}" '
        f'stroke-width="1.2"><title>{escape(tip)}</title></circle>'
    )


def _years(first: datetime.date, last: datetime.date, place: Callable[[datetime.date], float], bottom: float) -> str:
    out = []
    every = max(1, round((last.year - first.year + 1) / 24))
    for year in range(first.year, last.year + 1):
        x = place(datetime.date(year, 1, 1))
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom:.1f}" stroke="#e2ded5"/>')
        if (year - first.year) % every == 0:
            out += [
                f'<text x="{x + 2:.1f}" y="{at:.1f}" font-size="11" fill="#555">{year}</text>'
                for at in (_TOP - 12, bottom + 14)
            ]
    return "".join(out)


def _head(title: str, events: Sequence[Event]) -> str:
    bare = sum(not event.sourced for event in events)
    held = {event.kind for event in events}
    legend = [(colour, _WORDS.get(kind, kind)) for kind, colour in _COLOUR.items() if kind in held]
    if "alignment" in held:
        legend.insert(1, (_TOWARD_RUSSIA, "step toward Russia"))
    x, keys = 12.0, []
    for colour, word in legend:
        keys.append(f'<circle cx="{x + 5:.0f}" cy="56" r="4" fill="{colour}"/>')
        keys.append(f'<text x="{x + 13:.0f}" y="60" font-size="12">{word}</text>')
        x += 26 + 6.6 * len(word)
    return (
        f'<text x="12" y="22" font-size="17" font-weight="bold">{escape(title)}</text>'
        f'<text x="12" y="41" font-size="12" fill="#333">{len(events)} events. Above each line: what the economy did; '
        f"below: what was done to it. Size: severity. Hollow: no checked source ({bare}). Bar: how long it lasted; "
        "dotted: month or year only.</text>" + "".join(keys)
    )
