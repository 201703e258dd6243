"""What a corridor brings in a year: real income by economy, tonnage, transit revenue, from solved years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from isthmus.result import Result
from isthmus.scenario import Scenario
from isthmus.scenario.changes import Change
from isthmus.solve import Progress, Settings, solve
from isthmus.world import World
from isthmus.world.accounts import FloatArray, freeze


@dataclass(frozen=True, eq=False, slots=True)
class Yearly:
    """A corridor at full use against the same world without it, USD million of the world's year; arrays read-only."""

    economies: tuple[str, ...]
    income: FloatArray  # (economy,) gain of real income, observed trade
    income_latent: FloatArray  # (economy,) the same with trade that opened borders set free
    tonnage_mt: float  # on the busiest of its links
    territories: tuple[str, ...]
    transit: FloatArray  # (territory,) change of transit revenue: a transfer, in no sum
    warnings: tuple[str, ...]

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared: `given` with `added` against `given` alone."""

    given: tuple[Change, ...]
    added: tuple[Change, ...]
    links: tuple[str, ...]  # whose tonnage is told


def solve_year(
    world: World,
    question: Question,
    *,
    settings: Settings,
    horizon: str,
    as_of: str | None = None,
    progress: Progress | None = None,
) -> Yearly:
    """Return the yearly gain of a corridor at the demand of `question.given`.

    Raises
    ------
    ScenarioError
        A change names what the world does not have.
    NotConverged, Infeasible
        An equilibrium was not found.
    """

    def run(changes: Sequence[Change]) -> Result:
        scenario = Scenario("appraisal", "appraisal", tuple(changes), horizon=horizon, as_of=as_of)
        return solve(
            world, scenario, settings=replace(settings, compare_closures=False, compare_chokes=False), progress=progress
        )

    after = run((*question.given, *question.added))
    before = run(question.given) if question.given else None
    unchanged = np.ones_like(after.real_income_change)
    income, latent = after.income_usd_m, _with_latent(after)
    old = unchanged if before is None else before.real_income_change
    old_latent = unchanged if before is None else _with_latent(before)
    paid = after.transit_table["before_usd_m"] if before is None else before.transit_table["after_usd_m"]
    carried = (after.flows.after_t.sum(axis=(0, 2)) / 1e6)[[after.flows.link_ids.index(i) for i in question.links]]
    return Yearly(
        economies=after.economies,
        income=(after.real_income_change - old) * income,
        income_latent=(latent - old_latent) * income,
        tonnage_mt=float(carried.max(initial=0.0)),
        territories=tuple(after.transit_table["territory"]),
        transit=(after.transit_table["after_usd_m"] - paid).to_numpy(dtype=float),
        warnings=after.warnings,
    )


def _with_latent(result: Result) -> FloatArray:
    return result.real_income_change if result.latent is None else result.latent.real_income_change
