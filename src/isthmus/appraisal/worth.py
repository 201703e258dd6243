"""What a scenario made of projects is worth at any drawn gain: net present value inside runs of draws.

An appraisal solves a few years of demand; a draw of what is uncertain solves one, at the world's own demand. Its
gain G becomes a path over the years from the central appraisal: path(y) = central(y) + s(y) (G - central gain),
with s(y) the size of gains at the demand of year y over that at the world's own (sum of absolute gains of economies).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isthmus.appraisal.appraise import Ask, make_plan, solve_points
from isthmus.appraisal.benefits import Question
from isthmus.appraisal.cashflow import Balance, Plan, interpolate_years
from isthmus.appraisal.facts import Growth, growth_ends
from isthmus.appraisal.ranges import drawn_balance
from isthmus.leverage.capex import Capex, capex_of_links
from isthmus.result import Result
from isthmus.scenario import Scenario
from isthmus.scenario.changes import NotModelled, OpenLink
from isthmus.solve import Progress
from isthmus.world import World
from isthmus.world.accounts import FloatArray, freeze


@dataclass(frozen=True, eq=False, slots=True)
class Prospect:
    """The central appraisal of a scenario; arrays are read-only."""

    plan: Plan
    gains: FloatArray  # (year,) USD million, of the whole world at full use, latent trade included
    scale: FloatArray  # (year,) size of gains over that at the world's own demand
    central: float  # gain at the world's own demand, USD million
    capex: tuple[Capex, ...]
    growth: Growth

    def __post_init__(self) -> None:
        freeze(self)

    def balance(self, gain: float, drawn: Mapping[str, float]) -> Balance:
        """Return the balance of a drawn gain at the world's own demand and drawn assumptions."""
        path = self.gains + self.scale * (gain - self.central)
        return drawn_balance(self.plan, path, sum(one.usd_m or 0.0 for one in self.capex), drawn, self.growth)


def project_links(world: World, scenario: Scenario) -> tuple[str, ...]:
    """Return the links of a scenario that opens projects of a world and does nothing else; () for any other."""
    names: list[str] = []
    for change in scenario.changes:
        if isinstance(change, NotModelled):
            continue
        if not isinstance(change, OpenLink) or not set(change.links) <= set(world.network.projects):
            return ()
        names += change.links
    return tuple(dict.fromkeys(link for name in names for link in world.network.projects[name]))


def can_weigh(world: World, scenario: Scenario, ask: Ask) -> bool:
    """Tell whether a scenario is made of projects, and opens after the year of the network."""
    return bool(project_links(world, scenario)) and ask.opening > ask.present(world)


def find_prospect(world: World, scenario: Scenario, ask: Ask, progress: Progress | None = None) -> Prospect | None:
    """Return the central appraisal of a scenario; None where `can_weigh` says no.

    Raises
    ------
    NotConverged, Infeasible
        An equilibrium was not found.
    """
    if not can_weigh(world, scenario, ask):
        return None
    links = project_links(world, scenario)
    plan = make_plan(world, ask)
    solved = solve_points(world, Question((), scenario.changes, links), ask, progress)
    points = tuple(sorted(solved))
    totals = np.array([solved[p].income_latent.sum() for p in points])
    sizes = np.array([np.abs(solved[p].income_latent).sum() for p in points])
    size = float(np.interp(world.year, points, sizes))
    return Prospect(
        plan=plan,
        gains=interpolate_years(plan.calendar, points, totals),
        scale=interpolate_years(plan.calendar, points, sizes / size if size else np.ones(len(points))),
        central=float(np.interp(world.year, points, totals)),
        capex=capex_of_links(world, links),
        growth=growth_ends(world),
    )


def world_gain(result: Result) -> float:
    """Return the world's gain of real income, USD million a year, with latent trade if borders open."""
    income = result.real_income
    return float(income["usd_m_with_latent" if "usd_m_with_latent" in income else "usd_m"].sum())


def worth_in_words(world: World, scenario: Scenario, ask: Ask) -> str:
    """Return on what terms a scenario's net present value stands; "" where it has none."""
    if not can_weigh(world, scenario, ask):
        return ""
    capex = capex_of_links(world, project_links(world, scenario))
    missing = [one.link for one in capex if one.usd_m is None]
    ceiling = f"; no figure for {', '.join(missing)}: a ceiling" if missing else ""
    return (
        f"Net present value: gains of the whole world, latent trade included, opening {ask.opening}, {ask.years} years "
        f"at {100 * ask.discount:g} % real, discounted to {ask.present(world)}; capex USD "
        f"{sum(one.usd_m or 0.0 for one in capex):,.0f} m{ceiling}."
    )
