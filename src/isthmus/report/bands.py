"""Bands of headlines as tables, JSON and CSV rows."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from isthmus.trust.bands import ENDS, Band, cases, leading, make_bands
from isthmus.trust.headlines import QUANTITIES, Headlines
from isthmus.trust.sensitivity import in_words
from isthmus.trust.sweep import Status
from isthmus.trust.uncertainty import Uncertainty

Json = dict[str, object]
Bands = dict[tuple[str, str], Band]


def band_to_json(band: Band) -> Json:
    """Return a headline number with its range."""
    return {"value": band.value, "low": band.low, "high": band.high}


def bands_to_json(bands: Bands) -> Json:
    """Return quantity -> key -> number with range."""
    out: dict[str, Json] = {}
    for (quantity, key), band in bands.items():
        out.setdefault(quantity, {})[key] = band_to_json(band)
    return dict(out)


def _nested(numbers: Headlines) -> dict[str, dict[str, float]]:
    out: dict[str, dict[str, float]] = {}
    for (quantity, key), number in numbers.items():
        out.setdefault(quantity, {})[key] = number
    return out


def bands_table(bands: Bands, names: list[tuple[str, str]], year: int, title: str) -> Table:
    """Return a table of some headlines."""
    table = Table("Headline", "of", title=title, title_justify="left")
    for column in ("value", f"{ENDS[0]:g} %", f"{ENDS[1]:g} %"):
        table.add_column(column, justify="right")
    for name in names:
        band = bands[name]
        table.add_row(
            QUANTITIES[name[0]].format(year=year), name[1], *(f"{v:+.4g}" for v in (band.value, band.low, band.high))
        )
    return table


def print_uncertainty(found: Uncertainty, year: int, console: Console) -> None:
    """Print bands, how they settle, and the assumptions that matter most."""
    names = [name for name in leading(found.bands, 16) if found.bands[name].value or found.bands[name].high]
    title = f"Range over {found.draws} draws of what is uncertain (modelled; network of {found.as_of})"
    console.print(bands_table(found.bands, names, year, title))
    console.print(draws_in_words(found, year))
    if found.no_answer or found.quarantined:
        console.print(
            f"{found.no_answer} draws have no equilibrium, {found.quarantined} crashed: left out of the bands."
        )
    if found.worth:
        console.print(found.worth)
    for name in names[:2]:
        mine = found.steps[(found.steps["quantity"] == name[0]) & (found.steps["key"] == name[1])]
        steps = ", ".join(f"{r['draws']}: {r['low']:+.3g} to {r['high']:+.3g}" for r in mine.to_dict("records"))
        console.print(f"Band of {QUANTITIES[name[0]].format(year=year)}, {name[1]}, by number of draws: {steps}")
    for sentence in in_words(list(found.indices), year):
        console.print(f"Matters most: {sentence}")


_QUEUES = {
    "solved": "Each draw's queues at full links are its own equilibrium.",
    "held": "Queues in the draws: delays at full links are those of the central base, eased or raised as the drawn "
    "capacities and waits would at central traffic; neither a draw's own traffic nor the scenario's moves them.",
    "off": "Capacities do not bind in the draws.",
}


def _share(moved: float, value: float) -> float:
    return abs(moved / value) if value else 0.0


def draws_in_words(found: Uncertainty, year: int) -> str:
    """Return what the draws hold of queues, and how far bands were moved to the run's own answer."""
    moved = {name: by for name, by in found.moved.items() if name in leading(found.bands)}
    most = max(moved, key=lambda name: _share(moved[name], found.bands[name].value), default=None)
    said = _QUEUES[found.queues]
    if most is None or not found.moved[most]:
        return said
    return (
        f"{said} Bands are moved to the run's own values, in which queues answer to the scenario: "
        f"{QUANTITIES[most[0]].format(year=year)}, {most[1]}, by {found.moved[most]:+.2g}, the most of those shown."
    )


def uncertainty_to_json(found: Uncertainty, year: int) -> Json:
    """Return the part `uncertainty` of `schema/run.json`."""
    return {
        "draws": found.draws,
        "seed": found.seed,
        "queues": found.queues,
        "moved": _nested(found.moved),
        "ends_percent": list(ENDS),
        "no_answer": found.no_answer,
        "quarantined": found.quarantined,
        "worth": found.worth or None,
        "bands": bands_to_json(found.bands),
        "convergence": found.steps.to_dict("records"),
        "ranges": [
            {
                field: getattr(r, field)
                for field in ("name", "group", "low", "central", "high", "unit", "basis", "source")
            }
            for r in found.ranges
        ],
        "sensitivity": [
            {"quantity": i.quantity, "key": i.key, "what": i.what, "first": i.first, "total": i.total, "error": i.error}
            for i in found.indices
        ],
        "matters_most": in_words(list(found.indices), year),
    }


def with_bands(summary: Json, found: Uncertainty) -> Json:
    """Return a run as JSON with {value, low, high} in place of each headline number that has a band.

    The value is the run's own; band ends come from the draws. The part `uncertainty` holds all else.
    """
    fresh: dict[str, Any] = json.loads(json.dumps(summary))
    for key, row in fresh["real_income"].items():
        for field in row:
            row[field] = _ranged(row[field], found.bands.get((f"real_income_{field}", key)))
    if fresh["latent"]:
        for key, row in fresh["latent"]["real_income"].items():
            for field in row:
                row[field] = _ranged(row[field], found.bands.get((f"real_income_latent_{field}", key)))
    for row in fresh["corridors"]:
        for field in ("before_mt", "after_mt"):
            row[field] = _ranged(row[field], found.bands.get((f"corridor_{field}", row["id"])))
    for row in fresh["leverage"]:
        for field in ("before_percent", "after_percent", "own_cost_percent"):
            row[field] = _ranged(
                row[field], found.bands.get((f"leverage_{field}", f"{row['coercer']}:{row['target']}"))
            )
    return fresh | {"uncertainty": uncertainty_to_json(found, int(fresh["year"]))}


def _ranged(value: float, band: Band | None) -> Json | float:
    return value if band is None else {"value": value, "low": band.low, "high": band.high}


def sweep_to_json(status: Status, rows: pd.DataFrame | None, store: str) -> Json:
    """Return a sweep in the form of `schema/sweep.json`; `rows` None while it has not ended."""
    about = {field: getattr(status, field) for field in ("title", "plan_id", "batches", "done", "units", "published")}
    found = [] if rows is None else cases(rows)
    return {
        **about,
        "store": store,
        "megabytes": status.megabytes,
        "quarantined": list(status.quarantined),
        "cases": [
            {"scenario": s, "as_of": d, "horizon": h, "bands": bands_to_json(make_bands(part))}
            for (s, d, h), part in found
        ],
    }


def sweep_rows(rows: pd.DataFrame) -> list[Json]:
    """Return one row per case and headline."""
    return [
        {"scenario": s, "as_of": d, "horizon": h, "quantity": q, "key": k, **band_to_json(band), "draws": band.draws}
        for (s, d, h), part in cases(rows)
        for (q, k), band in make_bands(part).items()
    ]


def print_sweep(status: Status, rows: pd.DataFrame | None, year: int, console: Console) -> None:
    """Print how far a sweep is and, when it has ended, the leading bands of each case."""
    state = "published" if status.published else "not published yet"
    console.print(
        f"[bold]{status.title}[/bold]: {status.done} of {status.batches} parts ({status.units} solves of a day and a "
        f"draw), {status.megabytes:.1f} MB, {state}"
    )
    for row in status.quarantined:
        reason = str(row["reason"]).strip().splitlines()[-1]
        console.print(f"[yellow]Quarantined:[/yellow] draw {row['draw']} of {row['as_of']}: {reason}")
    for (scenario, day, horizon), part in cases(rows) if rows is not None else []:
        bands = make_bands(part)
        title = f"{scenario}, network of {day}, horizon {horizon} (modelled)"
        console.print(bands_table(bands, leading(bands), year, title))
