"""By how much a measure weakens a grip: leverage without it less leverage with it in place.

Under a measure m the target's loss is 1 - W(m + a) / W(m) (DESIGN.md section 7): against the world that
has the measure, so that what the measure itself gains the target is never booked as a weaker grip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from isthmus.leverage.capex import capex_of_links
from isthmus.leverage.instruments import Instrument, list_instruments
from isthmus.leverage.losses import Ends, ends_at_chokes, joint_cost
from isthmus.leverage.stage import Stage, Terms, forgone, make_stage
from isthmus.scenario import Scenario, library, read_scenario
from isthmus.scenario.changes import Change, SetDemand, SetParameter, kind_of
from isthmus.solve import LEAST_MET, Progress
from isthmus.trade import solve_trade_batch
from isthmus.world import World
from isthmus.world.accounts import IntArray
from isthmus.world.package_data import package_rows

#: Kinds of change that a corridor is made of.
_OPENING = {"open_link", "open_border", "change_link", "set_demand", "set_parameter", "not_modelled"}
_BUILDING = {"open_link", "open_border", "change_link"}


@dataclass(frozen=True, slots=True)
class Loss:
    """Shares of real income lost under all instruments."""

    target: float
    coercer: float
    at_chokes: Ends  # the target's at both ends of the range of choke prices, if it hangs on them


@dataclass(frozen=True, slots=True)
class Grip:
    """A grip before and under a measure; shares of real income."""

    coercers: tuple[str, ...]
    target: str
    scenario: str
    title: str
    before: Loss
    after: Loss
    after_latent: Loss | None  # with trade that the measure's opened borders set free (an estimate)
    gain: float  # what the measure itself brings the target: W(m) - 1
    capex_usd_m: float  # of the links that it opens, as far as known
    links: int  # that it opens
    links_with_capex: int

    @property
    def points_removed(self) -> float:
        """Percentage points of leverage that the measure removes; below 0 it tightens the grip."""
        return 100.0 * (self.before.target - self.after.target)

    @property
    def points_removed_latent(self) -> float | None:
        """The same with latent trade."""
        return None if self.after_latent is None else 100.0 * (self.before.target - self.after_latent.target)

    @property
    def points_per_usd_bn(self) -> float | None:
        """Points removed per USD billion of capex; None where no capex is known."""
        return self.points_removed / (self.capex_usd_m / 1e3) if self.capex_usd_m > 0 else None


def compute_grips(
    world: World,
    pairs: Sequence[tuple[str | tuple[str, ...], str]],
    scenarios: Iterable[Scenario],
    terms: Terms | None = None,
    stages: Mapping[str, Stage] | None = None,
    progress: Progress | None = None,
) -> tuple[Grip, ...]:
    """Return what each measure does to each coercer's grip on its target, largest removal first.

    Parameters
    ----------
    world : World
    pairs : sequence of (coercer or coalition, target)
    scenarios : iterable of Scenario
        Measures, each taken alone.
    stages : mapping of str to Stage, optional
        By name of scenario, those that have been made already on these terms.
    terms, progress
        As for `compute_leverage`; the horizon is long unless they say otherwise, for all measures alike.

    Raises
    ------
    QueryError
        An unknown economy or instrument.
    NotConverged, Infeasible
        An equilibrium was not found.
    """
    tell = progress or (lambda _: None)
    terms = terms or Terms()
    terms = replace(terms, horizon=terms.horizon or "long")
    sides = [((by,) if isinstance(by, str) else tuple(by), on) for by, on in pairs]
    chosen = [list_instruments(world, by, on, terms.kinds) for by, on in sides]
    before: dict[tuple[Change, ...], list[Loss]] = {}
    out = []
    for scenario in scenarios:
        tell(f"with {scenario.name}")
        stage = (stages or {}).get(scenario.name) or make_stage(world, scenario, terms, progress)
        # Demand and parameters hold without the measure too: only the rest of it is compared.
        given = tuple(change for change in scenario.changes if isinstance(change, SetDemand | SetParameter))
        if given not in before:
            bare = make_stage(world, replace(scenario, changes=given), terms, progress)
            before[given] = [_loss(bare.deny(own, tell), *side, own) for side, own in zip(sides, chosen, strict=True)]
        capex, links, known = opened_capex(stage)
        for (by, on), own, was in zip(sides, chosen, before[given], strict=True):
            denied = stage.deny(own, tell)
            opens = bool(stage.coupling.applied.wedges.latent_open.any())
            out.append(
                Grip(
                    coercers=by,
                    target=on,
                    scenario=scenario.name,
                    title=scenario.title,
                    before=was,
                    after=_loss(denied, by, on, own),
                    after_latent=_loss(denied, by, on, own, latent=True) if opens else None,
                    gain=float(denied.real_income([()])[0, world.economies.index(on)]) - 1.0,
                    capex_usd_m=capex,
                    links=links,
                    links_with_capex=known,
                )
            )
    return tuple(sorted(out, key=lambda grip: -grip.points_removed))


def _loss(
    stage: Stage, by: tuple[str, ...], on: str, instruments: Sequence[Instrument], *, latent: bool = False
) -> Loss:
    """Return what all instruments together cost both sides at a stage."""
    names = stage.coupling.world.economies
    at: IntArray = np.array([names.index(name) for name in by])
    n = names.index(on)
    shocks = [stage.shock(taken, latent=latent) for taken in ((), instruments)]
    batch = solve_trade_batch(stage.coupling.baseline, shocks, stage.coupling.trade).require()
    alone, under = batch.real_income_change
    baseline = stage.coupling.baseline
    kept = forgone(instruments, baseline.remittances, at, n, stage.lost_fees())
    cost = joint_cost(baseline.income[at], alone[at], under[at], kept)
    loss = float(1.0 - under[n] / alone[n])
    ends: Ends = ()
    if batch.backstop_share[1] > LEAST_MET:
        (ends,) = ends_at_chokes(stage.coupling, shocks, [(1, n)], np.array([loss]), against=0)
    return Loss(loss, float(cost), ends)


def opened_capex(stage: Stage) -> tuple[float, int, int]:
    """Return the capex of a measure, USD million as far as known, the links that it opens, and how many have a figure.

    Each link counts once, whatever projects it belongs to (`leverage.capex`). A programme with a figure of its own
    (`data/capex.csv`) has that instead.
    """
    world = stage.coupling.world
    costs = capex_of_links(world, [world.network.link_ids[i] for i in stage.coupling.applied.opened])
    programmes = {row["scenario"]: float(row["capex_usd_m"]) for row in package_rows("leverage", "capex")}
    if stage.measure.name in programmes:
        return programmes[stage.measure.name], len(costs), 0
    known = [one.usd_m for one in costs if one.usd_m is not None]
    return sum(known), len(costs), len(known)


def corridors() -> tuple[Scenario, ...]:
    """Return the scenarios of the library that only open or improve links: the corridors."""
    out = []
    for name in library():
        scenario = read_scenario(name)
        words = {kind_of(change) for change in scenario.changes}
        if words <= _OPENING and words & _BUILDING:
            out.append(scenario)
    return tuple(out)
