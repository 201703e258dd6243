"""Fit of the constants to observed flows: Gauss-Newton with adjoint gradients and a ridge prior.

minimise  sum_t w_t r_t(c)^2 + sum_c ((c - prior) / sd)^2,   |c| <= bound,
r_t = ln(modelled + eps) - ln(observed + eps), eps = 2 % of observed.

Derivatives are exact at fixed gates, demand and node scales (`sweep_passages`), the answer of full facilities'
delays included: with A = dv/dc and B = dv/dd at facilities, dd = (1 - D'B)^-1 D'A dc. What moves beside
(gates, the split over zones, scales) is taken anew in every round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from isthmus.routing import RoutingSettings, class_tonnes, solve_routing, split_zones, spread_demand
from isthmus.routing.choice import node_scales
from isthmus.routing.cost import lowest_cost
from isthmus.routing.graph import Graph, compile_graph
from isthmus.routing.passage import Passages, Watch, sweep_passages
from isthmus.trust.rough_queues import (
    DRY,
    Curves,
    Rough,
    RoughYear,
    join_curves,
    pipelines_of,
    queues_of,
    settle,
    step_on,
)
from isthmus.trust.strain import facility_arcs, pick_destinations
from isthmus.trust.targets import Places, Target, read_data, read_targets
from isthmus.trust.validation import Ground, Year, pose, prepare_year, sum_targets
from isthmus.world import World
from isthmus.world.accounts import BoolArray, FloatArray, freeze
from isthmus.world.network import Network

#: Standard deviation of ln observed: definitions, conversions, years (assumption).
SIGMA = 0.35
#: Share of the observed flow that is added to both sides, so that a flow of nothing has a derivative.
EPS = 0.02
#: Rounds, and the largest move of the objective, as a share, that ends them.
MOST_ROUNDS, ENOUGH = 4, 0.02
#: Taste draws of the fit, and of the first settling of its queues, which every round then moves on with all draws.
FIT_DRAWS, SETTLE_DRAWS = 4, 2
#: Largest step of a constant in one round, in standard deviations of its prior.
_STRIDE = 1.5
#: Strengths of the prior of single places that leave-one-corridor-out chooses among: its variance is divided by them.
#: What all crossings, ports or ferries share keeps its own: it is what one corridor can tell another.
RIDGES = (1.0, 2.0, 4.0, 8.0, 16.0, 64.0)
#: With fewer corridors than this none is left out.
_FEW_CORRIDORS = 3


@dataclass(frozen=True, eq=False, slots=True)
class Specs:
    """The constants to be fitted; arrays are read-only."""

    table: pd.DataFrame  # data/constants.csv
    links: FloatArray  # (link, constant) part of the constant on a link
    usd: BoolArray  # (constant,) True: USD per tonne; False: hours
    sd: FloatArray  # (constant,)
    bound: FloatArray  # (constant,)

    def __post_init__(self) -> None:
        freeze(self)


def read_specs(world: World) -> Specs:
    """Return the constants of `data/constants.csv` on the links of a world."""
    table = read_data("constants")
    graph = compile_graph(world.network)
    places = Places(world, graph)
    forward = (graph.link >= 0) & (graph.direction == 0)
    links = np.zeros((len(world.network.link_ids), len(table)))
    for c, place in enumerate(table["place"]):
        weight = places.part(str(place), "*", "both", "").weight
        links[graph.link[forward], c] = weight[forward]
    return Specs(
        table,
        links,
        usd=(table["unit"] == "USD/t").to_numpy(),
        sd=table["prior_sd"].to_numpy(float),
        bound=table["bound"].to_numpy(float),
    )


def with_constants(network: Network, specs: Specs, value: FloatArray) -> Network:
    """Return a network without constants with those of `value` (constant,)."""
    hours = specs.links @ np.where(specs.usd, 0.0, value)
    waits = np.maximum(network.wait_hours + hours[:, None], 0.0)
    return replace(
        network,
        calibrated_usd_per_t=specs.links @ np.where(specs.usd, value, 0.0),
        calibrated_hours=waits - network.wait_hours,
        wait_hours=waits,
    )


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """A fit, round by round."""

    specs: Specs
    value: FloatArray  # (constant,)
    objective: tuple[float, ...]  # of each round, the first without constants
    fitted: tuple[str, ...]  # observed flows

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class _State:
    """Modelled flows of the targets at some constants, and their derivatives."""

    modelled: FloatArray  # (target,) Mt
    slope: FloatArray  # (target, constant)


class FlowModel:
    """Modelled flows as a function of the constants; remembers what later rounds start from."""

    def __init__(
        self,
        world: World,
        targets: tuple[Target, ...],
        specs: Specs,
        settings: RoutingSettings,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.world, self.targets, self.specs, self.settings, self.tell = world, targets, specs, settings, tell
        self.wanted: dict[int, BoolArray] = {}
        self.pipelines: dict[int, FloatArray] = {}
        self.queues: dict[int, tuple[Curves, FloatArray]] = {}

    def at(self, value: FloatArray) -> _State:
        """Return the state at some constants."""
        world = replace(self.world, network=with_constants(self.world.network, self.specs, value))
        ground = lay_ground(world, self.settings)
        modelled: dict[str, float] = {}
        slope: dict[str, FloatArray] = {}
        for when in sorted({target.year for target in self.targets}):
            year = prepare_year(world, ground, self.targets, when)
            found, moves = self._year(year, ground)
            for i, target in enumerate(year.targets):
                modelled[target.flow], slope[target.flow] = float(found[i]), moves[i]
        order = [target.flow for target in self.targets]
        return _State(np.array([modelled[f] for f in order]), np.stack([slope[f] for f in order]))

    def _strain(self, year: Year, ground: Ground) -> RoughYear:
        """Return the delays of a year: pipelines settled; queues settled at first, later moved by one step a round."""
        when, problem = year.targets[0].year, pose(year, ground, self.settings)
        energy = settle(problem, year.whole, pipelines_of(year.world.network), self.pipelines.get(when))
        self.pipelines[when] = energy.traffic
        if when not in self.queues:
            few = min(SETTLE_DRAWS, problem.settings.draws)
            rough = replace(problem, settings=replace(problem.settings, draws=few))
            dry = settle(rough, year.whole, queues_of(rough, year.whole), classes=DRY)
        else:
            curves, traffic = self.queues[when]
            dry = Rough(curves, curves.beyond(traffic), traffic, np.nan)
        return RoughYear(energy, dry)

    def _year(self, year: Year, ground: Ground) -> tuple[FloatArray, FloatArray]:
        when = year.targets[0].year
        network = year.world.network
        graph = compile_graph(network)
        whole = year.whole
        strains = self._strain(year, ground)
        gaps = f"pipelines settled to {100 * strains.energy.gap:.1f} %"
        both = _join(strains)
        posed = pose(year, ground, self.settings, delay=both.on_links(network), wanted=self.wanted.get(when))
        watch, places = _with_facilities(year, graph, both)
        usd, hours = _constant_arcs(graph, self.specs)
        arcs = facility_arcs(graph, both.curves.links)
        constants = (np.concatenate([usd, arcs], axis=1), np.concatenate([hours, 0 * arcs], axis=1))
        load = np.concatenate([year.demand, whole[None]])
        passages = sweep_passages(posed, load, watch, constants)
        if when not in self.wanted:
            self.wanted[when] = pick_destinations(passages)
        gap = self._move_queues(when, strains.dry, passages)
        self.tell(f"  {when}: {len(year.targets)} flows, {gaps}, queues to {100 * gap:.1f} % of capacity")
        total = _total_slope(passages, both, places, self.specs.sd.size)
        moves = np.zeros((len(year.targets), total.shape[1]))
        np.add.at(moves, year.owner, total / 1e6)
        return sum_targets(year, replace(passages, flow=passages.flow[:places])), moves

    def _move_queues(self, when: int, dry: Rough, passages: Passages) -> float:
        """Keep where the queues' traffic goes next; return its largest gap, as a share of capacity."""
        n = dry.curves.size
        if n == 0:
            self.queues[when] = (dry.curves, dry.traffic)
            return 0.0
        flow, slope = passages.flow[-n:] / 1e6, passages.slope[-n:, -n:] / 1e6
        self.queues[when] = (dry.curves, step_on(dry, flow, slope))
        return float(np.max(np.abs(flow - dry.traffic) / dry.curves.capacity))


def _join(strains: RoughYear) -> Rough:
    """Return the delays of pipelines, followed by those of queues, as one."""
    energy, dry = strains.energy, strains.dry
    return Rough(
        join_curves(energy.curves, dry.curves),
        np.concatenate([energy.delay, dry.delay]),
        np.concatenate([energy.traffic, dry.traffic]),
        max(energy.gap, dry.gap),
    )


def lay_ground(world: World, settings: RoutingSettings) -> Ground:
    """Return node scales and demand of a world, never kept on disk."""
    graph = compile_graph(world.network)
    scale = node_scales(graph, lowest_cost(world.network, graph, settings), world.network, settings)
    routing = solve_routing(world.network, world.economies, settings, scale=scale)
    split = split_zones(world.network.zones, routing.cost)
    demand = spread_demand(split, world.network.zones, class_tonnes(world.accounts.tonnes, world.sectors))
    return Ground(scale, demand)


def _constant_arcs(graph: Graph, specs: Specs) -> tuple[FloatArray, FloatArray]:
    """Return what one unit of each constant adds to each arc: (arc, constant) USD per tonne and hours."""
    on = graph.link >= 0
    arcs = specs.links[np.where(on, graph.link, 0)] * on[:, None]
    return arcs * specs.usd, arcs * ~specs.usd


def _with_facilities(year: Year, graph: Graph, strain: Rough) -> tuple[Watch, int]:
    """Return the places of a year followed by the facilities, whose demand is the whole; and how many places."""
    places, n = year.watch.group.size, strain.curves.size
    weight = np.concatenate([year.watch.weight, facility_arcs(graph, strain.curves.links)], axis=1)
    classes = np.concatenate([year.watch.classes, np.ones((year.watch.classes.shape[0], n), dtype=bool)], axis=1)
    group = np.concatenate([year.watch.group, np.full(n, len(year.demand))])
    return Watch(weight, classes, group), places


def _total_slope(passages: Passages, strain: Rough, places: int, constants: int) -> FloatArray:
    """Return (place, constant) derivatives with the delays' own answer."""
    direct, by_delay = passages.slope[:places, :constants], passages.slope[:places, constants:]
    rise = strain.curves.slope(strain.traffic) / 1e6
    a, b = passages.slope[places:, :constants], passages.slope[places:, constants:]
    answer = np.linalg.solve(np.eye(rise.size) - rise[:, None] * b, rise[:, None] * a)
    total: FloatArray = direct + by_delay @ answer
    return total


def calibrate(
    world: World,
    targets: tuple[Target, ...],
    specs: Specs,
    settings: RoutingSettings,
    tell: Callable[[str], None],
) -> Fit:
    """Return the constants fitted to the targets that are used so.

    Parameters
    ----------
    world : World
        Without constants.
    targets : tuple of Target
        Held-out and shown ones are left aside.
    specs : Specs
        The constants.
    settings : RoutingSettings
        Draws of the fit.
    tell : callable
        Told one line per round.
    """
    fit = tuple(target for target in targets if target.used == "fit")
    observed = np.array([target.observed_mt for target in fit])
    weight = _weights(fit)
    model = FlowModel(world, fit, specs, settings, tell)
    value = np.zeros(specs.sd.size)
    best, objective = value, [np.inf]
    step = value
    for round_ in range(MOST_ROUNDS):
        state = model.at(value)
        residual = np.log((state.modelled + EPS * observed) / (observed * (1 + EPS)))
        now = float(weight @ residual**2 + ((value / specs.sd) ** 2).sum())
        tell(f"round {round_}: objective {now:.2f}, median |log error| {np.median(np.abs(residual)):.3f}")
        if now < min(objective):
            gain, best = min(objective) - now, value
            objective.append(now)
            if gain < ENOUGH * now:
                break
            jacobian = state.slope / (state.modelled + EPS * observed)[:, None]
            if round_ == 0:
                specs = _choose_prior(jacobian, residual, fit, specs, tell)
            step = _gauss_newton(jacobian, residual, weight, value, specs)
        else:
            step = 0.4 * step
        value = np.clip(best + step, -specs.bound, specs.bound)
    return Fit(specs, best, tuple(objective[1:]), tuple(target.flow for target in fit))


def fit_step(
    jacobian: FloatArray, residual: FloatArray, fit: tuple[Target, ...], specs: Specs, tell: Callable[[str], None]
) -> FloatArray:
    """Return the constants (constant,) after one step from none, the prior chosen inside the training set.

    Parameters
    ----------
    jacobian : (target, constant) array
        Derivatives of the log flows at no constants.
    residual : (target,) array
        Log errors there.
    fit : tuple of Target
    specs : Specs
    tell : callable
        Told the prior that is taken.
    """
    chosen = _choose_prior(jacobian, residual, fit, specs, tell)
    return _gauss_newton(jacobian, residual, _weights(fit), np.zeros(specs.sd.size), chosen)


def _choose_prior(
    jacobian: FloatArray, residual: FloatArray, fit: tuple[Target, ...], specs: Specs, tell: Callable[[str], None]
) -> Specs:
    """Return the constants with the prior that predicts corridors best that its fit has not seen."""
    if len({target.corridor for target in fit}) < _FEW_CORRIDORS:
        return specs
    tried = [_strengthen(specs, ridge) for ridge in RIDGES]
    errors = [leave_out(jacobian, residual, fit, each) for each in tried]
    best = len(RIDGES) - 1 - int(np.argmin(errors[::-1]))
    told = ", ".join(f"{ridge:g}: {error:.3f}" for ridge, error in zip(RIDGES, errors, strict=True))
    tell(f"leave-one-corridor-out, mean |log error| by strength of the prior: {told}; {RIDGES[best]:g} is taken")
    return tried[best]


def _strengthen(specs: Specs, ridge: float) -> Specs:
    """Return the constants with the variance of single places' priors divided by `ridge`."""
    shared = (specs.table["kind"] == "mode").to_numpy()
    return replace(specs, sd=np.where(shared, specs.sd, specs.sd / np.sqrt(ridge)))


def leave_out(jacobian: FloatArray, residual: FloatArray, fit: tuple[Target, ...], specs: Specs) -> float:
    """Return the mean absolute log error of corridors, each predicted by one step fitted to the others.

    Parameters
    ----------
    jacobian : (target, constant) array
        Derivatives of the log flows at no constants.
    residual : (target,) array
        Log errors there.
    fit : tuple of Target
    specs : Specs
        Their prior is the one that is tried.
    """
    corridors = sorted({target.corridor for target in fit})
    errors = []
    for name in corridors:
        out = np.array([target.corridor == name for target in fit])
        kept = tuple(target for target in fit if target.corridor != name)
        step = _gauss_newton(jacobian[~out], residual[~out], _weights(kept), np.zeros(specs.sd.size), specs)
        errors.append(float(np.abs(residual[out] + jacobian[out] @ step).mean()))
    return float(np.mean(errors))


def _weights(targets: tuple[Target, ...]) -> FloatArray:
    """Return 1 / sigma^2, shared out so that a corridor with n rows counts as the root of n."""
    count = {target.corridor: 0 for target in targets}
    for target in targets:
        count[target.corridor] += 1
    return np.array([SIGMA**-2 / np.sqrt(count[target.corridor]) for target in targets])


def _gauss_newton(
    jacobian: FloatArray, residual: FloatArray, weight: FloatArray, value: FloatArray, specs: Specs
) -> FloatArray:
    """Return the step, no constant by more than its stride."""
    normal = jacobian.T @ (weight[:, None] * jacobian) + np.diag(specs.sd**-2.0)
    gradient = jacobian.T @ (weight * residual) + value / specs.sd**2
    step = -np.linalg.solve(normal, gradient)
    clipped: FloatArray = np.clip(step, -_STRIDE * specs.sd, _STRIDE * specs.sd)
    return clipped


def calibration_table(world: World, fit: Fit) -> pd.DataFrame:
    """Return the table `calibration` of a fit."""
    specs = fit.specs
    ids = np.array(world.network.link_ids, dtype=object)
    rows = []
    for c, spec in enumerate(specs.table.to_dict("records")):
        on = np.flatnonzero(specs.links[:, c])
        rows.append(
            {
                **{key: str(spec[key]) for key in ("constant", "name", "kind", "mode", "territory", "unit")},
                "links": ";".join(ids[on]),
                "share": float(specs.links[on, c].max()),
                "value": round(float(fit.value[c]), 2),
                "prior": 0.0,
                "prior_sd": float(specs.sd[c]),
                "bound": float(specs.bound[c]),
                "basis": "calibrated",
                "source": f"fitted to {len(fit.fitted)} observed flows (trust/data/targets.csv)",
            }
        )
    return pd.DataFrame(rows)


def fit_table(world: World, tell: Callable[[str], None]) -> pd.DataFrame:
    """Return the table `calibration` of a world without constants: fitted to all targets used so."""
    fit = calibrate(world, read_targets(), read_specs(world), RoutingSettings(draws=FIT_DRAWS), tell)
    return calibration_table(world, fit)
