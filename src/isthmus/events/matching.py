"""Which response stands behind each hit, so that a reader can go through them one by one."""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.events.coincidence import Coincidence
from isthmus.events.record import Event
from isthmus.events.series import chance_by_day


@dataclass(frozen=True, slots=True)
class Match:
    """One trigger and what its window holds.

    Attributes
    ----------
    trigger : tuple of Event
        The rows of the record that count as this trigger.
    chance : float
        1 if a response certainly lies in the window, 0 if none does, between for vague dates.
    responses : tuple of Event
        Rows that lie in the window, or may.
    """

    trigger: tuple[Event, ...]
    chance: float
    responses: tuple[Event, ...]


def match_rows(found: Coincidence, days: int) -> tuple[Match, ...]:
    """Return the triggers in order of date with the responses that their windows of `days` days hold."""
    low, high = found.question.span(days)
    chance = chance_by_day(found.responses, found.period.days, low, high)
    spans = list(zip(found.responses.start.tolist(), found.responses.length.tolist(), strict=True))
    out = []
    for start, length, rows in zip(
        found.triggers.start.tolist(), found.triggers.length.tolist(), found.triggers.rows, strict=True
    ):
        held = [
            event
            for (begin, size), group in zip(spans, found.responses.rows, strict=True)
            if begin <= start + length - 1 + high and begin + size - 1 >= start + low
            for event in group
        ]
        out.append(Match(rows, float(chance[start : start + length].mean()), tuple(held)))
    return tuple(out)
