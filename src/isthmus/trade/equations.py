r"""The equilibrium equations, one function each, numbered as in DESIGN (exact hat algebra).

Caliendo and Parro (2015, REStud 82:1) trade with nested CES production and demand. A hat is new over
old, a prime new; world factor income is the numeraire. Arrays are sector-major inside: pi, phi
(sector, origin, destination); c, P, X, Y (sector, economy), or with an axis of scenarios behind them;
gam (economy, input, user). A name that starts with l is the logarithm of a hat.

====== ============================================ ======= =========================================
symbol meaning                                      symbol  meaning
====== ============================================ ======= =========================================
c      unit cost, hat                               P, PM   price of a good, of inputs; hats
w      factor price, hat (sector, economy)          PC      consumer price, hat
al, be shares of value added, of inputs in cost     gam     share of an input among inputs
a      share of a good in final spending            th      trade elasticity
eps    elasticity, value added against inputs       sM, sC  elasticity among inputs, among final goods
kap    mobility of factors (inf: mobile; 1: fixed)  phi     (trade cost hat)^-th; 0 is an embargo
====== ============================================ ======= =========================================
"""

from __future__ import annotations

import numpy as np

from isthmus.world.accounts import FloatArray


def _lost(total: FloatArray) -> FloatArray:
    """Return what cut-offs took of weights that sum to 1: 0 or below, free of rounding."""
    return np.where(np.abs(total - 1.0) < 1e-12, 0.0, total - 1.0)


def _mean(grown: FloatArray, lost: FloatArray, power: float) -> FloatArray:
    """Return ln of a power mean from sum of weight x expm1(power l); exact in the limit power -> 0."""
    inner = lost + grown
    mean: FloatArray = np.log1p(np.where(inner > -1.0, inner, 0.0)) / power
    return mean


def unit_cost(lw: FloatArray, lpm: FloatArray, al: FloatArray, be: FloatArray, eps: float) -> FloatArray:
    """Equation (1): ln c (sector, economy) from ln w and ln PM."""
    if eps == 1.0:
        return al * lw + be * lpm
    e = 1.0 - eps
    return _mean(al * np.expm1(e * lw) + be * np.expm1(e * lpm), _lost(al + be), e)


def input_price(lp: FloatArray, gam: FloatArray, sM: float) -> FloatArray:
    """Equation (2): ln PM (user, economy) from ln P (good, economy); 0 where nothing is bought."""
    if lp.ndim == 3:
        return _input_price_of_many(lp, gam, sM)
    by_economy = np.ascontiguousarray(lp.T)[:, None, :]
    if sM == 1.0:
        return np.ascontiguousarray((by_economy @ gam)[:, 0, :].T)
    s = 1.0 - sM
    return _mean((np.expm1(s * by_economy) @ gam)[:, 0, :].T, _lost(gam.sum(axis=1)).T, s)


def _input_price_of_many(lp: FloatArray, gam: FloatArray, sM: float) -> FloatArray:
    s = 1.0 - sM
    grown = _by_economy(gam.transpose(0, 2, 1), lp if sM == 1.0 else np.expm1(s * lp))
    return grown if sM == 1.0 else _mean(grown, _lost(gam.sum(axis=1)).T[..., None], s)


def _by_economy(matrices: FloatArray, values: FloatArray) -> FloatArray:
    """Return the product of each economy's matrix with (sector, economy, scenario) values, in their order."""
    out = np.empty_like(values)
    np.matmul(matrices, values.transpose(1, 0, 2), out=out.transpose(1, 0, 2))
    return out


def price_kernel(weight: FloatArray, lc: FloatArray, th: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Equation (3): P^-th (sector, economy), the sum over origins of weight c^-th; returns it and c^-th."""
    q = np.exp(-th[:, None] * lc)
    return (q[:, None, :] @ weight)[:, 0, :], q


def consumption_price(lp: FloatArray, a: FloatArray, sC: float) -> FloatArray:
    """Equation (4): ln PC (economy,)."""
    if sC == 1.0:
        price: FloatArray = (a * lp).sum(axis=0)
        return price
    s = 1.0 - sC
    return _mean((a * np.expm1(s * lp)).sum(axis=0), _lost(a.sum(axis=0)), s)


def final_shares(lp: FloatArray, lpc: FloatArray, a: FloatArray, sC: float) -> FloatArray:
    """Equation (4): a' (sector, economy)."""
    return a if sC == 1.0 else a * np.exp((1.0 - sC) * (lp - lpc))


def value_added_shares(lw: FloatArray, lc: FloatArray, al: FloatArray, eps: float) -> FloatArray:
    """Equation (5): al' (sector, economy)."""
    return al if eps == 1.0 else al * np.exp((1.0 - eps) * (lw - lc))


def input_shares(lp: FloatArray, lpm: FloatArray, gam: FloatArray, sM: float) -> FloatArray:
    """Equation (5): gam' (economy, input, user)."""
    if sM == 1.0:
        return gam
    shares: FloatArray = gam * np.exp((1.0 - sM) * (lp.T[:, :, None] - lpm.T[:, None, :]))
    return shares


def input_demand(lp: FloatArray, lpm: FloatArray, gam: FloatArray, spent: FloatArray, sM: float) -> FloatArray:
    """Equation (6), second term: sum_j gam' spent (good, economy), `spent` (user, economy) on inputs.

    gam' is not formed: its price terms are taken out of the sum.
    """
    if lp.ndim == 3:
        if sM == 1.0:
            return _by_economy(gam, spent)
        wanted: FloatArray = np.exp((1.0 - sM) * lp) * _by_economy(gam, spent * np.exp((sM - 1.0) * lpm))
        return wanted
    if sM == 1.0:
        return np.ascontiguousarray((gam @ spent.T[:, :, None])[:, :, 0].T)
    s = 1.0 - sM
    scaled = (spent * np.exp(-s * lpm)).T[:, :, None]
    demand: FloatArray = np.exp(s * lp) * (gam @ scaled)[:, :, 0].T
    return demand


def goods_market(weight: FloatArray, q: FloatArray, pull: FloatArray) -> FloatArray:
    """Equation (7): Y' (sector, economy) = c^-th sum_n weight pull; pull = X' P^th, weight net of border taxes."""
    sales: FloatArray = q * (weight @ pull[:, :, None])[:, :, 0]
    return sales


def tax_revenue(
    on_imports: FloatArray | None, on_exports: FloatArray | None, q: FloatArray, pull: FloatArray
) -> FloatArray:
    """Equation (8), taxes: (economy,) revenue; arguments are the shares of weight that each tax takes."""
    revenue = np.zeros(q.shape[1])
    if on_imports is not None:
        revenue += ((q[:, None, :] @ on_imports)[:, 0, :] * pull).sum(axis=0)
    if on_exports is not None:
        revenue += (q * (on_exports @ pull[:, :, None])[:, :, 0]).sum(axis=0)
    return revenue


def mobility_index(lw: FloatArray, share: FloatArray, kap: float) -> FloatArray:
    """Equation (9): ln Phi (economy,), the mean factor price that mobility 1 <= kap < inf makes."""
    top = lw.max(axis=0)
    index: FloatArray = top + np.log((share * np.exp(kap * (lw - top))).sum(axis=0)) / kap
    return index


def factor_income(lw: FloatArray, VA: FloatArray, share: FloatArray, endowment: FloatArray, kap: float) -> FloatArray:
    """Equation (9), supply: VA L w^kap Phi^(1-kap) (sector, economy); `share` is that of factors in VA_n."""
    if np.isinf(kap) or kap == 1.0:  # Phi drops out
        return VA * endowment * np.exp(lw)
    paid: FloatArray = VA * endowment * np.exp(kap * lw + (1.0 - kap) * mobility_index(lw, share, kap))
    return paid


def factor_price(pay: FloatArray, VA: FloatArray, share: FloatArray, endowment: FloatArray, kap: float) -> FloatArray:
    """Equation (9), demand: the ln w (sector, economy) at which factors are willing to earn `pay` = al' Y'.

    Summed over sectors, (9) says that Phi is total pay over L VA_n. Where a sector has no factors of its own
    (only the backstop produces there), those of all others are hired in their baseline mix, at its price.
    """
    if np.isinf(kap):
        return np.broadcast_to(np.log(pay.sum(axis=0) / (VA.sum(axis=0) * endowment)), pay.shape).copy()
    own, working = VA > 0, share.sum(axis=0)
    mix = share / working
    pay = np.where(own, pay, 0.0) + mix * np.where(own, 0.0, pay).sum(axis=0)
    new = np.log(np.divide(pay, VA * endowment, out=np.ones_like(pay), where=own))
    if kap != 1.0:
        lphi = np.log(pay.sum(axis=0) / (VA.sum(axis=0) / working * endowment))
        new = np.where(own, (new + (kap - 1.0) * lphi) / kap, 0.0)
    return np.where(own, new, (mix * new).sum(axis=0))


def real_income(income: FloatArray, lpc: FloatArray) -> FloatArray:
    """Equation (10), the level: income (economy,) at baseline prices; the hat is its ratio after over before."""
    level: FloatArray = income * np.exp(-lpc)
    return level
