"""Real income of a settled scenario in the other horizon, trade alone solved anew."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from isthmus.errors import ModelError
from isthmus.result import OtherHorizon
from isthmus.solve.coupling import Coupling, Settled, trade_terms
from isthmus.trade import trade_baseline

#: The horizon that is not the one asked for.
_OTHER = {"long": "short", "short": "long"}


def solve_other_horizon(coupling: Coupling, settled: Settled) -> OtherHorizon:
    """Return real income in the other horizon, at the freight costs of the settled scenario.

    Freight costs do not depend on the horizon but through queues: these stay those of the horizon asked for,
    since the tonnes of the other one would meet them only by routing anew. Where no capacity binds
    (`queues` off or held) this is the other horizon's own joint equilibrium.
    """
    started = time.perf_counter()
    horizon = _OTHER[coupling.horizon]
    other = replace(
        coupling,
        horizon=horizon,
        baseline=trade_baseline(coupling.world, horizon),
        trade=trade_terms(coupling.settings, horizon, coupling.applied.wedges.parameters)[1],
    )
    cost = other.cost(settled.routing.cost)
    none = np.full(len(coupling.world.economies), np.nan)
    try:
        solution, latent = other.solve(cost), other.with_latent(cost)
    except ModelError as error:
        return OtherHorizon(horizon, none, None, other.baseline.income, time.perf_counter() - started, str(error))
    return OtherHorizon(
        horizon=horizon,
        real_income_change=solution.real_income_change,
        latent_change=None if latent is None else latent.real_income_change,
        income_usd_m=other.baseline.income,
        seconds=time.perf_counter() - started,
    )
