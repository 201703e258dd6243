"""Final demand of the 80, which ICIO's extract gives only as one number per seller.

First what the 80 buy from the added economies goes to users and final demand; then the rest of each
seller's outside sales is spread over buyers so that spending, sellers and export totals all hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.build.accounts.axes import AT, GOODS, K, number, read_facts
from isthmus.build.accounts.energy_split import Core
from isthmus.errors import BuildError
from isthmus.world.accounts import FloatArray

#: Final use takes at most this share of raw materials and metals bought from the added economies.
_RAW = ("B05", "B06O", "B07", "C24A", "C24B")
_RAW_FINAL = 0.05

#: Imports from the added economies may take this share of what a user's costs leave to explain.
_ROOM = 0.6

#: Share of balance-of-payments exports that the accounts hold, outside re-exporters (assumption).
_HELD = 0.95

#: Final sales abroad against intermediate ones: goods more, services less (assumption).
_GOODS_ABROAD, _SERVICES_ABROAD = 1.5, 0.5

_SWEEPS = 6000
_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False, slots=True)
class Final:
    """Final flows of the 80 and the uses of what they buy from the added economies, million USD.

    Attributes
    ----------
    flow : (origin, destination, sector) array
        Final flows among the 80.
    use : (economy, input, user) array
        Inputs bought from the added economies.
    bought : (economy, sector) array
        Final goods bought from the added economies.
    shift : float
        Common shift of balances, share of GDP, that closes the world.
    error : float
        Largest relative gap of spending.
    """

    flow: FloatArray
    use: FloatArray
    bought: FloatArray
    shift: float
    error: float


def solve_final(core: Core, bilateral: FloatArray) -> Final:
    """Return final demand of the 80; `bilateral` is the flow of pairs with an added economy."""
    first = len(core.economies)
    sold = bilateral[:first, first:].sum(axis=1)
    left = core.sold_outside - sold
    if left.min() < -1e-9:
        raise BuildError(
            f"sales of {core.economies[int(left.min(axis=1).argmin())]} to the added economies exceed what it sells "
            "outside intermediate use. Lower the import totals in added_totals.csv."
        )
    left = np.maximum(left, 0.0)
    bought = bilateral[first:, :first].sum(axis=0)
    use, final_bought = _split_imports(core, bought)
    added = core.rest - use.sum(axis=1)
    balance, shift = _balances(core, float(bilateral[first:, :first].sum() - bilateral[:first, first:].sum()), added)
    spending = added.sum(axis=1) + balance - final_bought.sum(axis=1)
    flow, error = _spread(core, left, spending, _foreign_targets(core, sold, left))
    return Final(flow, use, final_bought, shift, error)


def where_sold(core: Core) -> FloatArray:
    """Return the share of each destination in an (origin, sector)'s intermediate sales; home if it has none."""
    total = core.flow.sum(axis=1, keepdims=True)
    share: FloatArray = np.divide(core.flow, total, out=np.zeros_like(core.flow), where=total > 0)
    every = np.arange(len(core.economies))
    none = total[:, 0, :] <= 0
    share[every, every] = np.where(none, 1.0, share[every, every])
    return share


def _split_imports(core: Core, bought: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return inputs (economy, input, user) and final goods bought from the added economies."""
    every = np.arange(len(core.economies))
    final = core.sold_outside[:, None, :] * where_sold(core)
    final[every, every] = 0.0
    inter = core.flow.copy()
    inter[every, every] = 0.0
    abroad, inputs = final.sum(axis=0), inter.sum(axis=0)
    share = np.divide(abroad, abroad + inputs, out=np.full_like(abroad, 0.5), where=abroad + inputs > 0)
    raw = [AT[code] for code in _RAW]
    share[:, raw] = np.minimum(share[:, raw], _RAW_FINAL)
    users = core.use.sum(axis=2, keepdims=True)
    weight = np.divide(core.use, users, out=np.zeros_like(core.use), where=users > 0)
    share = np.where(users[:, :, 0] > 0, share, 1.0)
    target = bought * (1.0 - share)
    use = target[:, :, None] * weight
    limit = _ROOM * core.rest
    for _ in range(60):
        load = use.sum(axis=1)
        factor = np.divide(limit, load, out=np.ones_like(load), where=load > limit)
        if factor.min() > 1 - 1e-12:
            break
        use *= factor[:, None, :]
        short = target - use.sum(axis=2)
        room = np.where(load < limit, 1.0, 0.0)[:, None, :] * weight
        total = room.sum(axis=2, keepdims=True)
        use += short[:, :, None] * np.divide(room, total, out=np.zeros_like(room), where=total > 0)
    load = use.sum(axis=1)
    use *= np.divide(limit, load, out=np.ones_like(load), where=load > limit)[:, None, :]
    return use, np.asarray(np.maximum(bought - use.sum(axis=2), 0.0))


def _balances(core: Core, surplus: float, added: FloatArray) -> tuple[FloatArray, float]:
    """Return imports less exports of each of the 80, shifted so that they sum to what the added ones give."""
    totals = read_facts("trade_totals").set_index("iso3")
    balance = np.zeros(len(core.economies))
    for i, iso in enumerate(core.economies):
        if iso in totals.index:
            row = totals.loc[iso]
            balance[i] = number(row["imports_goods_services_usd_m"]) - number(row["exports_goods_services_usd_m"])
    gdp = added.sum(axis=1)
    shift = (surplus - balance.sum()) / gdp.sum()
    return np.asarray(balance + shift * gdp), float(shift)


def _foreign_targets(core: Core, sold: FloatArray, left: FloatArray) -> FloatArray:
    """Return what each of the 80 sells abroad to final use; NaN where no export total exists."""
    totals = read_facts("trade_totals").set_index("iso3")["exports_goods_services_usd_m"]
    share = read_facts("reexporters").set_index("iso3")["share"]
    every = np.arange(len(core.economies))
    inter = core.flow.sum(axis=(1, 2)) - core.flow[every, every].sum(axis=1)
    out = np.full(len(core.economies), np.nan)
    for i, iso in enumerate(core.economies):
        if iso in totals.index:
            target = number(totals[iso]) * number(share.get(iso, _HELD)) - inter[i] - sold[i].sum()
            out[i] = np.clip(target, 0.02 * left[i].sum(), 0.9 * left[i].sum())
    return out


def _spread(core: Core, left: FloatArray, spending: FloatArray, foreign: FloatArray) -> tuple[FloatArray, float]:
    """Return final flows with sellers' totals, buyers' spending and export totals; and the gap of spending."""
    n = len(core.economies)
    every = np.arange(n)
    flow = where_sold(core)
    tilt = np.where(GOODS, _GOODS_ABROAD, _SERVICES_ABROAD)
    own = flow[every, every].copy()
    flow *= tilt
    flow[every, every] = own
    flow *= left[:, None, :]
    known = ~np.isnan(foreign)
    gap = np.inf
    for sweep in range(_SWEEPS):
        if sweep % 2 == 0 and sweep < _SWEEPS // 2:
            home = flow[every, every].copy()
            abroad = flow.sum(axis=(1, 2)) - home.sum(axis=1)
            factor = np.divide(foreign, abroad, out=np.ones(n), where=known & (abroad > 0))
            flow *= factor[:, None, None]
            flow[every, every] = home
        have = flow.sum(axis=(0, 2))
        flow *= (spending / have)[None, :, None]
        sales = flow.sum(axis=1)
        flow *= np.divide(left, sales, out=np.zeros_like(left), where=sales > 0)[:, None, :]
        gap = float(np.abs(flow.sum(axis=(0, 2)) / spending - 1.0).max())
        if gap < _TOLERANCE and (sweep % 2 == 0 or sweep > _SWEEPS // 2):
            break
    assert flow.shape == (n, n, K)
    return flow, gap
