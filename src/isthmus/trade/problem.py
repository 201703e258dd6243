"""A posed trade problem: baseline and shock as sector-major arrays, and one sweep of the equations."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import Infeasible
from isthmus.trade import equations as eq
from isthmus.trade.closure import refuse_unbalanced, scale_deficits, trade_kept, trading_blocs
from isthmus.trade.cutoff import DeadSet, find_dead, refuse_dead_final
from isthmus.trade.shares import TradeBaseline
from isthmus.trade.shock import TradeSettings, TradeShock
from isthmus.world.accounts import BoolArray, FloatArray

#: Outputs are scaled by their baseline plus this share of world income, so that tiny ones do not stall.
_TINY = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Evaluation:
    """Everything at one state, sector-major; a leading l means logarithm."""

    lp: FloatArray  # (sector, economy)
    lpm: FloatArray  # (sector, economy)
    lpc: FloatArray  # (economy,)
    lc: FloatArray  # (sector, economy)
    lw: FloatArray  # (sector, economy)
    al: FloatArray  # (sector, economy)
    a: FloatArray  # (sector, economy)
    X: FloatArray  # (sector, economy)
    Y: FloatArray  # (sector, economy)
    flow: FloatArray  # (sector, origin, destination) at the origin's price
    latent: FloatArray | None
    income: FloatArray  # (economy,) all but the deficit
    spending: FloatArray  # (economy,)
    factor_income: FloatArray  # (economy,)
    revenue: FloatArray  # (economy,)
    backstop: FloatArray  # (sector, economy) share of purchases met by the backstop


@dataclass(frozen=True, eq=False, slots=True)
class Weights:
    """Source weights of equation (3), and what border taxes take of them."""

    total: FloatArray  # (sector, origin, destination) observed + latent
    home: FloatArray  # total / ((1+t')(1+x')): what reaches the origin
    on_imports: FloatArray | None  # total t'/(1+t')
    on_exports: FloatArray | None  # total x'/((1+t')(1+x'))

    @classmethod
    def of(cls, total: FloatArray, keep_import: FloatArray | None, keep_export: FloatArray | None) -> Weights:
        """Return the weights for 1/(1+t') and 1/(1+x'), None where there is no tax."""
        border = total if keep_import is None else total * keep_import
        home = border if keep_export is None else border * keep_export
        return cls(
            total, home, None if keep_import is None else total - border, None if keep_export is None else border - home
        )


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """Arrays of one problem; world factor income is 1."""

    settings: TradeSettings
    scale: float  # money of one unit of world factor income
    th: FloatArray  # (sector,)
    observed: FloatArray  # (sector, origin, destination) pi phi
    hidden: FloatArray | None  # latent share x access
    weights: Weights
    base_weight: FloatArray  # pi, for the homotopy
    keep_import: FloatArray | None  # 1/(1+t'), (sector, origin, destination)
    keep_export: FloatArray | None  # 1/(1+x')
    backed: BoolArray | None  # (sector, economy) cells with a backstop; None: none
    dead: DeadSet | None
    al: FloatArray  # (sector, economy)
    be: FloatArray  # (sector, economy)
    gam: FloatArray  # (economy, input, user)
    a: FloatArray  # (sector, economy)
    Y0: FloatArray  # (sector, economy)
    VA: FloatArray  # (sector, economy) of sectors whose factors can work
    share: FloatArray  # VA / VA_n of the baseline (sector, economy), of sectors whose factors can work
    deficit: FloatArray  # D' (economy,)
    kappa: FloatArray  # (economy,) share of base trade left open
    remittances: FloatArray  # R' (payer, recipient)
    net_remittances: FloatArray  # (economy,)
    endowment: FloatArray  # L (economy,)
    base_revenue: FloatArray  # (economy,) border taxes of the baseline

    @property
    def step(self) -> float:
        """Damping of factor prices: a plain sweep overshoots by the trade elasticity."""
        return 0.25 if np.isinf(self.settings.kap) else 0.5

    def part(self, share: float) -> Problem:
        """Return the problem with only a share of the way from old to new source weights."""
        total = self.base_weight + share * (self.observed - self.base_weight)
        total = total if self.hidden is None else total + share * self.hidden
        return replace(self, weights=Weights.of(total, self.keep_import, self.keep_export))

    # A state is one vector: ln c, Y over its scale, ln w (by economy if mobile), border tax revenue.

    def start(self) -> FloatArray:
        """Return the state of the baseline."""
        zero = np.zeros(self.a.shape)
        return self.pack(zero, self.Y0, zero, self.base_revenue)

    def pack(self, lc: FloatArray, Y: FloatArray, lw: FloatArray, revenue: FloatArray) -> FloatArray:
        """Return the state of ln c, Y, ln w (sector, economy) and revenue (economy,)."""
        wage = lw[0] if np.isinf(self.settings.kap) else lw.ravel()
        return np.concatenate([lc.ravel(), (Y / (self.Y0 + _TINY)).ravel(), wage, revenue])

    def unpack(self, state: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return ln c, Y, ln w (sector, economy) and revenue (economy,) of a state."""
        shape, size = self.a.shape, self.a.size
        lc = state[:size].reshape(shape)
        Y = state[size : 2 * size].reshape(shape) * (self.Y0 + _TINY)
        n = shape[1]
        lw = state[2 * size : -n]
        return lc, Y, np.broadcast_to(lw, shape) if np.isinf(self.settings.kap) else lw.reshape(shape), state[-n:]

    def damp(self, state: FloatArray, moved: FloatArray, step: float) -> FloatArray:
        """Return the moved state with only `step` of the change of factor prices, and no leap of them."""
        out = moved.copy()
        part = slice(2 * self.a.size, out.size - self.a.shape[1])
        out[part] = state[part] + np.clip(step * (moved[part] - state[part]), -0.5, 0.5)
        return out

    def prices(self, lc: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray | None]:
        """Equation (3) with the backstop: ln P, P^-th, c^-th, and the share met by the backstop."""
        kernel, q = eq.price_kernel(self.weights.total, lc, self.th)
        share = None
        if self.backed is not None and self.settings.choke is not None:
            floor = np.where(self.backed, np.exp(-self.th[:, None] * (np.log(self.settings.choke) + lc)), 0.0)
            share = np.divide(floor - kernel, floor, out=np.zeros_like(kernel), where=floor > kernel)
            kernel = np.maximum(kernel, floor)
        lp = np.where(kernel > 0, -np.log(np.where(kernel > 0, kernel, 1.0)) / self.th[:, None], 0.0)
        return lp, kernel, q, share

    def factor_income(self, lw: FloatArray) -> FloatArray:
        """Equation (9), supply: income of factors at their prices, (sector, economy)."""
        return eq.factor_income(lw, self.VA, self.share, self.endowment, self.settings.kap)

    def sweep(self, state: FloatArray) -> tuple[FloatArray, float]:
        """Return the state after one plain sweep, and the residual of the state (nan: no number)."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self._sweep(state)

    def _sweep(self, state: FloatArray) -> tuple[FloatArray, float]:
        s = self.settings
        lc, Y, lw, revenue = self.unpack(state)
        lp, kernel, q, share = self.prices(lc)
        lpm = eq.input_price(lp, self.gam, s.sM)
        lc_new = eq.unit_cost(lw, lpm, self.al, self.be, s.eps)
        al = eq.value_added_shares(lw, lc_new, self.al, s.eps)
        lpc = eq.consumption_price(lp, self.a, s.sC)
        earned = self.factor_income(lw).sum(axis=0)
        spending = earned + self.net_remittances + revenue + self.deficit
        # An extrapolated state may have spent more than there is; the floor lets the sweeps find back.
        E = np.maximum(spending, 1e-3 * earned)
        X = eq.final_shares(lp, lpc, self.a, s.sC) * E
        X = X + eq.input_demand(lp, lpm, self.gam, (1.0 - al) * Y, s.sM)
        pull = np.divide(X, kernel, out=np.zeros_like(X), where=kernel > 0)
        Y_new = eq.goods_market(self.weights.home, q, pull)
        if share is not None:
            Y_new = Y_new + share * X
        revenue_new = eq.tax_revenue(self.weights.on_imports, self.weights.on_exports, q, pull)
        pay = np.maximum(al * Y_new, 1e-9 * self.VA)
        lw_new = eq.factor_price(pay, self.VA, self.share, self.endowment, s.kap)
        # Numeraire: world factor income is 1.
        lw_new = lw_new - np.log(self.factor_income(lw_new).sum())
        gap = [np.abs(lc_new - lc)[self.Y0 > 0].max(), np.abs(lw_new - lw)[self.VA > 0].max()]
        gap.append((np.abs(Y_new - Y) / np.maximum(np.maximum(Y_new, self.Y0), _TINY)).max())
        gap.append((np.abs(revenue_new - revenue) / E).max())
        moved = self.pack(lc_new, Y_new, lw_new, revenue_new)
        if not np.isfinite(moved).all():
            return moved, float("nan")
        return moved, float(max(gap)) if (spending > 0).all() else float("inf")

    def evaluate(self, state: FloatArray) -> Evaluation:
        """Return prices, flows and incomes at a state."""
        s = self.settings
        lc, Y, lw, revenue = self.unpack(state)
        lp, kernel, q, share = self.prices(lc)
        lpm = eq.input_price(lp, self.gam, s.sM)
        lpc = eq.consumption_price(lp, self.a, s.sC)
        al = eq.value_added_shares(lw, lc, self.al, s.eps)
        a = eq.final_shares(lp, lpc, self.a, s.sC)
        factors = self.factor_income(lw).sum(axis=0)
        income = factors + self.net_remittances + revenue
        E = income + self.deficit
        X = a * E + eq.input_demand(lp, lpm, self.gam, (1.0 - al) * Y, s.sM)
        pull = np.divide(X, kernel, out=np.zeros_like(X), where=kernel > 0)
        flow = self._flow(self.observed, q, pull)
        latent = None if self.hidden is None else self._flow(self.hidden, q, pull)
        backstop = np.zeros_like(X) if share is None else share
        return Evaluation(lp, lpm, lpc, lc, lw, al, a, X, Y, flow, latent, income, E, factors, revenue, backstop)

    def _flow(self, weight: FloatArray, q: FloatArray, pull: FloatArray) -> FloatArray:
        value = weight * q[:, :, None]
        value *= pull[:, None, :]
        for keep in (self.keep_import, self.keep_export):
            if keep is not None:
                value *= keep
        return value


def _major(array: FloatArray) -> FloatArray:
    """(origin, destination, sector) to contiguous (sector, origin, destination)."""
    return np.ascontiguousarray(np.moveaxis(array, 2, 0))


def _net(remittances: FloatArray) -> FloatArray:
    """(payer, recipient) to received less paid (economy,)."""
    net: FloatArray = remittances.sum(axis=0) - remittances.sum(axis=1)
    return net


def _keep(rate: FloatArray | None) -> FloatArray | None:
    return None if rate is None else _major(1.0 / (1.0 + rate))


def cost_wedge(baseline: TradeBaseline, shock: TradeShock) -> FloatArray | None:
    """Return phi without taxes (origin, destination, sector): tau_hat^-theta x access; None if all 1."""
    phi = None
    if shock.trade_cost_change is not None:
        # inf ** -theta is exactly 0, 1 ** -theta exactly 1.
        phi = shock.trade_cost_change**-baseline.theta
    if shock.access is not None:
        phi = shock.access if phi is None else phi * shock.access
    return phi


def _phi(baseline: TradeBaseline, shock: TradeShock) -> FloatArray | None:
    """Equation (3): phi (origin, destination, sector); exactly 0 where cut, exactly 1 where unchanged."""
    phi = cost_wedge(baseline, shock)
    for new, old in ((shock.tariff, baseline.tariff), (shock.export_tax, baseline.export_tax)):
        if new is not None:
            tax = ((1.0 + new) / (1.0 if old is None else 1.0 + old)) ** -baseline.theta
            phi = tax if phi is None else phi * tax
    return phi


def _open_share(shock: TradeShock, shape: tuple[int, ...]) -> FloatArray | None:
    """Return the share of each flow's products that stays open (sector, origin, destination); None: all."""
    share = shock.access
    if shock.trade_cost_change is not None and np.isinf(shock.trade_cost_change).any():
        share = np.where(np.isinf(shock.trade_cost_change), 0.0, np.ones(shape) if share is None else share)
    if share is None or (share == 1.0).all():
        return None
    return _major(share)


def pose(baseline: TradeBaseline, shock: TradeShock, settings: TradeSettings) -> Problem:
    """Return the problem of a shock: scaled to world factor income 1, deficits and dead cells settled.

    Raises
    ------
    Infeasible
        A consumed good has no source left, or transfers cross where no trade does.
    """
    scale = float(baseline.value_added.sum())
    pi, phi = _major(baseline.expenditure_share), _phi(baseline, shock)
    observed = pi if phi is None else pi * _major(phi)
    hidden = None
    if baseline.latent_share is not None and shock.latent_access is not None:
        hidden = _major(baseline.latent_share * shock.latent_access)
    total = observed if hidden is None else observed + hidden
    keep_import = _keep(baseline.tariff if shock.tariff is None else shock.tariff)
    keep_export = _keep(baseline.export_tax if shock.export_tax is None else shock.export_tax)
    al = np.ascontiguousarray(baseline.value_added_share.T)
    VA = np.ascontiguousarray(baseline.value_added.T) / scale
    remittances = (baseline.remittances if shock.remittances is None else shock.remittances) / scale
    n = VA.shape[1]
    problem = Problem(
        settings=settings,
        scale=scale,
        th=baseline.theta,
        observed=observed,
        hidden=hidden,
        weights=Weights.of(total, keep_import, keep_export),
        base_weight=pi,
        keep_import=keep_import,
        keep_export=keep_export,
        backed=None,
        dead=None,
        al=al,
        be=1.0 - al,
        gam=np.ascontiguousarray(baseline.input_share),
        a=np.ascontiguousarray(baseline.final_share.T),
        Y0=np.ascontiguousarray(baseline.output.T) / scale,
        VA=VA,
        share=VA / VA.sum(axis=0),
        deficit=(baseline.deficit if shock.deficit is None else shock.deficit) / scale,
        kappa=np.ones(n),
        remittances=remittances,
        net_remittances=_net(remittances),
        endowment=np.ones(n) if shock.endowment is None else shock.endowment,
        base_revenue=baseline.tax_revenue / scale,
    )
    open_share = _open_share(shock, baseline.expenditure_share.shape)
    if open_share is None:
        return problem
    return _settle_cuts(baseline, problem, open_share, fixed=shock.deficit is not None)


def _settle_cuts(baseline: TradeBaseline, problem: Problem, open_share: FloatArray, *, fixed: bool) -> Problem:
    """Return the problem with deficits closed and what the cuts kill taken out."""
    settings = problem.settings
    economies = baseline.economies or tuple(f"economy {i}" for i in range(len(problem.kappa)))
    sectors = baseline.sectors or tuple(f"sector {k}" for k in range(len(problem.th)))
    kappa = trade_kept(_major(baseline.border_value), open_share)
    bloc = trading_blocs(problem.weights.total)
    deficit, remittances = problem.deficit, problem.remittances
    if settings.closure == "scaled":
        # Money sent where nothing can be bought with it stays at home.
        remittances = remittances * (bloc[:, None] == bloc)
        deficit = deficit if fixed else scale_deficits(deficit, kappa, bloc)
    refuse_unbalanced(deficit + _net(remittances), bloc, economies)
    pi, final = problem.base_weight, problem.a > 0
    backed = np.zeros_like(final)
    if settings.choke is not None:
        backed = (pi * (1.0 - open_share)).max(axis=1) > 0
    dead = find_dead(
        problem.weights.total,
        problem.gam,
        problem.al,
        makes=problem.Y0 > 0,
        backed=backed,
        final=final,
        sM=settings.sM,
        eps=settings.eps,
    )
    if settings.sC <= 1.0:
        refuse_dead_final(dead, final, problem.weights.total, economies, sectors)
    problem = replace(
        problem,
        deficit=deficit,
        remittances=remittances,
        net_remittances=_net(remittances),
        kappa=kappa,
        backed=backed if backed.any() else None,
        dead=dead,
    )
    return _take_out(problem, dead, economies)


def _take_out(problem: Problem, dead: DeadSet, economies: tuple[str, ...]) -> Problem:
    """Return the problem without dead cells and nodes, and without factors that are fixed in idle ones."""
    gone = dead.node | dead.idle
    if not (gone.any() or dead.cell.any() or dead.starved.any()):
        return problem
    fixed_factors = not np.isinf(problem.settings.kap)
    works = ~gone if fixed_factors else np.ones_like(gone)
    if not ((problem.VA > 0) & ~gone).any(axis=0).all():
        stopped = int(((problem.VA > 0) & ~gone).any(axis=0).argmin())
        raise Infeasible(
            f"No equilibrium: every sector of {economies[stopped]} has stopped, for want of inputs or of buyers. "
            "Give a choke price (settings.choke), or leave some trade open."
        )
    al = np.where(dead.node, 1.0, problem.al)
    total = problem.weights.total * ~gone[:, :, None]
    return replace(
        problem,
        weights=Weights.of(total, problem.keep_import, problem.keep_export),
        observed=problem.observed * ~gone[:, :, None],
        hidden=None if problem.hidden is None else problem.hidden * ~gone[:, :, None],
        al=al,
        be=np.where(dead.node | dead.starved, 0.0, problem.be),
        # A dead good drops out of nests in which others can replace it.
        gam=problem.gam * ~dead.cell.T[:, :, None],
        a=problem.a * ~dead.cell,
        VA=problem.VA * works,
        share=problem.share * works,
    )
