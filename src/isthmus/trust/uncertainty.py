"""compute_uncertainty: a scenario's headlines with their bands, from draws of all that is uncertain."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.appraisal import Ask as AppraisalAsk
from isthmus.appraisal import worth_in_words
from isthmus.scenario import read_scenario
from isthmus.solve import Queues
from isthmus.trust.bands import Band, convergence, leading, make_bands, move_bands
from isthmus.trust.headlines import Headlines
from isthmus.trust.ranges import Range, find_ranges
from isthmus.trust.sensitivity import Index, grouped_indices, plain_indices
from isthmus.trust.sweep import Ask, LocalEngine, create_store, make_plan, open_store, read_sweep, run_sweep
from isthmus.trust.sweep.driver import Tell
from isthmus.trust.sweep.unit import draw_queues, solve_unit
from isthmus.world import load_world


@dataclass(frozen=True, eq=False, slots=True)
class Uncertainty:
    """Bands of the headlines of one scenario."""

    horizon: str
    as_of: str
    draws: int
    seed: int
    bands: dict[tuple[str, str], Band]
    steps: pd.DataFrame  # quantity, key, draws, low, high: how the bands settle
    ranges: tuple[Range, ...]
    indices: tuple[Index, ...]  # empty without sensitivity
    no_answer: int  # draws without an equilibrium
    quarantined: int  # draws that crashed
    worth: str  # terms of the net present value; "" if the scenario has none
    queues: Queues  # in the draws
    moved: Headlines  # by how much bands were moved to the answer that they belong to; empty: not at all


def compute_uncertainty(
    ask: Ask,
    *,
    own: Mapping[tuple[str, str], float] | None = None,
    workers: int = 1,
    sensitivity: bool = False,
    folder: Path | None = None,
    tell: Tell | None = None,
) -> Uncertainty:
    """Return the bands of a scenario's headlines.

    Parameters
    ----------
    ask : Ask
        One scenario, one horizon, at most one day; `draws` above 0.
    own : mapping, optional
        Headlines of the central answer, if it was solved with queues that the draws leave out: bands are moved to it.
    workers : int
        Processes.
    sensitivity : bool
        Also tell which ranges matter: from the same draws, or by groups if `ask.design` is "grouped".
    folder : Path, optional
        Store of the draws, made or resumed; thrown away by default.
    tell : callable, optional
        Told (parts there, parts in all, what happened).

    Raises
    ------
    SweepError
        The store cannot be used, or workers cannot work.
    QueryError
        Too few draws for sensitivity indices.
    """
    plan = make_plan(ask)
    with tempfile.TemporaryDirectory(prefix="isthmus-") as scratch:
        place = folder or Path(scratch) / "draws"
        store = open_store(place, plan) if (place / "plan.json").exists() else create_store(place, plan)
        quarantined = run_sweep(store, LocalEngine(workers), solve_unit, tell=tell)
        rows = read_sweep(place)
    found = summarise(rows, ask, plan.as_of[0], quarantined, sensitivity=sensitivity)
    found = replace(found, queues=draw_queues(plan, ask.scenarios[0], plan.as_of[0]))
    return found if own is None else move_to(found, own)


def move_to(found: Uncertainty, own: Mapping[tuple[str, str], float]) -> Uncertainty:
    """Return bands, and how they settle, moved to the headlines of another central answer (`move_bands`)."""
    bands = move_bands(found.bands, own)
    moved = {name: band.value - found.bands[name].value for name, band in bands.items() if name in own}
    steps = found.steps.copy()
    by = np.array([moved.get(name, 0.0) for name in zip(steps["quantity"], steps["key"], strict=True)])
    steps[["low", "high"]] = steps[["low", "high"]].to_numpy() + by[:, None]
    return replace(found, bands=bands, steps=steps, moved=moved)


def summarise(rows: pd.DataFrame, ask: Ask, as_of: str, quarantined: int, *, sensitivity: bool) -> Uncertainty:
    """Return the bands of the rows of one case."""
    bands = make_bands(rows)
    names = leading(bands)
    world, horizon = load_world(ask.world), ask.horizons[0]
    indices: list[Index] = []
    if sensitivity and ask.design == "grouped":
        indices = grouped_indices(rows, world, horizon, names)
    elif sensitivity:
        indices = plain_indices(rows, world, horizon, ask.seed, names)
    return Uncertainty(
        horizon=horizon,
        as_of=as_of,
        draws=ask.draws,
        seed=ask.seed,
        bands=bands,
        steps=convergence(rows, names),
        ranges=find_ranges(world, horizon),
        indices=tuple(indices),
        no_answer=int((rows["quantity"] == "no_answer").sum()),
        quarantined=quarantined,
        worth=worth_in_words(world, read_scenario(ask.scenarios[0]), AppraisalAsk(as_of=as_of)),
        queues=ask.queues,
        moved={},
    )
