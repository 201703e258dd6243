"""Blocked cross-validation: every corridor predicted by constants fitted to other corridors alone.

The split of `targets` tests one half of the corridors by the other. Here corridors are dealt into folds in the
order of their salted hash; the rows of a fold are predicted by constants fitted to the rows of all other folds that
may train (full years with known demand). One Gauss-Newton step from the facts, the prior chosen anew inside each
training set, flows to first order in the constants: r = r0 + J c, with the exact derivatives of `sweep_passages`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing import RoutingSettings
from isthmus.routing.passage import sweep_passages
from isthmus.trust.calibrate import fit_step
from isthmus.trust.constants import without_constants
from isthmus.trust.flow_model import EPS, Errors, FlowModel, Specs, lay_ground, read_specs
from isthmus.trust.targets import Target, hash_of, may_train, read_targets
from isthmus.trust.validation import (
    Comparison,
    Score,
    pose,
    pose_least_cost,
    prepare_year,
    score,
    sum_targets,
)
from isthmus.world import World
from isthmus.world.accounts import FloatArray, IntArray

#: Folds of corridors.
FOLDS = 5
#: What the rows of a fold are used for.
_OUT = "out-of-fold"


@dataclass(frozen=True, slots=True)
class Folds:
    """Rows out of their fold's training set, and how far off they are."""

    flows: tuple[Comparison, ...]  # used "out-of-fold"; modelled_mt is the prediction
    fold: tuple[int, ...]  # of each flow
    score: Score


def deal_folds(corridors: tuple[str, ...], folds: int = FOLDS) -> dict[str, int]:
    """Return the fold of each corridor: dealt in the order of their salted hash."""
    return {name: i % folds for i, name in enumerate(sorted(set(corridors), key=hash_of))}


def predict(errors: Errors, specs: Specs, tell: Callable[[str], None] = lambda _: None) -> tuple[FloatArray, IntArray]:
    """Return the log error of each target, predicted without its corridor's fold, and its fold.

    Parameters
    ----------
    errors : Errors
        At no constants.
    specs : Specs
    tell : callable
        Told what prior each fold takes.
    """
    dealt = deal_folds(tuple(target.corridor for target in errors.targets))
    fold = np.array([dealt[target.corridor] for target in errors.targets])
    trains = np.array([may_train(target) for target in errors.targets])
    out = errors.residual.copy()
    for number in range(FOLDS):
        step = fit_step(errors.only(trains & (fold != number)), specs, tell)
        mine = fold == number
        out[mine] += errors.jacobian[mine] @ np.clip(step, -specs.bound, specs.bound)
    return out, fold


def _least_cost(world: World, targets: tuple[Target, ...], settings: RoutingSettings) -> dict[str, float]:
    """Return the Mt of each target when every trip takes its cheapest route."""
    ground, out = lay_ground(world, settings), {}
    for when in sorted({target.year for target in targets}):
        year = prepare_year(world, ground, targets, when)
        found = sum_targets(
            year, sweep_passages(pose_least_cost(pose(year, ground, settings)), year.demand, year.watch)
        )
        out.update({target.flow: float(mt) for target, mt in zip(year.targets, found, strict=True)})
    return out


def cross_validate(world: World, settings: RoutingSettings, tell: Callable[[str], None] = lambda _: None) -> Folds:
    """Return every comparable flow predicted by constants that other corridors gave.

    Rows that are only shown because their corridor trains in the split take part; doubtful ones do not. The
    cheapest routes beside them are those of the facts alone: every fold has constants of its own.
    """
    plain = without_constants(world)
    targets = tuple(target for target in read_targets() if target.treatment != "doubtful")
    specs = read_specs(plain)
    model = FlowModel(plain, targets, specs, settings, tell)
    state = model.at(np.zeros(specs.sd.size))
    least = _least_cost(plain, targets, settings)
    errors, fold = predict(state.errors, specs, tell)
    flows = tuple(
        Comparison(
            target=replace(target, used=_OUT),
            modelled_mt=max(float(np.exp(error) * (1 + EPS) - EPS), 0.0) * target.observed_mt,
            least_cost_mt=least[target.flow],
            uncalibrated_mt=float(before),
        )
        for target, error, before in zip(targets, errors, state.modelled, strict=True)
    )
    return Folds(flows, tuple(int(f) for f in fold), score(flows, _OUT))
