"""Welfare beside equation (10): first-order numbers, for reading an exact one and for checking others' work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.trade.problem import cost_wedge
from isthmus.trade.shares import TradeBaseline
from isthmus.trade.shock import TradeShock
from isthmus.trade.solution import TradeSolution
from isthmus.world.accounts import FloatArray


def first_order_change(baseline: TradeBaseline, shock: TradeShock) -> FloatArray:
    """Return the first-order (Hulten) change of real income, at the baseline's prices and shares.

    Parameters
    ----------
    baseline : TradeBaseline
    shock : TradeShock
        Tariffs and export taxes have no first-order effect here: what one side pays, another collects.

    Returns
    -------
    (economy,) array
        ln W to first order: purchases times what the direct change of their price costs, transfers,
        endowment, over income. No terms of trade; the gap to the exact ln W shows what they and
        substitution do.

    References
    ----------
    Hulten 1978 (REStud 45:3); the price effect is taken linear in phi, so that an embargo stays finite:
    -(share of the lost source) / theta.
    """
    income = baseline.income
    gain = np.zeros_like(income)
    phi = cost_wedge(baseline, shock)
    if phi is not None:
        gain += (baseline.border_value * (phi - 1.0) / baseline.theta).sum(axis=(0, 2))
    if shock.latent_access is not None and baseline.latent_share is not None:
        latent = baseline.latent_share * baseline.purchases
        gain += (latent * shock.latent_access / baseline.theta).sum(axis=(0, 2))
    if shock.remittances is not None:
        moved = shock.remittances - baseline.remittances
        gain += moved.sum(axis=0) - moved.sum(axis=1)
    if shock.endowment is not None:
        gain += baseline.value_added.sum(axis=1) * np.log(shock.endowment)
    change: FloatArray = gain / income
    return change


@dataclass(frozen=True, eq=False, slots=True)
class CaliendoParroWelfare:
    """First-order welfare change at finite hats (economy,), as a share of income."""

    terms_of_trade: FloatArray
    volume_of_trade: FloatArray

    @property
    def total(self) -> FloatArray:
        """(economy,) sum of both."""
        return self.terms_of_trade + self.volume_of_trade


def caliendo_parro_welfare(baseline: TradeBaseline, shock: TradeShock, solution: TradeSolution) -> CaliendoParroWelfare:
    """Return Caliendo and Parro's published welfare numbers; users are shown equation (10) instead.

    Returns
    -------
    CaliendoParroWelfare
        Terms of trade: exports times the change of own unit cost less imports times that of the origins'.
        Volume of trade: tariff revenue times the change of import volume. Both over baseline income.

    References
    ----------
    Caliendo and Parro 2015 (REStud 82:1), section 5, the welfare decomposition: a first-order formula,
    which they evaluate at finite changes. Export taxes are not in it.
    """
    before = baseline.border_value
    cost = np.where(np.isfinite(solution.unit_cost_change), solution.unit_cost_change, 1.0) - 1.0
    exports, imports = before.sum(axis=1) * cost, before * cost[:, None, :]
    volume = np.zeros_like(baseline.expenditure)
    if baseline.tariff is not None:
        after = solution.flow
        rate = baseline.export_tax if shock.export_tax is None else shock.export_tax
        after = after if rate is None else after * (1.0 + rate)
        change = np.divide(after, before, out=np.ones_like(after), where=before > 0) - 1.0
        volume = (baseline.tariff * before * (change - cost[:, None, :])).sum(axis=(0, 2))
    income = baseline.income
    return CaliendoParroWelfare((exports.sum(axis=1) - imports.sum(axis=(0, 2))) / income, volume / income)
