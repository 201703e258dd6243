"""grow_world: a world whose demand has grown, as a baseline of its own.

`set_demand` says how far purchases exceed those of the reference year. Each economy's factors grow by the
mean of its own factors of demand, its spending shares shift by the rest, and the equilibrium at constant
trade costs and long elasticities is the new baseline: scenario and baseline are then compared in the grown
world. World factor income at constant prices grows with it; values stay in USD million of the reference year.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from isthmus.trade import TradeBaseline, TradeShock, rebase, solve_trade, trade_baseline
from isthmus.world import World
from isthmus.world.accounts import Accounts, FloatArray


def grow_world(world: World, demand: FloatArray) -> World:
    """Return the world with purchases grown.

    Parameters
    ----------
    world : World
        The reference year.
    demand : (economy, sector) array
        Purchases over those of the reference year, at constant prices.

    Returns
    -------
    World
        Balanced accounts in USD million of the reference year; tonnes in proportion to volumes.

    Raises
    ------
    NotConverged
        The grown baseline was not reached.
    """
    accounts = world.accounts
    base = trade_baseline(world)
    growth = (base.final_share * demand).sum(axis=1)
    shifted = replace(
        base,
        final_share=base.final_share * demand / growth[:, None],
        input_share=_shift_inputs(base.input_share, demand),
    )
    shock = TradeShock(endowment=growth)
    solution = solve_trade(shifted, shock)
    grown = rebase(shifted, shock, solution)
    # The solver's numeraire keeps world factor income: at constant prices it has grown by this much.
    income = accounts.value_added.sum(axis=1)
    scale = float((income * growth).sum() / income.sum())
    digest = hashlib.sha256(world.sha256.encode() + np.ascontiguousarray(demand).tobytes()).hexdigest()
    return replace(world, accounts=accounts_of(accounts, grown, solution.unit_cost_change, scale), sha256=digest)


def _shift_inputs(input_share: FloatArray, demand: FloatArray) -> FloatArray:
    """Return input shares (economy, input, user) moved by the factors of demand, summing to 1 or 0 as before."""
    moved = input_share * demand[:, :, None]
    total = moved.sum(axis=1, keepdims=True)
    shares: FloatArray = np.divide(moved, total, out=np.zeros_like(moved), where=total > 0)
    return shares


def accounts_of(old: Accounts, grown: TradeBaseline, unit_cost: FloatArray, scale: float) -> Accounts:
    """Return the accounts of a rebased baseline: values times `scale`, tonnes in proportion to volumes.

    Parameters
    ----------
    old : Accounts
        From which the baseline came.
    grown : TradeBaseline
        From `rebase`.
    unit_cost : (economy, sector) array
        Change of unit cost on the way, by which values and volumes differ.
    scale : float
        Money of the new accounts over that of the baseline.
    """
    flow = grown.flow
    with np.errstate(divide="ignore", invalid="ignore"):
        volume = np.where(old.flow > 0, flow / old.flow / unit_cost[:, None, :], 1.0)
        bought = np.where(old.flow.sum(axis=0) > 0, scale * flow.sum(axis=0) / old.flow.sum(axis=0), 1.0)
    spent = (1.0 - grown.value_added_share) * grown.output
    return replace(
        old,
        flow=flow * scale,
        tonnes=old.tonnes * volume,
        latent=old.latent * bought[None],
        inputs=grown.input_share * spent[:, None, :] * scale,
        final_use=grown.final_share * grown.expenditure[:, None] * scale,
        output=grown.output * scale,
        value_added=grown.value_added * scale,
        remittances=grown.remittances * scale,
    )
