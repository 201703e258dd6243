"""appraise: what a corridor is worth, to whom, and how sure that is.

Benefits are yearly changes of real income from solved years, on straight lines between them; routing
savings are inside real income and never added to it. Transit revenue is a transfer, told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from isthmus.appraisal.benefits import Question, Yearly, solve_year
from isthmus.appraisal.cashflow import (
    Balance,
    Plan,
    break_even,
    interpolate_years,
    make_balance,
    present_value,
    ramp_up,
)
from isthmus.appraisal.facts import (
    Assumption,
    capex_of,
    find_project,
    given_for,
    growth_ends,
    growth_to,
    opening_of,
    read_assumptions,
)
from isthmus.appraisal.ranges import Ranges, draw_ranges
from isthmus.errors import QueryError
from isthmus.leverage.capex import Capex
from isthmus.scenario import Scenario
from isthmus.scenario.changes import Change, ChangeLink, SetDemand, SetParameter
from isthmus.solve import Progress, Settings
from isthmus.world import World
from isthmus.world.accounts import FloatArray


@dataclass(frozen=True, slots=True)
class Ask:
    """On what terms a corridor is appraised."""

    opening: int = 2030
    years: int = 30
    discount: float = 0.08
    delays: int = 5  # the longest delay told, years
    points: tuple[int, ...] = ()  # years that are solved; () for the world's year and the last of growth
    draws: int = 256  # of the ranges; 0: none
    seed: int = 0
    horizon: str = "long"
    as_of: str | None = None
    settings: Settings = field(default_factory=Settings)

    def present(self, world: World) -> int:
        """Return the year to which all is discounted: that of the network's day."""
        return int((self.as_of or world.as_of)[:4])

    def __post_init__(self) -> None:
        if not 0.0 <= self.discount < 1.0:
            raise QueryError(f"discount is {self.discount!r}: a real rate a year from 0 to below 1, 0.08 for 8 %.")
        if self.years < 1 or self.delays < 0:
            raise QueryError(f"years is {self.years}, delays {self.delays}: give 1 or more years, 0 or more of delay.")


@dataclass(frozen=True, slots=True)
class Together:
    """A corridor with another measure: yearly gains of the world at full use, USD million."""

    scenario: str
    alone: float
    other: float
    joint: float

    @property
    def complementarity(self) -> float:
        """Joint gain less the sum of the single ones."""
        return self.joint - self.alone - self.other


@dataclass(frozen=True, eq=False, slots=True)
class Appraisal:
    """What a corridor is worth; money in USD million of the world's year, present values of `plan.present`."""

    project: str
    title: str
    world: str
    year: int
    as_of: str
    ask: Ask
    plan: Plan
    solved: dict[int, Yearly]  # by demand year
    capex: tuple[Capex, ...]
    balance: Balance  # with latent trade at the central openness
    balance_observed: Balance  # observed trade alone
    by_economy: dict[str, float]  # present value of gains, latent trade included
    transit: dict[str, float]  # present value of transit revenue x margin, by territory: a transfer
    delay: tuple[tuple[int, float, float], ...]  # years, NPV lost, of which benefits lost
    ranges: Ranges | None
    together: Together | None
    assumptions: dict[str, Assumption]

    def __repr__(self) -> str:
        return f"<Appraisal {self.project}: NPV USD {self.balance.npv:,.0f} m>"

    @property
    def tonnage_mt(self) -> float:
        """Mt a year on its busiest link, at the last solved demand."""
        return self.solved[max(self.solved)].tonnage_mt

    @property
    def break_even_mt(self) -> float | None:
        """Mt a year at which it pays, if gains rise in proportion; None if gains are below 0."""
        return break_even(self.tonnage_mt, self.balance)


def appraise(
    world: World, project: str, ask: Ask | None = None, *, beside: Scenario | None = None,
    progress: Progress | None = None,
) -> Appraisal:  # fmt: skip
    """Return what a project of a world is worth.

    Parameters
    ----------
    world : World
    project : str
        Of `world.network.projects`.
    ask : Ask, optional
        Discount, opening, years, solved points, draws.
    beside : Scenario, optional
        A measure to tell complementarity with.
    progress : callable, optional
        Told one line per stage.

    Raises
    ------
    QueryError
        No such project, or terms that make no sense.
    NotConverged, Infeasible
        An equilibrium was not found.
    """
    ask = ask or Ask()
    assumed = read_assumptions()
    links = find_project(world, project)
    question = Question(given_for(world, project), opening_of(project), links)
    plan = make_plan(world, ask)
    solved = solve_points(world, question, ask, progress)
    capex = capex_of(world, project)
    table = world.facts["projects"]
    title = str(table.loc[table["project"] == project, "name"].iloc[0])
    balance = _balance(plan, solved, capex, latent=True)
    found = Appraisal(
        project=project,
        title=title,
        world=world.name,
        year=world.year,
        as_of=ask.as_of or world.as_of,
        ask=ask,
        plan=plan,
        solved=solved,
        capex=capex,
        balance=balance,
        balance_observed=_balance(plan, solved, capex, latent=False),
        by_economy=_by_economy(plan, solved),
        transit=_transit(plan, solved, assumed["margin"].value),
        delay=_delays(plan, solved, capex, ask.delays),
        ranges=None,
        together=None if beside is None else _together(world, question, beside, ask, progress),
        assumptions=assumed,
    )
    if not ask.draws:
        return found
    return replace(found, ranges=_ranges(world, question, found, progress))


def make_plan(world: World, ask: Ask) -> Plan:
    """Return when a corridor is built, opens and ends, on the central assumptions.

    Raises
    ------
    QueryError
        It would open no later than the network's day.
    """
    present, assumed = ask.present(world), read_assumptions()
    if ask.opening <= present:
        raise QueryError(f"opening {ask.opening} is not after {present}, the year of the network. Open later.")
    return Plan(
        present=present,
        opening=ask.opening,
        years=ask.years,
        building=int(assumed["building"].value),
        ramp=int(assumed["ramp"].value),
        discount=ask.discount,
        upkeep=assumed["upkeep"].value,
    )


def solve_points(world: World, question: Question, ask: Ask, progress: Progress | None) -> dict[int, Yearly]:
    """Return the gains at the years of demand that are solved."""
    points = ask.points or (world.year, growth_ends(world).end)
    return {year: _solve(world, question, growth_to(world, year), ask, progress) for year in sorted(points)}


def _solve(world: World, question: Question, more: Sequence[Change], ask: Ask, progress: Progress | None) -> Yearly:
    """Return a question's answer with more changes on both sides."""
    asked = replace(question, given=(*more, *question.given))
    return solve_year(world, asked, settings=ask.settings, horizon=ask.horizon, as_of=ask.as_of, progress=progress)


def full_gains(plan: Plan, solved: dict[int, Yearly], *, latent: bool) -> FloatArray:
    """Return (year, economy) gains at full use."""
    points = tuple(sorted(solved))
    gains = np.array([solved[p].income_latent if latent else solved[p].income for p in points])
    return interpolate_years(plan.calendar, points, gains)


def _balance(plan: Plan, solved: dict[int, Yearly], capex: Sequence[Capex], *, latent: bool) -> Balance:
    total = sum(one.usd_m or 0.0 for one in capex)
    return make_balance(plan, full_gains(plan, solved, latent=latent).sum(axis=1), total)


def _by_economy(plan: Plan, solved: dict[int, Yearly]) -> dict[str, float]:
    gains = full_gains(plan, solved, latent=True) * ramp_up(plan)[:, None]
    names = next(iter(solved.values())).economies
    return {name: present_value(gains[:, e], plan.discount) for e, name in enumerate(names)}


def _transit(plan: Plan, solved: dict[int, Yearly], margin: float) -> dict[str, float]:
    points = tuple(sorted(solved))
    yearly = interpolate_years(plan.calendar, points, np.array([solved[p].transit for p in points]))
    earned = margin * yearly * ramp_up(plan)[:, None]
    names = next(iter(solved.values())).territories
    return {name: present_value(earned[:, t], plan.discount) for t, name in enumerate(names)}


def _delays(
    plan: Plan, solved: dict[int, Yearly], capex: Sequence[Capex], most: int
) -> tuple[tuple[int, float, float], ...]:
    """Return what each year of delay loses: net, and benefits alone. The horizon's end moves with the opening."""
    on_time = _balance(plan, solved, capex, latent=True)
    out = []
    for years in range(most + 1):
        late = _balance(replace(plan, opening=plan.opening + years), solved, capex, latent=True)
        out.append((years, on_time.npv - late.npv, on_time.benefit_value - late.benefit_value))
    return tuple(out)


def _together(world: World, question: Question, beside: Scenario, ask: Ask, progress: Progress | None) -> Together:
    """Return the world's yearly gains of a project, another measure, and both, at the other's demand."""
    shared = tuple(change for change in beside.changes if isinstance(change, SetDemand | SetParameter))
    other = tuple(change for change in beside.changes if change not in shared)
    # Demand and parameters hold on every side: only links, borders and bans are compared.
    cases = (question.added, other, (*question.added, *other))
    gains = [
        _solve(world, replace(question, added=added), shared, ask, progress).income_latent.sum() for added in cases
    ]
    return Together(beside.name, *(float(gain) for gain in gains))


def _ranges(world: World, question: Question, found: Appraisal, progress: Progress | None) -> Ranges:
    """Return 5 to 95 % ranges; border hours are solved at their ends, at the world's own demand."""
    hours = found.assumptions["hours_factor"]
    net = world.network
    waits = tuple(i for i in question.links if net.wait_hours[net.link_ids.index(i)].any())
    base = found.solved[min(found.solved)].income_latent.sum()
    effect = {1.0: 1.0}
    if waits and base:
        for factor in (hours.low, hours.high):
            asked = replace(question, given=(*question.given, ChangeLink(links=waits, hours_factor=factor)))
            gain = _solve(world, asked, (), found.ask, progress).income_latent.sum()
            effect[factor] = float(gain / base)
    gains = tuple(full_gains(found.plan, found.solved, latent=latent).sum(axis=1) for latent in (False, True))
    capex = sum(one.usd_m or 0.0 for one in found.capex)
    return draw_ranges(
        found.plan,
        (gains[0], gains[1]),
        capex,
        effect,
        found.assumptions,
        growth_ends(world),
        (found.ask.draws, found.ask.seed),
    )
