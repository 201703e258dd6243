"""The result document: one JSON object from which the report, the web pages and notebooks draw.

It holds the summary that `isthmus run --format json` prints, freight on every link of the network
document, the headline in words, and what the numbers rest on. The form is published in
`schema/result_document.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isthmus.leverage import EmbargoGrip, Grip
from isthmus.report.bands import with_bands
from isthmus.report.headline import caveat, write_headline
from isthmus.report.network_document import network_document
from isthmus.report.page import report_page
from isthmus.report.run import result_to_json
from isthmus.report.sources import spell_out
from isthmus.report.stored import stored_validation
from isthmus.report.worlds import economy_profile
from isthmus.result import Result
from isthmus.scenario import Scenario, all_episodes, apply_scenario, library
from isthmus.scenario.changes import kind_of
from isthmus.trust.constants import read_constants
from isthmus.trust.uncertainty import Uncertainty
from isthmus.version import __version__
from isthmus.world import at
from isthmus.world.accounts import FloatArray
from isthmus.world.world import World

Json = dict[str, object]

#: Economies whose data basis is told: those that change most.
_MOST_ECONOMIES = 4


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report shows beside its result."""

    grips: Sequence[Grip] = ()  # all instruments, from `compute_grips`
    embargoes: Sequence[EmbargoGrip] = ()  # from `embargo_grips`
    uncertainty: Uncertainty | None = None  # from `compute_uncertainty`


def result_document(
    world: World,
    scenario: Scenario,
    result: Result,
    *,
    settings: Mapping[str, object] | None = None,
    beside: Beside | None = None,
) -> Json:
    """Return all that a report of one result shows, in the form of `schema/result_document.json`.

    Parameters
    ----------
    world : World
        That of the solve.
    scenario : Scenario
        That of the solve; its changes are listed with what they alter.
    result : Result
    settings : mapping, optional
        Seed, draws and other options, for the provenance and its command.
    beside : Beside, optional
        What was computed besides.

    Returns
    -------
    dict
        `before_mt` and `after_mt` are million tonnes a year by link, both directions and all classes.
    """
    beside = beside or Beside()
    summary = result_to_json(result, beside.grips)
    if beside.uncertainty is not None:
        summary = with_bands(summary, beside.uncertainty)
    names = dict(zip(world.economies, world.economy_names, strict=True))
    today = at(world, result.as_of)
    applied = apply_scenario(today, scenario)
    changed = np.flatnonzero(applied.world.network.open != today.network.open)
    return {
        "kind": "result",
        "title": result.title,
        "story": scenario.story,
        "headline": write_headline(summary, names),
        "caveat": caveat(summary),
        "summary": summary,
        "before_mt": mt_by_link(result.flows.before_t),
        "after_mt": mt_by_link(result.flows.after_t),
        "opened": [int(i) for i in changed if applied.world.network.open[i]],
        "closed": [int(i) for i in changed if not applied.world.network.open[i]],
        "changes": [
            {"change": e.change, "kind": e.kind, "what": e.what, "before": e.before, "after": e.after}
            for e in applied.effects
        ],
        "cited": _cited(world, scenario),
        "constants": [
            {"name": c.name, "value": c.value, "unit": c.unit, "prior": c.prior, "bound": c.bound}
            for c in read_constants(world)
        ],
        "basis": _basis(world, result),
        "leverage": _leverage(summary),
        "embargoes": _embargoes(result, beside.embargoes),
        "validation": stored_validation(world, result),
        "provenance": provenance(world, scenario, result, settings or {}),
    }


def _cited(world: World, scenario: Scenario) -> list[Json]:
    """Return sources and notes: of the scenario as a whole, change 0, and of each of its changes."""
    whole = [{"change": 0, "kind": "scenario", "source": spell_out(scenario.source, world), "note": ""}]
    return [row for row in whole if row["source"]] + [
        {"change": n, "kind": kind_of(change), "source": spell_out(change.source, world), "note": change.note}
        for n, change in enumerate(scenario.changes, start=1)
    ]


def make_report(
    world: World,
    scenario: Scenario,
    result: Result,
    settings: Mapping[str, object] | None = None,
    beside: Beside | None = None,
) -> str:
    """Return the self-contained HTML page of one result.

    Raises
    ------
    BuildError
        The front end was never built.
    """
    document = result_document(world, scenario, result, settings=settings, beside=beside)
    return report_page(network_document(at(world, result.as_of)), document)


def write_report(
    world: World, scenario: Scenario, result: Result, path: Path, *, settings: Mapping[str, object] | None = None
) -> Path:
    """Write the self-contained HTML page of one result, whole or not at all, and return its path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.part")
    fresh.write_text(make_report(world, scenario, result, settings), encoding="utf-8")
    fresh.replace(path)
    return path


def provenance(world: World, scenario: Scenario, result: Result, settings: Mapping[str, object]) -> Json:
    """Return what made a result, and the command that makes it again."""
    words = ["isthmus run", _named(scenario)]
    words += [f"--world {world.name}", f"--as-of {result.as_of}", f"--horizon {result.horizon}"]
    words += [f"--{key.replace('_', '-')} {value}" for key, value in settings.items() if key != "world_sha256"]
    return {
        "version": __version__,
        "world": world.name,
        "world_sha256": world.sha256,
        "year": world.year,
        "as_of": result.as_of,
        "horizon": result.horizon,
        "settings": dict(settings),
        "residual": result.residual,
        "passes": result.passes,
        "seconds": round(result.seconds, 2),
        "command": " ".join(words),
        "sources": [{"table": s.table, "sources": s.sources, "licence": s.licence} for s in world.sources],
    }


def _named(scenario: Scenario) -> str:
    """Return how the command line names a scenario."""
    if scenario.name in {episode.id for episode in all_episodes()}:
        return f"--episode {scenario.name}"
    return scenario.name if scenario.name in library() else f"{scenario.name}.toml"


def _leverage(summary: Json) -> Json | None:
    if not summary["leverage"]:
        return None
    return {
        "measure": "Loss of the target's real income if the coercer uses all its instruments at once, %",
        "horizon": summary["horizon"],
        "cells": summary["leverage"],
    }


def _embargoes(result: Result, grips: Sequence[EmbargoGrip]) -> Json | None:
    if not grips:
        return None
    return {
        "measure": "Loss of the target's real income if all trade between the two stops, %; transit, energy prices and "
        "transfers are not in it",
        "horizon": result.horizon,
        "cells": [
            {
                "coercer": grip.coercer,
                "target": grip.target,
                "before_percent": 100.0 * grip.before,
                "after_percent": 100.0 * grip.after,
                "own_cost_percent": 100.0 * grip.own_before,
            }
            for grip in grips
        ],
    }


def mt_by_link(flow: FloatArray) -> list[float]:
    """Return Mt a year by link to four significant digits."""
    return [float(f"{value:.4g}") for value in flow.sum(axis=(0, 2)) / 1e6]


def _basis(world: World, result: Result) -> list[Json]:
    """Return, for the economies that change most, what share of their trade is observed, balanced, estimated."""
    order = np.argsort(-np.abs(result.real_income_change - 1.0), kind="stable")
    chosen: Sequence[str] = [world.economies[i] for i in order[:_MOST_ECONOMIES]]
    rows: list[Json] = []
    for economy in chosen:
        profile = economy_profile(world, economy)
        for direction, shares in profile.by_basis.items():
            rows.append({"economy": economy, "direction": direction, **{f"{k}_percent": v for k, v in shares.items()}})
    return rows
