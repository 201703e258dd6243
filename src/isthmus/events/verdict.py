"""One plain sentence, and the warnings that belong to it."""

from __future__ import annotations

from collections.abc import Sequence

from isthmus.events.coincidence import Coincidence, Question, Rate, first_date
from isthmus.events.sensitivity import Variant
from isthmus.events.series import IntArray
from isthmus.events.significance import ALPHA, holm

#: Printed with every answer.
CAUTION = (
    "The record was collected with the thesis in mind that punishment follows diplomacy: acts that fit it were looked "
    "for harder than acts that do not, and severity and direction are one coder's judgement. A small p-value here is a "
    "reason to look closer, not a proof; coincidence in time is not cause."
)

#: How a positive verdict begins.
POSITIVE = "More often than chance"

#: Fewer triggers or responses than this cannot carry a verdict.
LEAST_EVENTS = 5

_ALLOWED = {
    "circular_shift": "the clusters of both series are kept",
    "within_year": "the busy years of both series are kept",
    "seasonal": "the season is kept",
}
_AFTER = {
    "after": "were followed by a response within",
    "before": "were preceded by a response within",
    "both": "had a response within",
}


def give_verdict(found: Coincidence, variants: tuple[Variant, ...], years: tuple[Variant, ...]) -> str:
    """Return the verdict on the window with the smallest corrected p-value, in one sentence."""
    rates = [window.trigger for window in found.windows]
    best = min(range(len(rates)), key=lambda i: (rates[i].p_holm, found.windows[i].days))
    told = f"{tell_hits(rates[best])} {_AFTER[found.question.direction]} {found.windows[best].days} days"
    if min(len(found.triggers), len(found.responses)) < LEAST_EVENTS:
        return f"Too few events to tell: {told}, of {len(found.responses)} responses in all."
    return judge(rates, best, told, tell_lost(rates[0], (*variants, *years)))


def tell_hits(rate: Rate) -> str:
    """Return '3 of 9 triggers'."""
    return f"{_number(rate.hits)} of {rate.events} triggers"


def judge(rates: Sequence[Rate], best: int, told: str, rests: str = "") -> str:
    """Return the sentence for `rates[best]`, the one with the smallest corrected p-value."""
    rate = rates[best]
    p = f"corrected p {rate.p_holm:.2g}"
    even = f"dates spread evenly would give {_number(rate.base_rate * rate.events)}"
    if rate.p_holm <= ALPHA:
        return f"{POSITIVE}: {told}, where {even} ({p}){rests}."
    if min(holm([one.p_permutation["uniform"] for one in rates])) <= ALPHA and rate.strictest != "uniform":
        allowed = _number(rate.chance_rate[rate.strictest] * rate.events)
        once = _ALLOWED[rate.strictest]
        return f"No more than chance once {once}: {told}; {even}, but that gives {allowed} already ({p})."
    return f"No more than chance: {told}, where {even} ({p})."


def tell_lost(first: Rate, variants: Sequence[Variant]) -> str:
    """Return what a positive verdict loses its support without; judged on the first window."""
    if first.p_strict > ALPHA:
        return ", though not in the first window asked for"
    lost = [variant.name for variant in variants if variant.rate is None or variant.rate.p_strict > ALPHA]
    return f", but not with these alone: {'; '.join(lost)}" if lost else ", and in every variant tried"


def tell_power(found: Coincidence) -> str:
    """Return what the first window could have shown."""
    rate, days = found.windows[0].trigger, found.windows[0].days
    if rate.events_needed is None:
        return (
            f"Power: windows of {days} days hold a response on {rate.base_rate:.0%} of the days, so a doubling of that "
            "rate cannot occur or would need more than 2,000 triggers."
        )
    return (
        f"Power: with {rate.events} triggers a doubling of the base rate within {days} days would be seen in "
        f"{rate.power_to_see_doubling:.0%} of cases (one test at 5 %); to see it in 80 % takes {rate.events_needed}."
    )


def give_warnings(found: Coincidence) -> tuple[str, ...]:
    """Return what a careful reader would object to."""
    out = []
    out += _shared(found)
    out += _unsourced(found)
    gap = (first_date(found.responses) - first_date(found.triggers)).days
    if abs(gap) > 365:
        early, late = ("triggers", "responses") if gap > 0 else ("responses", "triggers")
        since = max(first_date(found.responses), first_date(found.triggers))
        out.append(
            f"The first of the {late} is of {since}, {abs(gap) / 365.25:.0f} years after the first of the {early}: was "
            f"the record kept before? Compare --from {since}."
        )
    clipped = _clipped(found.question, found.triggers.start, found.period.days)
    if clipped:
        out.append(
            f"{clipped} trigger{'s' if clipped > 1 else ''} so near an end of the period that the longest window is "
            "cut off; it counts as far as it goes."
        )
    if min(len(found.triggers), len(found.responses)) < LEAST_EVENTS:
        out.append(f"{len(found.triggers)} triggers and {len(found.responses)} responses: hardly a sample.")
    return tuple(out)


def _shared(found: Coincidence) -> list[str]:
    rows = [{event.id for group in side.rows for event in group} for side in (found.triggers, found.responses)]
    both = sorted(rows[0] & rows[1])
    return [f"Rows in both series, which then meet themselves: {', '.join(both)}."] if both else []


def _unsourced(found: Coincidence) -> list[str]:
    events = [event for side in (found.triggers, found.responses) for group in side.rows for event in group]
    bare = sum(not event.sourced for event in events)
    return [f"{bare} of {len(events)} rows have no checked source."] if bare else []


def _clipped(question: Question, start: IntArray, days: int) -> int:
    low, high = question.span(max(question.windows))
    return int(((start + low < 0) | (start + high >= days)).sum())


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.1f}"
