"""Fit of the constants to observed flows: Gauss-Newton with adjoint gradients and a ridge prior.

minimise  sum_t w_t r_t(c)^2 + sum_c ((c - prior) / sd)^2,   |c| <= bound,
r_t = ln(modelled + eps) - ln(observed + eps), eps = 2 % of observed; flows and derivatives are those of `flow_model`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from isthmus.routing import RoutingSettings
from isthmus.trust.flow_model import Errors, FlowModel, Specs, read_specs
from isthmus.trust.targets import Target, read_targets
from isthmus.world import World
from isthmus.world.accounts import FloatArray, freeze

#: Standard deviation of ln observed: definitions, conversions, years (assumption).
SIGMA = 0.35
#: Rounds, and the part of the objective that a step has to promise for another one.
MOST_ROUNDS, ENOUGH = 8, 0.02
#: A step is shortened to this share after one that made things worse; to half where less than `_LITTLE` of what it
#: foresaw came true, and doubled where more than `_MUCH` did. The first one goes half way.
_FIRST, _BACK, _LITTLE, _MUCH = 0.5, 0.4, 0.25, 0.6
#: Taste draws of the fit.
FIT_DRAWS = 2
#: Largest step of a constant in one round, in standard deviations of its prior.
_STRIDE = 1.5
#: Strengths of the prior of single places that leave-one-corridor-out chooses among: its variance is divided by them.
#: What all crossings, ports or ferries share keeps its own: it is what one corridor can tell another.
RIDGES = (1.0, 2.0, 4.0, 8.0, 16.0, 64.0)
#: With fewer corridors than this none is left out.
_FEW_CORRIDORS = 3


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """A fit, round by round."""

    specs: Specs
    value: FloatArray  # (constant,)
    objective: tuple[float, ...]  # of each round, the first without constants
    fitted: tuple[str, ...]  # observed flows

    def __post_init__(self) -> None:
        freeze(self)


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
    model = FlowModel(world, fit, specs, settings, tell)
    value = best = step = np.zeros(specs.sd.size)
    objective, share, foreseen = [np.inf], _FIRST, np.inf
    for round_ in range(MOST_ROUNDS):
        errors = model.at(value).errors
        now = _objective(errors, value, specs)
        tell(f"round {round_}: objective {now:.2f}, median |log error| {np.median(np.abs(errors.residual)):.3f}")
        if now < objective[-1]:
            if round_ == 0:
                specs = _choose_prior(errors, specs, tell)
            else:
                share = _trust(share, (objective[-1] - now) / foreseen)
            here, best = errors, value
            objective.append(now)
            step = _gauss_newton(here, best, specs)
            if _foresee(here, best, step, specs) < ENOUGH * now:
                break
        else:
            share *= _BACK
        foreseen = _foresee(here, best, share * step, specs)
        value = np.clip(best + share * step, -specs.bound, specs.bound)
    return Fit(specs, best, tuple(objective[1:]), tuple(target.flow for target in fit))


def _objective(errors: Errors, value: FloatArray, specs: Specs) -> float:
    return float(_weights(errors.targets) @ errors.residual**2 + ((value / specs.sd) ** 2).sum())


def _foresee(errors: Errors, value: FloatArray, step: FloatArray, specs: Specs) -> float:
    """Return by how much a step from `value` lowers the objective if errors are linear in the constants."""
    ahead = replace(errors, residual=errors.residual + errors.jacobian @ step)
    return _objective(errors, value, specs) - _objective(ahead, value + step, specs)


def _trust(share: float, kept: float) -> float:
    """Return the share of the next step, given how much of what the last one foresaw came true."""
    if kept < _LITTLE:
        return 0.5 * share
    return min(1.0, 2.0 * share) if kept > _MUCH else share


def fit_step(errors: Errors, specs: Specs, tell: Callable[[str], None]) -> FloatArray:
    """Return the constants (constant,) after one step from none, the prior chosen inside the training set.

    Parameters
    ----------
    errors : Errors
        Of the training set, at no constants.
    specs : Specs
    tell : callable
        Told the prior that is taken.
    """
    return _gauss_newton(errors, np.zeros(specs.sd.size), _choose_prior(errors, specs, tell))


def _choose_prior(errors: Errors, specs: Specs, tell: Callable[[str], None]) -> Specs:
    """Return the constants with the prior that predicts corridors best that its fit has not seen."""
    if len({target.corridor for target in errors.targets}) < _FEW_CORRIDORS:
        return specs
    tried = [_strengthen(specs, ridge) for ridge in RIDGES]
    means = [leave_out(errors, each) for each in tried]
    best = len(RIDGES) - 1 - int(np.argmin(means[::-1]))
    told = ", ".join(f"{ridge:g}: {mean:.3f}" for ridge, mean in zip(RIDGES, means, strict=True))
    tell(f"leave-one-corridor-out, mean |log error| by strength of the prior: {told}; {RIDGES[best]:g} is taken")
    return tried[best]


def _strengthen(specs: Specs, ridge: float) -> Specs:
    """Return the constants with the variance of single places' priors divided by `ridge`."""
    shared = (specs.table["kind"] == "mode").to_numpy()
    return replace(specs, sd=np.where(shared, specs.sd, specs.sd / np.sqrt(ridge)))


def leave_out(errors: Errors, specs: Specs) -> float:
    """Return the mean absolute log error of corridors, each predicted by one step fitted to the others.

    Parameters
    ----------
    errors : Errors
        At no constants.
    specs : Specs
        Their prior is the one that is tried.
    """
    means = []
    for name in sorted({target.corridor for target in errors.targets}):
        out = np.array([target.corridor == name for target in errors.targets])
        step = _gauss_newton(errors.only(~out), np.zeros(specs.sd.size), specs)
        means.append(float(np.abs(errors.residual[out] + errors.jacobian[out] @ step).mean()))
    return float(np.mean(means))


def _weights(targets: tuple[Target, ...]) -> FloatArray:
    """Return 1 / sigma^2, shared out so that a corridor with n rows counts as the root of n."""
    count = {target.corridor: 0 for target in targets}
    for target in targets:
        count[target.corridor] += 1
    return np.array([SIGMA**-2 / np.sqrt(count[target.corridor]) for target in targets])


def _gauss_newton(errors: Errors, value: FloatArray, specs: Specs) -> FloatArray:
    """Return the step from `value` (constant,), no constant by more than its stride."""
    weight, jacobian = _weights(errors.targets), errors.jacobian
    normal = jacobian.T @ (weight[:, None] * jacobian) + np.diag(specs.sd**-2.0)
    gradient = jacobian.T @ (weight * errors.residual) + value / specs.sd**2
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
