"""A posed trade problem: baseline and shock as sector-major arrays, and one sweep of the equations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from isthmus.trade import equations as eq
from isthmus.trade.cutoff import find_dead, refuse_dead_final
from isthmus.trade.shares import TradeBaseline
from isthmus.world.accounts import BoolArray, FloatArray

if TYPE_CHECKING:
    from isthmus.trade.equilibrium import TradeSettings, TradeShock

#: Outputs are scaled by their baseline plus this share of world income, so that tiny ones do not stall.
_TINY = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Evaluation:
    """Everything at one state; logs start with l. Sector-major."""

    lp: FloatArray
    lpc: FloatArray
    lc: FloatArray
    lw: FloatArray
    X: FloatArray
    Y: FloatArray
    flow: FloatArray
    latent: FloatArray | None
    income: FloatArray
    spending: FloatArray
    backstop: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """Arrays of one problem; world factor income is 1."""

    settings: TradeSettings
    scale: float  # money of one unit of world factor income
    th: FloatArray  # (sector,)
    observed: FloatArray  # (sector, origin, destination) pi phi
    hidden: FloatArray | None  # latent share x access
    weight: FloatArray  # observed + hidden
    cut: BoolArray  # (sector, economy) cells in which the scenario cuts a source
    al: FloatArray  # (sector, economy)
    gam: FloatArray  # (economy, input, user)
    a: FloatArray  # (sector, economy)
    Y0: FloatArray  # (sector, economy)
    VA: FloatArray  # (sector, economy)
    needed: BoolArray  # (sector, economy) cells bought in the baseline
    deficit: FloatArray  # D' (economy,)
    net_remittances: FloatArray  # R' (economy,)
    endowment: FloatArray  # L (economy,)
    keep_import: FloatArray | None  # 1/(1+t'), (sector, origin, destination)
    keep_export: FloatArray | None  # 1/(1+x')
    base_weight: FloatArray  # weight without the shock, for the homotopy

    @property
    def step(self) -> float:
        """Damping of factor prices: a plain sweep overshoots by the trade elasticity."""
        return 0.25 if np.isinf(self.settings.kap) else 0.5

    def part(self, share: float) -> Problem:
        """Return the problem with only a share of the way from old to new source weights."""
        return replace(self, weight=self.base_weight + share * (self.weight - self.base_weight))

    # A state is one vector: ln c, Y over its scale, ln w (by economy if mobile), tariff revenue.

    def start(self) -> FloatArray:
        """Return the state of the baseline."""
        n = self.a.shape[1]
        lw = np.zeros(n) if np.isinf(self.settings.kap) else np.zeros(self.a.size)
        unit = self.Y0 / (self.Y0 + _TINY)
        return np.concatenate([np.zeros(self.a.size), unit.ravel(), lw, np.zeros(n)])

    def unpack(self, state: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return ln c, Y, ln w (sector, economy) and revenue (economy,) of a state."""
        shape, size = self.a.shape, self.a.size
        lc = state[:size].reshape(shape)
        Y = state[size : 2 * size].reshape(shape) * (self.Y0 + _TINY)
        lw = state[2 * size : -shape[1]]
        return lc, Y, np.broadcast_to(lw, shape) if lw.size == shape[1] else lw.reshape(shape), state[-shape[1] :]

    def prices(self, lc: FloatArray, lw: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Equation (3) with the backstop: ln P, kernel P^-th, c^-th, and the share met by the backstop."""
        kernel, q = eq.price_kernel(self.weight, lc, self.th)
        share = np.zeros_like(kernel)
        if self.settings.choke is not None and self.cut.any():
            home = np.where(self.Y0 > 0, lc, lw)
            floor = np.where(self.cut, np.exp(-self.th[:, None] * (np.log(self.settings.choke) + home)), 0.0)
            share = np.divide(floor - kernel, floor, out=share, where=floor > kernel)
            kernel = np.maximum(kernel, floor)
        lp = np.where(kernel > 0, -np.log(np.where(kernel > 0, kernel, 1.0)) / self.th[:, None], 0.0)
        return lp, kernel, q, share

    def factor_income(self, lw: FloatArray) -> FloatArray:
        """Equation (9): income of factors at their prices, (sector, economy)."""
        kap = self.settings.kap
        if np.isinf(kap):
            return self.VA * self.endowment * np.exp(lw)
        phi = np.log((self.VA / self.VA.sum(axis=0) * np.exp(kap * lw)).sum(axis=0)) / kap
        paid: FloatArray = self.VA * self.endowment * np.exp(kap * lw + (1.0 - kap) * phi)
        return paid

    def sweep(self, state: FloatArray) -> tuple[FloatArray, float]:
        """Return the state after one plain sweep and the residual of the state."""
        s = self.settings
        lc, Y, lw, revenue = self.unpack(state)
        income = self.factor_income(lw).sum(axis=0)
        lp, kernel, q, share = self.prices(lc, lw)
        lpm = eq.input_price(lp, self.gam, s.sM)
        lc_new = eq.unit_cost(lw, lpm, self.al, s.eps)
        lpc = eq.consumption_price(lp, self.a, s.sC)
        E = income + self.net_remittances + self.deficit + revenue
        al = eq.value_added_shares(lw, lc_new, self.al, s.eps)
        X = eq.final_shares(lp, lpc, self.a, s.sC) * E
        X = X + eq.input_demand(lp, lpm, self.gam, (1.0 - al) * Y, s.sM)
        Y_new, revenue_new = self.clear(q, X, kernel, share)
        lw_new = eq.factor_price(np.maximum(al * Y_new, 0.0), self.VA, lw, self.endowment, s.kap)
        # Numeraire: world factor income is 1.
        lw_new = lw_new - np.log(self.factor_income(lw_new).sum())
        gap = [np.abs(lc_new - lc)[self.Y0 > 0].max(initial=0.0), np.abs(lw_new - lw)[self.VA > 0].max(initial=0.0)]
        gap.append((np.abs(Y_new - Y) / np.maximum(np.maximum(Y_new, self.Y0), _TINY)).max())
        gap.append((np.abs(revenue_new - revenue) / np.abs(E)).max())
        lw_flat = lw_new[0] if np.isinf(s.kap) else lw_new.ravel()
        moved = np.concatenate([lc_new.ravel(), (Y_new / (self.Y0 + _TINY)).ravel(), lw_flat, revenue_new])
        residual = float(max(gap)) if np.isfinite(moved).all() and (E > 0).all() else float("nan")
        return moved, residual

    def clear(
        self, q: FloatArray, X: FloatArray, kernel: FloatArray, share: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Equations (7) and (8): outputs, and tariff and export-tax revenue by economy."""
        n = X.shape[1]
        if self.keep_import is None and self.keep_export is None:
            return eq.goods_market(self.weight, q, X, kernel) + share * X, np.zeros(n)
        spent = self.bilateral(self.weight, q, X, kernel)
        border = spent if self.keep_import is None else spent * self.keep_import
        revenue = (spent - border).sum(axis=(0, 1))
        home = border if self.keep_export is None else border * self.keep_export
        revenue = revenue + (border - home).sum(axis=(0, 2))
        return home.sum(axis=2) + share * X, revenue

    @staticmethod
    def bilateral(weight: FloatArray, q: FloatArray, X: FloatArray, kernel: FloatArray) -> FloatArray:
        """Pi' X' (sector, origin, destination), tariffs included."""
        pull = np.divide(X, kernel, out=np.zeros_like(X), where=kernel > 0)
        spent: FloatArray = weight * q[:, :, None] * pull[:, None, :]
        return spent

    def damp(self, state: FloatArray, moved: FloatArray, step: float) -> FloatArray:
        """Return the moved state with only `step` of the change of factor prices."""
        size, n = self.a.size, self.a.shape[1]
        out = moved.copy()
        part = slice(2 * size, out.size - n)
        out[part] = state[part] + step * (moved[part] - state[part])
        return out

    def evaluate(self, state: FloatArray) -> Evaluation:
        """Return prices, flows and incomes at a state."""
        s = self.settings
        lc, Y, lw, revenue = self.unpack(state)
        lp, kernel, q, share = self.prices(lc, lw)
        lpc = eq.consumption_price(lp, self.a, s.sC)
        lpm = eq.input_price(lp, self.gam, s.sM)
        al = eq.value_added_shares(lw, lc, self.al, s.eps)
        income = self.factor_income(lw).sum(axis=0) + self.net_remittances + revenue
        E = income + self.deficit
        X = eq.final_shares(lp, lpc, self.a, s.sC) * E
        X = X + eq.input_demand(lp, lpm, self.gam, (1.0 - al) * Y, s.sM)
        flow = self._net(self.bilateral(self.observed, q, X, kernel))
        latent = None if self.hidden is None else self._net(self.bilateral(self.hidden, q, X, kernel))
        return Evaluation(lp, lpc, lc, lw, X, Y, flow, latent, income, E, share)

    def _net(self, spent: FloatArray) -> FloatArray:
        for keep in (self.keep_import, self.keep_export):
            spent = spent if keep is None else spent * keep
        return spent


def _major(array: FloatArray) -> FloatArray:
    """(origin, destination, sector) to contiguous (sector, origin, destination)."""
    return np.ascontiguousarray(np.moveaxis(array, 2, 0))


def _keep(rate: FloatArray | None) -> FloatArray | None:
    return None if rate is None else _major(1.0 / (1.0 + rate))


def _phi(baseline: TradeBaseline, shock: TradeShock) -> FloatArray:
    """Equation (3): phi (sector, origin, destination); exactly 0 where cut, exactly 1 where unchanged."""
    theta = baseline.theta
    phi = np.ones(baseline.expenditure_share.shape)
    if shock.trade_cost_change is not None:
        cost = shock.trade_cost_change
        phi = np.where(np.isinf(cost), 0.0, np.where(np.isinf(cost), 1.0, cost) ** -theta)
    if shock.tariff is not None:
        before = 0.0 if baseline.tariff is None else baseline.tariff
        phi = phi * ((1.0 + shock.tariff) / (1.0 + before)) ** -theta
    if shock.export_tax is not None:
        phi = phi * (1.0 + shock.export_tax) ** -theta
    if shock.access is not None:
        phi = phi * shock.access
    return _major(phi)


def _scaled_deficit(deficit: FloatArray, traded: FloatArray, open_: BoolArray) -> FloatArray:
    """Closure `scaled`: D' = share of base trade left x D, the larger side scaled to balance."""
    off = ~np.eye(traded.shape[1], dtype=bool)
    left, whole = traded * (open_ & off), traded * off
    share = (left.sum(axis=(0, 1)) + left.sum(axis=(0, 2))) / np.maximum(
        whole.sum(axis=(0, 1)) + whole.sum(axis=(0, 2)), 1e-300
    )
    scaled = np.where(share == 1.0, deficit, share * deficit)
    up, down = scaled[scaled > 0].sum(), -scaled[scaled < 0].sum()
    if (share == 1.0).all() or up == 0 or down == 0:
        return scaled if (share == 1.0).all() else np.zeros_like(scaled)
    less = min(up, down)
    balanced: FloatArray = np.where(scaled > 0, scaled * (less / up), scaled * (less / down))
    return balanced


def pose(baseline: TradeBaseline, shock: TradeShock, settings: TradeSettings) -> Problem:
    """Return the problem of a shock: scaled to world factor income 1, dead cells settled."""
    scale = float(baseline.value_added.sum())
    pi = _major(baseline.expenditure_share)
    observed = pi * _phi(baseline, shock)
    hidden = None
    if baseline.latent_share is not None and shock.latent_access is not None:
        hidden = _major(baseline.latent_share * shock.latent_access)
    weight = observed if hidden is None else observed + hidden
    cut = ((pi > 0) & (observed == 0)).any(axis=1)
    if shock.access is not None:
        cut |= ((pi > 0) & (_major(shock.access) < 1.0)).any(axis=1)
    X0 = baseline.purchases.T / scale
    needed = X0 > 0
    gam = np.ascontiguousarray(baseline.input_share)
    a = np.ascontiguousarray(baseline.final_share.T)
    if settings.choke is None and cut.any():
        dead = find_dead(weight, needed, gam, essential=settings.sM <= 1.0 or settings.eps <= 1.0)
        refuse_dead_final(dead, a if settings.sC <= 1.0 else np.zeros_like(a))
        weight = weight * ~dead.node[:, :, None]
    deficit = baseline.deficit / scale
    if settings.closure == "scaled" and cut.any():
        deficit = _scaled_deficit(deficit, pi * X0[:, None, :], (observed > 0) | (pi == 0))
    remittances = baseline.remittances if shock.remittances is None else shock.remittances
    n = deficit.size
    return Problem(
        settings=settings,
        scale=scale,
        th=baseline.theta,
        observed=observed,
        hidden=hidden,
        weight=weight,
        cut=cut & needed,
        al=np.ascontiguousarray(baseline.value_added_share.T),
        gam=gam,
        a=a,
        Y0=np.ascontiguousarray(baseline.output.T) / scale,
        VA=np.ascontiguousarray(baseline.value_added.T) / scale,
        needed=needed,
        deficit=deficit,
        net_remittances=(remittances.sum(axis=0) - remittances.sum(axis=1)) / scale,
        endowment=np.ones(n) if shock.endowment is None else shock.endowment,
        keep_import=_keep(shock.tariff if shock.tariff is not None else baseline.tariff),
        keep_export=_keep(shock.export_tax),
        base_weight=pi,
    )
