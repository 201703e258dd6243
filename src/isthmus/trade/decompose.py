r"""Where a change of real income comes from: ln W taken apart along the way from the old world to the new.

The way is phi(s) = 1 + s (phi' - 1), with taxes, deficits, remittances and endowments linear in s. Cost
minimisation and utility maximisation (envelope theorem) make the change at each step, with I income and
F flows at the buyer's price::

    I dln W = sum_k (sales - own purchases)_nk dln c_nk      own prices
            - sum_{i != n,k} F_ikn dln c_ik                  import prices
            + sum_ik F_ikn / th_k dln phi_ikn                trade cost, and lost (or new) access
            - sum_ik F_ikn dln((1+t)(1+x)) + d(revenue)      taxes
            + dR                                             transfers
            + VA dln L                                       endowment

Purchases are those that income pays for: what a deficit buys is left out, as equation (10) leaves it out.
Steps use flows at both ends (Toernqvist), and two step widths are combined (Richardson). What the parts
miss of the exact ln W is reported, not spread.

References
----------
Baqaee and Farhi 2024 (Econometrica 92:2), section 3, for the first-order terms; Caliendo and Parro 2015
(REStud 82:1), equation (15), for terms of trade and volume of trade at a small change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from isthmus.errors import NotConverged
from isthmus.trade import equations as eq
from isthmus.trade.equilibrium import balance, find_state
from isthmus.trade.problem import Evaluation, Problem, Weights, cost_wedge, pose
from isthmus.trade.shares import TradeBaseline
from isthmus.trade.shock import CERTIFIED, LONG, TradeSettings, TradeShock, check_shock
from isthmus.trade.welfare import first_order_change
from isthmus.world.accounts import FloatArray, freeze

#: Parts of ln W, in this order.
COMPONENTS = ("own_prices", "import_prices", "trade_cost", "access", "taxes", "transfers", "endowment")

#: What the parts may miss of ln W, and the numbers of steps tried until they do not.
_CLOSE, _STEPS = 1e-5, (4, 8, 16, 32)


@dataclass(frozen=True, eq=False, slots=True)
class Decomposition:
    """ln W by where it comes from; arrays are read-only."""

    parts: FloatArray  # (economy, component) log points, in the order of COMPONENTS
    exact: FloatArray  # (economy,) ln W of the full change
    first_order: FloatArray  # (economy,) ln W to first order (Hulten), without terms of trade
    steps: int  # steps of the finer of both paths

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def missed(self) -> FloatArray:
        """(economy,) exact ln W less the sum of its parts."""
        gap: FloatArray = self.exact - self.parts.sum(axis=1)
        return gap


def decompose(
    baseline: TradeBaseline, shock: TradeShock, settings: TradeSettings = LONG, *, tolerance: float = _CLOSE
) -> Decomposition:
    """Return ln W taken apart.

    Parameters
    ----------
    baseline, shock, settings : TradeBaseline, TradeShock, TradeSettings
        As for `solve_trade`.
    tolerance : float
        Steps are doubled until the parts miss no economy's ln W by more, at most 32.

    Raises
    ------
    NotConverged
        A point on the way has no equilibrium within 1e-8.
    Infeasible, InputError
        As `solve_trade`.
    """
    check_shock(shock, *baseline.output.shape)
    if settings.closure == "balanced" and baseline.deficit.any() and shock.deficit is None:
        baseline = balance(baseline, settings)
    path = _Path(baseline, shock, settings)
    first = first_order_change(baseline, shock)
    coarse, exact = path.sum_up(_STEPS[0])
    for steps in _STEPS[1:]:
        fine, exact = path.sum_up(steps)
        parts = fine + (fine - coarse) / 3.0
        if np.abs(parts.sum(axis=1) - exact).max() <= tolerance:
            break
        coarse = fine
    return Decomposition(parts=parts, exact=exact, first_order=first, steps=steps)


@dataclass(frozen=True, eq=False, slots=True)
class _Point:
    """An equilibrium on the way."""

    at: Evaluation
    spent: FloatArray  # F (sector, origin, destination): purchases that income pays for, at the buyer's price
    backstop: FloatArray  # (sector, economy) the same, met by the backstop
    sold: FloatArray  # (sector, economy) Y
    per_phi: FloatArray  # F / (th phi) (sector, origin, destination), finite at phi = 0
    log_tax: FloatArray | None  # ln (1+t)(1+x)
    net_remittances: FloatArray
    endowment: FloatArray


class _Path:
    """Points between the baseline and the shock; each is solved once."""

    def __init__(self, baseline: TradeBaseline, shock: TradeShock, settings: TradeSettings) -> None:
        self.settings = settings
        self.start, self.end = pose(baseline, TradeShock(), settings), pose(baseline, shock, settings)
        shape = self.start.base_weight.shape
        wedge = cost_wedge(baseline, shock)
        self.wedge = np.ones(shape) if wedge is None else np.ascontiguousarray(np.moveaxis(wedge, 2, 0))
        self.by_cost = _cost_share(baseline, shock, shape)
        self._points: dict[float, _Point] = {}
        self._states: dict[float, FloatArray] = {}

    def sum_up(self, steps: int) -> tuple[FloatArray, FloatArray]:
        """Return the parts (economy, component) over a number of steps, and the exact ln W."""
        # Steps shrink towards the end, where a price may run off as its last source goes.
        grid = [1.0 - (1.0 - i / steps) ** 2 for i in range(steps + 1)]
        points = [self._point(s) for s in grid]
        parts = sum(self._step(a, b, grid[i + 1] - grid[i]) for i, (a, b) in enumerate(pairwise(points)))
        first, last = points[0].at, points[-1].at
        income = eq.real_income(last.income, last.lpc) / eq.real_income(first.income, first.lpc)
        return np.asarray(parts, dtype=float), np.log(income)

    def _problem(self, s: float) -> Problem:
        """Return the problem at a share of the way; dead sets hold at its end alone."""
        if s >= 1.0:
            return self.end
        a, b = self.start, self.end
        if s <= 0.0:
            return a
        keep = [_between(x, y, s) for x, y in self._keeps()]
        observed = a.base_weight * (1.0 + s * (self.wedge - 1.0)) * self._taxed_phi(s)
        hidden = None if b.hidden is None else s * b.hidden
        remittances = a.remittances + s * (b.remittances - a.remittances)
        return replace(
            a,
            observed=observed,
            hidden=hidden,
            weights=Weights.of(observed if hidden is None else observed + hidden, keep[0], keep[1]),
            keep_import=keep[0],
            keep_export=keep[1],
            backed=b.backed,
            deficit=a.deficit + s * (b.deficit - a.deficit),
            remittances=remittances,
            net_remittances=a.net_remittances + s * (b.net_remittances - a.net_remittances),
            endowment=a.endowment + s * (b.endowment - a.endowment),
        )

    def _keeps(self) -> list[tuple[FloatArray | None, FloatArray | None]]:
        return [(self.start.keep_import, self.end.keep_import), (self.start.keep_export, self.end.keep_export)]

    def _log_tax(self, s: float) -> FloatArray | None:
        """Return ln (1+t)(1+x) at a share of the way; None if there are no taxes."""
        total = None
        for before, after in self._keeps():
            keep = _between(before, after, s)
            if keep is not None:
                total = -np.log(keep) if total is None else total - np.log(keep)
        return total

    def _taxed_phi(self, s: float) -> FloatArray | float:
        """Return what changed taxes do to phi at a share of the way."""
        now, before = self._log_tax(s), self._log_tax(0.0)
        if now is None or before is None:
            return 1.0
        phi: FloatArray = np.exp(-self.start.th[:, None, None] * (now - before))
        return phi

    def _point(self, s: float) -> _Point:
        if s not in self._points:
            problem = self._problem(s)
            nearest = min(self._states, key=lambda t: abs(t - s), default=None)
            begin = problem.start() if nearest is None or s >= 1.0 else self._states[nearest]
            found = find_state(problem, self.settings, begin)
            if not found.residual <= CERTIFIED:
                raise NotConverged(
                    f"decomposition: residual {found.residual:.1e} at {100 * s:.0f} % of the way. Soften the scenario."
                )
            self._states[s] = found.state
            self._points[s] = self._describe(problem, found.state, s)
        return self._points[s]

    def _describe(self, problem: Problem, state: FloatArray, s: float) -> _Point:
        at = problem.evaluate(state)
        own = at.X - problem.deficit * at.a  # what a deficit buys is not income's
        _, kernel, q, _ = problem.prices(at.lc)
        pull = np.divide(own, kernel, out=np.zeros_like(own), where=kernel > 0)
        weight = problem.base_weight * q[:, :, None] * pull[:, None, :]
        spent = problem.weights.total * q[:, :, None] * pull[:, None, :]
        per_phi = weight * self._taxed_phi(s) / problem.th[:, None, None]
        return _Point(
            at, spent, at.backstop * own, at.Y, per_phi, self._log_tax(s), problem.net_remittances, problem.endowment
        )

    def _step(self, a: _Point, b: _Point, width: float) -> FloatArray:
        """Return the parts of one step (economy, component)."""
        income = 2.0 / (1.0 / a.at.income + 1.0 / b.at.income)
        dlc = b.at.lc - a.at.lc
        if self.end.dead is not None:
            dlc = np.where(self.end.dead.node, 0.0, dlc)
        dlp = b.at.lp - a.at.lp
        spent, back, sold = _mean(a.spent, b.spent), _mean(a.backstop, b.backstop), _mean(a.sold, b.sold)
        priced = (spent * dlc[:, :, None]).sum(axis=1) + back * dlc  # (sector, destination)
        home = np.einsum("knn->kn", spent) + back
        own = ((sold - home) * dlc).sum(axis=0)
        imports = -(priced - home * dlc).sum(axis=0)
        taxed = self._taxed(a, b, spent)
        cost = (_mean(a.per_phi, b.per_phi) * width * (self.wedge - 1.0) * self.by_cost).sum(axis=(0, 1))
        # What sources' prices, costs and taxes do not explain of the buyers' prices is access.
        bought = spent.sum(axis=1) + back
        access = (-bought * dlp + priced).sum(axis=0) - cost - taxed
        factors = _mean(a.at.factor_income, b.at.factor_income)
        parts = np.stack(
            [
                own,
                imports,
                cost,
                access,
                taxed + b.at.revenue - a.at.revenue,
                b.net_remittances - a.net_remittances,
                factors * np.log(b.endowment / a.endowment),
            ],
            axis=1,
        )
        return parts / income[:, None]

    @staticmethod
    def _taxed(a: _Point, b: _Point, spent: FloatArray) -> FloatArray:
        """Return what buyers lose by dearer taxes (economy,), before they get the revenue."""
        if a.log_tax is None or b.log_tax is None:
            return np.zeros(spent.shape[2])
        lost: FloatArray = -(spent * (b.log_tax - a.log_tax)).sum(axis=(0, 1))
        return lost


def _mean(a: FloatArray, b: FloatArray) -> FloatArray:
    return 0.5 * (a + b)


def _between(a: FloatArray | None, b: FloatArray | None, s: float) -> FloatArray | None:
    """Return 1/(1+rate) with the rate a share of the way from that of `a` to that of `b`; None is no tax."""
    if a is None and b is None:
        return None
    before = 0.0 if a is None else 1.0 / a - 1.0
    after = 0.0 if b is None else 1.0 / b - 1.0
    keep: FloatArray = np.asarray(1.0 / (1.0 + before + s * (after - before)))
    return keep


def _cost_share(baseline: TradeBaseline, shock: TradeShock, shape: tuple[int, ...]) -> FloatArray:
    """Return how much of each wedge is trade cost rather than access (sector, origin, destination): by logs."""
    tau, access = shock.trade_cost_change, shock.access
    if tau is None:
        return np.zeros(shape)
    share = np.where(np.isinf(tau), 0.0, 1.0)  # a flow without any route has lost access
    if access is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            cost, ban = np.abs(baseline.theta * np.log(tau)), np.abs(np.log(access))
            share = np.where(ban > 0, share * np.where(np.isinf(ban), 0.0, cost / (cost + ban)), share)
    return np.ascontiguousarray(np.moveaxis(np.nan_to_num(share), 2, 0))
