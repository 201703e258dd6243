"""What fixes the short trade elasticity of energy: the stop of Russian energy to Germany.

Bachmann et al. (2022) put the loss of German gross national expenditure at 0.5 to 3 % within months. The
model is asked the same of its own world; the one elasticity that all energy sectors share is set so that
the loss is the geometric middle, 1.22 %, and its range so that it is 3 and 0.5 %. No other episode
enters; those are for testing.

References
----------
Bachmann, Baqaee, Bayer, Kuhn, Loeschel, Moll, Peichl, Pittel and Schularick 2022 (ECONtribute policy brief
28; Economic Policy 2024), abstract: 0.5 to 3 % of GDP.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from isthmus.errors import QueryError
from isthmus.trade import SHORT, TradeBaseline, TradeSettings, cut_trade, solve_trade, trade_baseline
from isthmus.world import World

#: Sectors whose flows stop: coal, crude oil, natural gas, refined products, electricity.
ENERGY = ("B05", "B06O", "B06G", "C19", "D")
#: Loss of gross national expenditure, percent: low, geometric middle, high.
PUBLISHED_LOSS = (0.5, float(np.sqrt(0.5 * 3.0)), 3.0)


def energy_stop_loss(world: World, theta: float | None = None, settings: TradeSettings = SHORT) -> float:
    """Return the loss of German real expenditure from a stop of Russian energy, percent.

    Parameters
    ----------
    world : World
        With the economies DEU and RUS and the sectors of `ENERGY`.
    theta : float, optional
        Short trade elasticity of all energy sectors; that of the world if left out.
    settings : TradeSettings
        `SHORT` by default.

    Raises
    ------
    QueryError
        The world has no Germany, no Russia, or other sectors.
    """
    return _loss(world, trade_baseline(world, "short"), theta, settings)


def fit_energy_theta(world: World, loss_percent: float = PUBLISHED_LOSS[1]) -> float:
    """Return the short trade elasticity of energy at which the German loss is `loss_percent`."""
    from scipy.optimize import brentq

    baseline = trade_baseline(world, "short")
    theta: float = brentq(lambda t: _loss(world, baseline, t, SHORT) - loss_percent, 0.2, 5.0, xtol=1e-4)
    return theta


def _loss(world: World, baseline: TradeBaseline, theta: float | None, settings: TradeSettings) -> float:
    missing = [name for name in ("DEU", "RUS") if name not in world.economies]
    missing += [code for code in ENERGY if code not in world.sectors.codes]
    if missing:
        raise QueryError(f"world {world.name!r} has no {', '.join(missing)}: the German energy stop needs them.")
    germany, russia = world.economies.index("DEU"), world.economies.index("RUS")
    energy = [world.sectors.codes.index(code) for code in ENERGY]
    if theta is not None:
        changed = baseline.theta.copy()
        changed[energy] = theta
        baseline = replace(baseline, theta=changed)
    shock = cut_trade([(russia, germany)], energy).dense(len(world.economies), len(world.sectors.codes))
    return float(100 * (1 - solve_trade(baseline, shock, settings).real_expenditure_change[germany]))
