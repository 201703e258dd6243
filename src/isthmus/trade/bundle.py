"""Many scenarios on one baseline, posed side by side: the axis of scenarios comes last.

All share the baseline's source shares pi. What a scenario cuts enters as sparse corrections of the two
sums over partners, (3) and (7). Where more than half of a sum is cut, it is formed anew from what is
left, so that no digits are lost and a cell without sources is exactly 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isthmus.trade import equations as eq
from isthmus.trade.closure import refuse_unbalanced, scale_deficits, trading_blocs
from isthmus.trade.problem import Problem
from isthmus.trade.shares import TradeBaseline
from isthmus.trade.sparse import SparseShock
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

#: Outputs are scaled by their baseline plus this share of world income, as in single solves.
_TINY = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Posed:
    """One scenario on the shared baseline."""

    sector: IntArray  # (entry,) flows that change
    origin: IntArray
    destination: IntArray
    phi: FloatArray  # (entry,) factor on the source weight
    cut: BoolArray  # (entry,) narrowed by a ban: its cell may use the backstop
    deficit: FloatArray  # D' (economy,)
    net_remittances: FloatArray  # (economy,)
    endowment: FloatArray  # (economy,)


@dataclass(frozen=True, eq=False, slots=True)
class Shared:
    """What the scenarios of a batch have in common."""

    still: Problem  # the baseline, posed without a shock
    trade: FloatArray  # (sector, origin, destination) base trade, for closures
    sources: IntArray  # (sector, destination) how many origins a cell has
    buyers: IntArray  # (sector, origin) how many destinations a node sells to
    linked: BoolArray  # (origin, destination) any trade at all
    names: tuple[str, ...]

    @classmethod
    def of(cls, baseline: TradeBaseline, still: Problem) -> Shared:
        """Return the shared part of a baseline."""
        pi = still.base_weight
        trade = np.ascontiguousarray(np.moveaxis(baseline.border_value, 2, 0)) / still.scale
        names = baseline.economies or tuple(f"economy {i}" for i in range(pi.shape[1]))
        return cls(still, trade, (pi > 0).sum(axis=1), (pi > 0).sum(axis=2), np.asarray((pi > 0).any(axis=0)), names)


def pose_sparse(shared: Shared, shock: SparseShock) -> Posed | None:
    """Return one scenario, or None if it kills or idles something and must be solved with its dead set.

    Raises
    ------
    Infeasible
        A deficit or remittance must cross where no trade does.
    """
    p = shared.still
    pi = p.base_weight[shock.sector, shock.origin, shock.destination]
    live = pi > 0
    k, i, n = shock.sector[live], shock.origin[live], shock.destination[live]
    phi, open_share = shock.phi(p.th)[live], shock.open_share[live]
    gone = phi == 0.0
    if gone.any():
        without_source = _emptied(shared.sources, k[gone], n[gone])
        idle = _emptied(shared.buyers, k[gone], i[gone])
        if (p.settings.choke is None and without_source) or (not np.isinf(p.settings.kap) and idle):
            return None
    remittances = p.remittances if shock.remittances is None else shock.remittances / p.scale
    deficit = p.deficit
    if (open_share < 1.0).any():
        deficit, remittances = _close(shared, (k, i, n), open_share, gone, remittances)
    return Posed(
        sector=k,
        origin=i,
        destination=n,
        phi=phi,
        cut=open_share < 1.0,
        deficit=deficit,
        net_remittances=remittances.sum(axis=0) - remittances.sum(axis=1),
        endowment=p.endowment if shock.endowment is None else shock.endowment,
    )


def _emptied(count: IntArray, sector: IntArray, economy: IntArray) -> bool:
    """Return whether some (sector, economy) loses all it has."""
    lost = np.zeros_like(count)
    np.add.at(lost, (sector, economy), 1)
    return bool(((lost > 0) & (lost == count)).any())


def _close(
    shared: Shared,
    flow: tuple[IntArray, IntArray, IntArray],
    open_share: FloatArray,
    gone: BoolArray,
    remittances: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return deficits and remittances under the closure, as `problem.pose` settles them."""
    (k, i, n), p = flow, shared.still
    linked = shared.linked
    if gone.any():
        left = (p.base_weight > 0).sum(axis=0)
        np.subtract.at(left, (i[gone], n[gone]), 1)
        linked = left > 0
    bloc = trading_blocs(linked[None].astype(float))
    deficit = p.deficit
    if p.settings.closure == "scaled":
        remittances = remittances * (bloc[:, None] == bloc)
        whole = shared.trade.sum(axis=0)
        lost = np.zeros_like(whole)
        np.add.at(lost, (i, n), shared.trade[k, i, n] * (1.0 - open_share))
        np.fill_diagonal(whole, 0.0)
        np.fill_diagonal(lost, 0.0)
        total, less = whole.sum(axis=0) + whole.sum(axis=1), lost.sum(axis=0) + lost.sum(axis=1)
        kappa = 1.0 - np.divide(less, total, out=np.zeros_like(total), where=total > 0)
        deficit = scale_deficits(deficit, kappa, bloc)
    refuse_unbalanced(deficit + remittances.sum(axis=0) - remittances.sum(axis=1), bloc, shared.names)
    return deficit, remittances


@dataclass(frozen=True, eq=False, slots=True)
class _Correction:
    """How cut flows change sums over partners: out[target] += weight x value[source], some sums formed anew."""

    target: IntArray  # (entry,) flat (sector, economy, scenario)
    source: IntArray  # (entry,)
    weight: FloatArray  # (entry,) pi (phi - 1)
    anew: IntArray  # (sum,) flat targets formed anew
    terms: IntArray  # (sum, economy) flat sources of these
    terms_weight: FloatArray  # (sum, economy) pi phi

    def correct(self, out: FloatArray, value: FloatArray) -> None:
        """Correct the sums in place; both arrays are (sector, economy, scenario)."""
        flat, values = out.reshape(-1), value.reshape(-1)
        np.add.at(flat, self.target, self.weight * values[self.source])
        if self.anew.size:
            flat[self.anew] = np.einsum("mn,mn->m", self.terms_weight, values[self.terms])


@dataclass(frozen=True, eq=False, slots=True)
class Swept:
    """One sweep of a batch."""

    moved: FloatArray  # (state, scenario)
    residual: FloatArray  # (scenario,); nan where there is no number
    real_income: FloatArray  # (economy, scenario), level at baseline prices
    excess_pay: FloatArray  # (economy, scenario) demand for factors less their income
    backstop: FloatArray  # (scenario,) largest share of a cell's purchases met by the backstop


@dataclass(frozen=True, eq=False, slots=True)
class Bundle:
    """Scenarios side by side. A state is (ln c, Y over its scale, ln w) by scenario, as of single solves."""

    shared: Shared
    posed: tuple[Posed, ...]
    sources: _Correction  # of (3)
    sales: _Correction  # of (7)
    backed: IntArray  # (cell,) flat (sector, economy, scenario) with a backstop
    deficit: FloatArray  # (economy, scenario)
    net_remittances: FloatArray
    endowment: FloatArray

    @classmethod
    def of(cls, shared: Shared, posed: Sequence[Posed]) -> Bundle:
        """Return scenarios side by side."""
        p, size = shared.still, len(posed)
        count = [len(one.sector) for one in posed]
        b = np.repeat(np.arange(size), count)

        def column(name: str) -> IntArray:
            return np.concatenate([getattr(one, name) for one in posed]).astype(np.int64)

        k, i, n = column("sector"), column("origin"), column("destination")
        phi = np.concatenate([one.phi for one in posed])
        pi, shape = p.base_weight, (*p.a.shape, size)
        cells, rows = np.ravel_multi_index((k, n, b), shape), np.ravel_multi_index((k, i, b), shape)
        cut = column("cut").astype(bool) & (p.settings.choke is not None)
        trade = shared.trade[k, i, n]
        made = p.Y0[k, i]
        sold = np.divide(trade * (1.0 - phi), made, out=np.zeros_like(trade), where=made > 0)
        return cls(
            shared=shared,
            posed=tuple(posed),
            sources=_correction(cells, rows, pi[k, i, n], phi, pi[k, i, n] * (1.0 - phi), pi.transpose(0, 2, 1), shape),
            sales=_correction(rows, cells, pi[k, i, n], phi, sold, pi, shape),
            backed=np.unique(cells[cut]),
            deficit=np.stack([one.deficit for one in posed], axis=1),
            net_remittances=np.stack([one.net_remittances for one in posed], axis=1),
            endowment=np.stack([one.endowment for one in posed], axis=1),
        )

    def keep(self, which: IntArray) -> Bundle:
        """Return only some of the scenarios, in the order given."""
        return Bundle.of(self.shared, [self.posed[i] for i in which])

    def start(self) -> FloatArray:
        """Return the state of the baseline, for every scenario."""
        still = self.shared.still
        one = still.start()[: -still.a.shape[1]]  # no border taxes
        return np.repeat(one[:, None], len(self.posed), axis=1)

    def unpack(self, state: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return views: ln c, Y over its scale (sector, economy, scenario), ln w (sector or 1, economy, scenario)."""
        p, size = self.shared.still, state.shape[1]
        nodes = p.a.size
        shape = (*p.a.shape, size)
        lw = state[2 * nodes :].reshape(-1, p.a.shape[1], size)
        return state[:nodes].reshape(shape), state[nodes : 2 * nodes].reshape(shape), lw

    def damp(self, state: FloatArray, moved: FloatArray, step: float) -> FloatArray:
        """Return the moved state with only `step` of the change of factor prices, and no leap of them."""
        part = slice(2 * self.shared.still.a.size, None)
        out = moved.copy()
        out[part] = state[part] + np.clip(step * (moved[part] - state[part]), -0.5, 0.5)
        return out

    def sweep(self, state: FloatArray) -> Swept:
        """Return one plain sweep of all scenarios."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self._sweep(state)

    def _sweep(self, state: FloatArray) -> Swept:
        p, s = self.shared.still, self.shared.still.settings
        lc, y, lw = self.unpack(state)
        moved = np.empty_like(state)
        lc_new, y_new, lw_new = self.unpack(moved)
        scale = (p.Y0 + _TINY)[..., None]
        VA, share = self._factors()
        lp, kernel, q, share_backed = self._prices(lc)
        lpm = eq.input_price(lp, p.gam, s.sM)
        lc_new[:] = eq.unit_cost(lw, lpm, p.al[..., None], p.be[..., None], s.eps)
        al = eq.value_added_shares(lw, lc_new, p.al[..., None], s.eps)
        lpc = eq.consumption_price(lp, p.a[..., None], s.sC)
        supply = eq.factor_income(lw, VA, share, self.endowment, s.kap)
        earned = supply.sum(axis=0)
        spending = earned + self.net_remittances + self.deficit
        X = eq.final_shares(lp, lpc, p.a[..., None], s.sC) * np.maximum(spending, 1e-3 * earned)
        Y = y * scale
        X = X + eq.input_demand(lp, lpm, p.gam, (1.0 - al) * Y, s.sM)
        Y_new = self._sales(q, np.divide(X, kernel, out=np.zeros_like(X), where=kernel > 0))
        if self.backed.size:
            Y_new.reshape(-1)[self.backed] += share_backed * X.reshape(-1)[self.backed]
        pay = np.maximum(al * Y_new, 1e-9 * p.VA[..., None])
        if np.isinf(s.kap):
            pay = pay.sum(axis=0)[None]
        lw_new[:] = eq.factor_price(pay, VA, share, self.endowment, s.kap)
        lw_new -= np.log(eq.factor_income(lw_new, VA, share, self.endowment, s.kap).sum(axis=(0, 1)))
        y_new[:] = Y_new / scale
        gap = (np.abs(lc_new - lc) * (p.Y0 > 0)[..., None]).max(axis=(0, 1))
        gap = np.maximum(gap, (np.abs(lw_new - lw) * (VA > 0)).max(axis=(0, 1)))
        least = np.maximum(p.Y0, _TINY)[..., None]
        gap = np.maximum(gap, (np.abs(Y_new - Y) / np.maximum(Y_new, least)).max(axis=(0, 1)))
        gap = np.where((spending > 0).all(axis=0), gap, np.inf)
        return Swept(
            moved=moved,
            residual=np.where(np.isfinite(moved).all(axis=0), gap, np.nan),
            real_income=eq.real_income(earned + self.net_remittances, lpc),
            excess_pay=pay.sum(axis=0) - earned,
            backstop=self._largest_backstop(share_backed),
        )

    def _factors(self) -> tuple[FloatArray, FloatArray]:
        """Return VA and its shares (sector, economy, 1); mobile factors are one pool (1, economy, 1)."""
        p = self.shared.still
        if np.isinf(p.settings.kap):
            return p.VA.sum(axis=0)[None, :, None], p.share.sum(axis=0)[None, :, None]
        return p.VA[..., None], p.share[..., None]

    def _prices(self, lc: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Equation (3) with the backstop: ln P, P^-th, c^-th, and the share met by the backstop (backed cell,)."""
        p = self.shared.still
        th = p.th[:, None, None]
        q = np.exp(-th * lc)
        kernel = p.base_weight.transpose(0, 2, 1) @ q
        self.sources.correct(kernel, q)
        share = np.zeros(self.backed.size)
        if self.backed.size and p.settings.choke is not None:
            flat = kernel.reshape(-1)
            own = q.reshape(-1)[self.backed]
            size = len(self.posed) * p.a.shape[1]
            floor = p.settings.choke ** -p.th[self.backed // size] * own
            now = flat[self.backed]
            share = np.divide(floor - now, floor, out=share, where=floor > now)
            flat[self.backed] = np.maximum(now, floor)
        lp = np.where(kernel > 0, -np.log(np.where(kernel > 0, kernel, 1.0)) / th, 0.0)
        return lp, kernel, q, share

    def _sales(self, q: FloatArray, pull: FloatArray) -> FloatArray:
        """Equation (7)."""
        sold = self.shared.still.base_weight @ pull
        self.sales.correct(sold, pull)
        sold *= q
        return sold

    def _largest_backstop(self, share: FloatArray) -> FloatArray:
        most = np.zeros(len(self.posed))
        np.maximum.at(most, self.backed % len(self.posed), share)
        return most


def _correction(
    target: IntArray,
    source: IntArray,
    weight: FloatArray,
    phi: FloatArray,
    lost: FloatArray,
    whole: FloatArray,
    shape: tuple[int, ...],
) -> _Correction:
    """Return the correction of sums at flat `target` over flat `source`; `lost` are the shares of sums that go.

    `whole` (sector, target economy, source economy) are the baseline's weights.
    """
    at, place = np.unique(target, return_inverse=True)
    heavy = np.bincount(place, weights=lost, minlength=len(at)) > 0.5
    anew = at[heavy]
    k, own, b = np.unravel_index(anew, shape)
    weights = whole[k, own].copy()
    rank = np.cumsum(heavy) - 1
    inside = heavy[place]
    partner = np.unravel_index(source[inside], shape)[1]
    weights[rank[place[inside]], partner] *= phi[inside]
    economies = np.arange(shape[1])
    terms = np.ravel_multi_index((k[:, None], economies[None], b[:, None]), shape) if anew.size else np.zeros((0, 0))
    light = ~inside
    return _Correction(
        target[light], source[light], (weight * (phi - 1.0))[light], anew, terms.astype(np.int64), weights
    )
