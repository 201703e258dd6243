"""TradeSolution: a counterfactual equilibrium as hats and values, with its certificate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.trade import equations as eq
from isthmus.trade.problem import Evaluation, Problem
from isthmus.trade.shares import TradeBaseline
from isthmus.trade.shock import CERTIFIED, TradeShock
from isthmus.world.accounts import FloatArray, freeze


@dataclass(frozen=True, eq=False, slots=True)
class TradeSolution:
    """The counterfactual equilibrium; arrays are read-only.

    Hats (`*_change`) are new over old, 1 is no change. Values are in money of the baseline at the
    numeraire: world factor income is unchanged.
    """

    real_income_change: FloatArray  # W (economy,) hat, equation (10): income without the deficit, over PC
    real_expenditure_change: FloatArray  # (economy,) hat of E/PC
    income_change: FloatArray  # (economy,) hat of factor income, border taxes and remittances, nominal
    consumer_price_change: FloatArray  # PC (economy,) hat
    wage_change: FloatArray  # (economy,) hat of factor income per unit of factor
    factor_price_change: FloatArray  # w (economy, sector) hat
    unit_cost_change: FloatArray  # c (economy, sector) hat; inf where nothing can be made
    price_change: FloatArray  # P (economy, sector) hat, of the buyer; inf where nothing is sold
    input_price_change: FloatArray  # PM (economy, sector) hat, of the using sector
    value_added_share: FloatArray  # al' (economy, sector)
    final_share: FloatArray  # a' (economy, sector)
    output: FloatArray  # Y' (economy, sector)
    purchases: FloatArray  # X' (economy, sector), border taxes included
    expenditure: FloatArray  # E' (economy,)
    deficit: FloatArray  # D' (economy,)
    remittances: FloatArray  # R' (payer, recipient)
    tax_revenue: FloatArray  # (economy,) import tariffs and export taxes
    flow: FloatArray  # (origin, destination, sector) at the origin's price, observed trade
    latent_flow: FloatArray | None  # (origin, destination, sector), trade that closed borders suppressed
    quantity_change: FloatArray  # (origin, destination, sector) hat of observed trade in volume, for tonnes
    backstop_share: FloatArray  # (economy, sector) share of purchases met at the choke price
    trade_kept: FloatArray  # kappa (economy,) share of base trade that the scenario leaves open
    residual: float  # largest relative change that a plain sweep would still make
    iterations: int  # sweeps, all stages together
    method: str
    converged: bool

    def __post_init__(self) -> None:
        freeze(self)

    def __repr__(self) -> str:
        worst = int(np.argmax(np.abs(np.log(self.real_income_change))))
        return (
            f"<TradeSolution: largest change economy {worst} {100 * (self.real_income_change[worst] - 1):+.3f} % real "
            f"income; residual {self.residual:.1e}, {self.iterations} sweeps, {self.method}>"
        )


def describe(
    problem: Problem, still: Problem, state: FloatArray, *, residual: float, iterations: int, method: str
) -> TradeSolution:
    """Return the solution at a state, as hats against the no-shock state of the same equations."""
    after, before = problem.evaluate(state), still.evaluate(still.start())
    scale = problem.scale
    dead = problem.dead
    cost, price = np.exp(after.lc - before.lc), np.exp(after.lp - before.lp)
    if dead is not None:
        cost[dead.node] = np.inf
        price[dead.cell] = np.inf
    consumer = np.exp(after.lpc - before.lpc)
    # Equation (10), as one ratio, so that no change is exactly 1.
    income = eq.real_income(after.income, after.lpc) / eq.real_income(before.income, before.lpc)
    return TradeSolution(
        real_income_change=income,
        real_expenditure_change=(after.spending / before.spending) / consumer,
        income_change=after.income / before.income,
        consumer_price_change=consumer,
        wage_change=after.factor_income / before.factor_income / problem.endowment,
        factor_price_change=np.exp(after.lw - before.lw).T.copy(),
        unit_cost_change=cost.T.copy(),
        price_change=price.T.copy(),
        input_price_change=np.exp(after.lpm - before.lpm).T.copy(),
        value_added_share=after.al.T.copy(),
        final_share=after.a.T.copy(),
        output=after.Y.T * scale,
        purchases=after.X.T * scale,
        expenditure=after.spending * scale,
        deficit=problem.deficit * scale,
        remittances=problem.remittances * scale,
        tax_revenue=after.revenue * scale,
        flow=_cube(after.flow * scale),
        latent_flow=None if after.latent is None else _cube(after.latent * scale),
        quantity_change=_quantity_change(before, after),
        backstop_share=after.backstop.T.copy(),
        trade_kept=problem.kappa.copy(),
        residual=residual,
        iterations=iterations,
        method=method,
        converged=residual <= CERTIFIED,
    )


def _cube(array: FloatArray) -> FloatArray:
    """(sector, origin, destination) to contiguous (origin, destination, sector)."""
    return np.ascontiguousarray(np.moveaxis(array, 0, 2))


def _quantity_change(before: Evaluation, after: Evaluation) -> FloatArray:
    """Volume follows spending free of border taxes over unit cost (DESIGN.md section 3, Tonnes); 1 without trade."""
    traded = before.flow > 0
    ratio = np.divide(after.flow, before.flow, out=np.ones_like(after.flow), where=traded)
    np.divide(ratio, np.exp(after.lc - before.lc)[:, :, None], out=ratio, where=traded)
    return _cube(ratio)


def rebase(baseline: TradeBaseline, shock: TradeShock, solution: TradeSolution, *, sM: float = 1.0) -> TradeBaseline:
    """Return the counterfactual equilibrium as a baseline of its own, from which further shocks start.

    Parameters
    ----------
    baseline, shock, solution : TradeBaseline, TradeShock, TradeSolution
        A solved case; latent trade that opened is from now on observed.
    sM : float
        Elasticity among inputs of the solved case.

    Returns
    -------
    TradeBaseline
        In the same money; world factor income is that of `baseline`.
    """
    value = solution.flow if solution.latent_flow is None else solution.flow + solution.latent_flow
    tariff = baseline.tariff if shock.tariff is None else shock.tariff
    export_tax = baseline.export_tax if shock.export_tax is None else shock.export_tax
    for rate in (export_tax, tariff):
        value = value if rate is None else value * (1.0 + rate)
    value = value + _diagonal(solution.backstop_share * solution.purchases)
    total = value.sum(axis=0)
    lp, lpm = np.log(solution.price_change).T, np.log(solution.input_price_change).T
    return replace(
        baseline,
        expenditure_share=np.divide(value, total, out=np.zeros_like(value), where=total > 0),
        value_added_share=solution.value_added_share.copy(),
        input_share=eq.input_shares(lp, lpm, baseline.input_share, sM),
        final_share=solution.final_share.copy(),
        output=solution.output.copy(),
        expenditure=solution.expenditure.copy(),
        deficit=solution.deficit.copy(),
        remittances=solution.remittances.copy(),
        tariff=None if tariff is None else tariff.copy(),
        export_tax=None if export_tax is None else export_tax.copy(),
        latent_share=None,
    )


def _diagonal(values: FloatArray) -> FloatArray:
    n, s = values.shape
    cube = np.zeros((n, n, s))
    cube[np.arange(n), np.arange(n)] = values
    return cube
