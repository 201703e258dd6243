r"""The equilibrium equations, one function each, numbered as in DESIGN (exact hat algebra).

Caliendo and Parro (2015, REStud 82:1) trade with nested CES production and demand. A hat is new over
old, a prime new; world factor income is the numeraire. Arrays are sector-major inside: pi, phi
(sector, origin, destination); c, P, X, Y (sector, economy); gam (economy, input, user).

====== ============================================ ======= =========================================
symbol meaning                                      symbol  meaning
====== ============================================ ======= =========================================
c      unit cost, hat                               P, PM   price of a good, of inputs; hats
w      factor price, hat (sector, economy)          al      value-added share of output
th     trade elasticity                             gam     share of an input among inputs
eps    elasticity, value added against inputs       sM, sC  elasticity among inputs, among final goods
kap    mobility of factors (inf: mobile; 1: fixed)  phi     (trade cost hat)^-th; 0 is an embargo
====== ============================================ ======= =========================================
"""

from __future__ import annotations

import numpy as np

from isthmus.world.accounts import FloatArray


def unit_cost(lw: FloatArray, lpm: FloatArray, al: FloatArray, eps: float) -> FloatArray:
    """Equation (1): ln c (sector, economy) from ln w and ln PM."""
    if eps == 1.0:
        return al * lw + (1.0 - al) * lpm
    e = 1.0 - eps
    cost: FloatArray = np.log(al * np.exp(e * lw) + (1.0 - al) * np.exp(e * lpm)) / e
    return cost


def input_price(lp: FloatArray, gam: FloatArray, sM: float) -> FloatArray:
    """Equation (2): ln PM (user, economy) from ln P (good, economy); 0 where nothing is bought."""
    by_economy = np.ascontiguousarray(lp.T)[:, None, :]
    if sM == 1.0:
        return np.ascontiguousarray((by_economy @ gam)[:, 0, :].T)
    s = 1.0 - sM
    inner = (np.exp(s * by_economy) @ gam)[:, 0, :].T
    price: FloatArray = np.log(np.where(inner > 0, inner, 1.0)) / s
    return price


def price_kernel(weight: FloatArray, lc: FloatArray, th: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Equation (3): P^-th (sector, economy) as sum over origins of weight c^-th; returns it and c^-th."""
    q = np.exp(-th[:, None] * lc)
    return (q[:, None, :] @ weight)[:, 0, :], q


def consumption_price(lp: FloatArray, a: FloatArray, sC: float) -> FloatArray:
    """Equation (4): ln PC (economy,)."""
    if sC == 1.0:
        price: FloatArray = (a * lp).sum(axis=0)
        return price
    s = 1.0 - sC
    nested: FloatArray = np.log((a * np.exp(s * lp)).sum(axis=0)) / s
    return nested


def final_shares(lp: FloatArray, lpc: FloatArray, a: FloatArray, sC: float) -> FloatArray:
    """Equation (4): a' (sector, economy)."""
    return a if sC == 1.0 else a * np.exp((1.0 - sC) * (lp - lpc))


def value_added_shares(lw: FloatArray, lc: FloatArray, al: FloatArray, eps: float) -> FloatArray:
    """Equation (5): al' (sector, economy)."""
    return al if eps == 1.0 else al * np.exp((1.0 - eps) * (lw - lc))


def input_demand(lp: FloatArray, lpm: FloatArray, gam: FloatArray, spent: FloatArray, sM: float) -> FloatArray:
    """Equations (5) and (6): demand for each good (good, economy) as an input; `spent` (user, economy)."""
    if sM == 1.0:
        return np.ascontiguousarray((gam @ spent.T[:, :, None])[:, :, 0].T)
    s = 1.0 - sM
    scaled = (spent * np.exp(-s * lpm)).T[:, :, None]
    demand: FloatArray = np.exp(s * lp) * (gam @ scaled)[:, :, 0].T
    return demand


def goods_market(weight: FloatArray, q: FloatArray, demand: FloatArray, kernel: FloatArray) -> FloatArray:
    """Equation (7): Y' (sector, economy) = c^-th sum_n weight X' P^th; `kernel` is P^-th."""
    pull = np.divide(demand, kernel, out=np.zeros_like(demand), where=kernel > 0)
    sales: FloatArray = q * (weight @ pull[:, :, None])[:, :, 0]
    return sales


def factor_price(pay: FloatArray, VA: FloatArray, lw: FloatArray, endowment: FloatArray, kap: float) -> FloatArray:
    """Equation (9): the ln w (sector, economy) at which factors are willing to earn `pay` = al' Y'."""
    if np.isinf(kap):
        total = np.log(pay.sum(axis=0) / (VA.sum(axis=0) * endowment))
        return np.broadcast_to(total, lw.shape).copy()
    share = VA / VA.sum(axis=0)
    lphi = np.log((share * np.exp(kap * lw)).sum(axis=0)) / kap
    alive = (VA > 0) & (pay > 0)
    ratio = np.divide(pay, VA * endowment, out=np.ones_like(pay), where=alive)
    return np.where(alive, (np.log(ratio) - (1.0 - kap) * lphi) / kap, lw)
