"""Modelled weights of events, as a table, CSV rows and JSON; the heaviest first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isthmus.events import Impact
from isthmus.world import World

Json = dict[str, object]


def impacts_to_rows(impacts: Sequence[Impact]) -> list[Json]:
    """Return one flat row per event; money in USD million of the world's year."""
    return [
        {
            "id": impact.event.id,
            "date": impact.event.date.isoformat(),
            "actor": impact.event.actor,
            "target": impact.event.target,
            "instrument": impact.event.instrument,
            "sector": impact.event.sector,
            "severity": impact.event.severity,
            "description": impact.event.description,
            "sourced": "yes" if impact.event.sourced else "no",
            "episode": impact.episode,
            "changes": " ".join(impact.changes),
            "loss_percent": impact.loss_percent,
            "loss_usd_m_per_year": impact.loss_usd_m_per_year,
            "own_cost_usd_m_per_year": impact.own_cost_usd_m_per_year,
            "days": impact.days,
            "loss_usd_m": impact.loss_usd_m,
            "already_in_force": "yes" if impact.already else "no",
            "basis": impact.basis,
            "note": impact.note,
            "not_modelled": "; ".join(impact.not_modelled),
            "why_not": impact.why_not,
        }
        for impact in impacts
    ]


def impacts_to_json(impacts: Sequence[Impact], world: World, horizon: str) -> Json:
    """Return impacts in the form of `schema/events_impact.json`."""
    modelled = [impact for impact in impacts if impact.loss_usd_m is not None]
    return {
        "world": world.name,
        "year": world.year,
        "as_of": world.as_of,
        "horizon": horizon,
        "n": len(impacts),
        "modelled": len(modelled),
        "severity_rank_correlation": severity_correlation(impacts),
        "impacts": impacts_to_rows(impacts),
    }


def severity_correlation(impacts: Sequence[Impact]) -> float | None:
    """Return Spearman's rank correlation of the coder's severity with the modelled loss; None if it has none."""
    from scipy import stats

    pairs = [(impact.event.severity, impact.loss_usd_m) for impact in impacts if impact.loss_usd_m is not None]
    if len(pairs) < 3 or min(len(set(side)) for side in zip(*pairs, strict=True)) < 2:
        return None
    severity, loss = zip(*pairs, strict=True)
    return float(stats.spearmanr(severity, loss).statistic)


def print_impacts(impacts: Sequence[Impact], world: World, horizon: str, console: Console) -> None:
    """Print what each modelled act cost its target, then what is not modelled and why."""
    title = f"Modelled loss of the target, horizon {horizon}, USD m of {world.year}"
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("event", no_wrap=True)
    for head in ("date", "who"):
        table.add_column(head, no_wrap=True)
    table.add_column("what", ratio=1)
    for head in ("sev.", "percent", "a year", "days", "in all", "own cost a year", "basis"):
        table.add_column(head, justify="right")
    for impact in impacts:
        if impact.loss_usd_m is not None:
            table.add_row(*_cells(impact))
    console.print(table)
    console.print(
        f"Each act replayed alone with the trade of {world.year} and the network of {world.as_of}: weights that can be "
        "compared, not the losses of its own year. Percent and a year: fall of the target's real income at a yearly "
        "rate while the act lasts; in all: over its days, 365 if it has no end. ? no checked source. "
        f"* in force in {world.year} already: trade that it had ended is not in the base, so its weight is too small."
    )
    correlation = severity_correlation(impacts)
    if correlation is not None:
        console.print(
            f"Rank correlation of the coder's severity with the modelled loss: {correlation:+.2f} (Spearman)."
        )
    for impact in impacts:
        if impact.loss_usd_m is None:
            told = f"{_name(impact)} {impact.event.description} Why: {impact.why_not}"
            console.print(f"Not modelled: {escape(told)}")
        elif impact.not_modelled:
            console.print(f"Left out of {_name(impact)}: {escape('; '.join(impact.not_modelled))}")


def _name(impact: Impact) -> str:
    return f"{impact.event.id}{'' if impact.event.sourced else '?'}"


def _cells(impact: Impact) -> list[str]:
    event = impact.event
    own = "-" if impact.own_cost_usd_m_per_year is None else f"{impact.own_cost_usd_m_per_year:,.1f}"
    told = f"{event.description} ({impact.note})" if impact.note else event.description
    name = _name(impact) + ("*" if impact.already else "")
    return [
        name, str(event.date), f"{event.actor}>{event.target}", escape(told), str(event.severity),
        f"{impact.loss_percent:.4f}", f"{impact.loss_usd_m_per_year:,.1f}", str(impact.days),
        f"{impact.loss_usd_m:,.2f}", own, impact.basis,
    ]  # fmt: skip
