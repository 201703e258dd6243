"""Split ICIO sector B06 into crude oil (B06O) and natural gas (B06G).

Levels stay ICIO's; BACI gives shares by pair, users' habits and mining statistics the rest
(docs/reference/accounts.md, step S1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from isthmus.build.accounts.axes import AT, K, number, read_facts
from isthmus.build.accounts.icio import Icio
from isthmus.world.accounts import FloatArray

#: Share of gas in a user's purchases of B06 before balancing (assumption; refineries buy crude).
_USER_GAS = {"C19": 0.04, "B06": 0.5, "B09": 0.5, "C20": 0.55, "H49": 0.9}
_OTHER_GAS = 0.97

#: Below this share of the ICIO pair BACI says too little to be believed.
_COVER = 0.1


@dataclass(frozen=True, eq=False, slots=True)
class Core:
    """The 80 economies on 51 sectors, million USD.

    Attributes
    ----------
    flow : (origin, destination, sector) array
        Intermediate flows.
    use : (economy, input, user) array
        Inputs from all of the 80 together.
    sold_outside, output, rest : (economy, sector) arrays
        As in `Icio`.
    """

    economies: tuple[str, ...]
    flow: FloatArray
    use: FloatArray
    sold_outside: FloatArray
    output: FloatArray
    rest: FloatArray


def split_energy(icio: Icio, value: FloatArray) -> Core:
    """Return ICIO on 51 sectors; `value` is BACI (origin, destination, sector), million USD."""
    n, b = len(icio.economies), icio.sectors.index("B06")
    pair = icio.flow[:, b].sum(axis=2)
    users = icio.flow[:, b].sum(axis=0)
    gas_pair, pair_total = _gas_of_pairs(icio, pair, value[:n, :n])
    gas_users = _gas_of_users(icio, users, gas_pair, pair_total)
    return _assemble(icio, b, pair * gas_pair, gas_users, _gas_outside(value, n))


def _gas_of_pairs(icio: Icio, pair: FloatArray, value: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the gas share of every pair, own sales on the diagonal still missing, and the pairs."""
    crude, gas = value[:, :, AT["B06O"]], value[:, :, AT["B06G"]]
    both = crude + gas
    total = both.sum(axis=1)
    share_of_exporter = np.where(total > 0, gas.sum(axis=1) / np.where(total > 0, total, 1.0), 0.5)
    known = (both > 0) & (both > _COVER * pair)
    share = np.where(known, gas / np.where(both > 0, both, 1.0), share_of_exporter[:, None])
    facts = read_facts("gas_pairs")
    at = {code: i for i, code in enumerate(icio.economies)}
    for row in facts.itertuples():
        i, j = at[str(row.origin)], at[str(row.destination)]
        given = number(row.gas_share) if not math.isnan(number(row.gas_share)) else None
        if given is not None:
            share[i, j] = given
        elif pair[i, j] > 0:
            share[i, j] = np.clip(1.0 - crude[i, j] / pair[i, j], share_of_exporter[i], 1.0)
    return share, pair


def _gas_of_users(icio: Icio, users: FloatArray, share: FloatArray, pair: FloatArray) -> FloatArray:
    """Return gas bought by (economy, user of the 50); sets the diagonal of `share` on the way."""
    n = len(icio.economies)
    prior = np.array([_USER_GAS.get(code, _OTHER_GAS) for code in icio.sectors])
    want = users * prior
    every = np.arange(n)
    own = pair[every, every]
    imported = (share * pair).sum(axis=0) - share[every, every] * own
    home = np.divide(want.sum(axis=1) - imported, own, out=np.zeros(n), where=own > 0)
    mined = _mined_gas(icio.economies)
    by_use = np.clip(home, 0.01, 0.99)
    mixed = np.where(np.isnan(mined), by_use, 0.5 * (by_use + np.nan_to_num(mined)))
    mixed = np.where(mined == 0.0, 0.0, np.where(mined == 1.0, 1.0, mixed))
    share[every, every] = mixed
    gas_total = (share * pair).sum(axis=0)
    return _fit_two_columns(want, users, gas_total)


def _fit_two_columns(want: FloatArray, users: FloatArray, gas_total: FloatArray) -> FloatArray:
    """Return gas by user with the economy's gas total, odds of the prior scaled by one factor each."""
    share = np.divide(want, users, out=np.zeros_like(want), where=users > 0)
    low, high = np.full(len(users), -40.0), np.full(len(users), 40.0)
    odds = np.log(np.clip(share, 1e-9, 1 - 1e-9) / np.clip(1 - share, 1e-9, 1 - 1e-9))
    for _ in range(80):
        middle = 0.5 * (low + high)
        gas = (users / (1.0 + np.exp(-(odds + middle[:, None])))).sum(axis=1)
        low, high = np.where(gas < gas_total, middle, low), np.where(gas < gas_total, high, middle)
    gas = users / (1.0 + np.exp(-(odds + 0.5 * (low + high)[:, None])))
    # What bisection leaves is spread in proportion, so that both margins hold to rounding.
    total, whole = gas.sum(axis=1), users.sum(axis=1)
    short = gas_total - total
    up = np.divide(short, whole - total, out=np.zeros_like(short), where=(short > 0) & (whole > total))
    down = np.divide(-short, total, out=np.zeros_like(short), where=(short < 0) & (total > 0))
    fitted: FloatArray = gas + up[:, None] * (users - gas) - np.minimum(down, 1.0)[:, None] * gas
    return fitted


def _mined_gas(economies: tuple[str, ...]) -> FloatArray:
    """Return the gas share of home-used production at world prices; NaN where unknown."""
    share = np.full(len(economies), np.nan)
    for row in read_facts("gas_home_share").itertuples():
        if str(row.iso3) in economies:
            share[economies.index(str(row.iso3))] = number(row.gas_share)
    return share


def _gas_outside(value: FloatArray, n: int) -> FloatArray:
    """Return the gas share of each of the 80's energy sales to economies outside ICIO; NaN where BACI has none."""
    gas, crude = (value[:n, n:, AT[code]].sum(axis=1) for code in ("B06G", "B06O"))
    return np.asarray(np.divide(gas, gas + crude, out=np.full(n, np.nan), where=gas + crude > 1.0))


def _assemble(icio: Icio, b: int, gas_pair: FloatArray, gas_users: FloatArray, gas_outside: FloatArray) -> Core:
    n = len(icio.economies)
    old = [k for k in range(len(icio.sectors)) if k != b]
    new = [AT[icio.sectors[k]] for k in old]
    oil, gas = AT["B06O"], AT["B06G"]
    flow = np.zeros((n, n, K))
    flow[:, :, new] = icio.flow[:, old].sum(axis=3).transpose(0, 2, 1)
    pair = icio.flow[:, b].sum(axis=2)
    flow[:, :, gas], flow[:, :, oil] = gas_pair, pair - gas_pair
    use50 = icio.flow.sum(axis=0)  # sector, destination, user
    rows = np.zeros((n, K, len(icio.sectors)))
    rows[:, new] = use50[old].transpose(1, 0, 2)
    rows[:, gas] = gas_users
    rows[:, oil] = use50[b] - gas_users
    gas_sales = gas_pair.sum(axis=1)
    sold = pair.sum(axis=1)
    inside = np.divide(gas_sales, sold, out=np.full(n, 0.5), where=sold > 0)
    out_share = np.where(np.isnan(gas_outside), inside, gas_outside)
    gas_output = gas_sales + out_share * icio.sold_outside[:, b]
    output = sold + icio.sold_outside[:, b]
    share = np.divide(gas_output, output, out=np.full(n, 0.5), where=output > 0)
    outside, rest = _columns(icio, b, out_share, share)
    use = np.zeros((n, K, K))
    use[:, :, new] = rows[:, :, old]
    use[:, :, gas] = rows[:, :, b] * share[:, None]
    use[:, :, oil] = rows[:, :, b] * (1 - share)[:, None]
    return Core(icio.economies, flow, use, outside, flow.sum(axis=1) + outside, rest)


def _columns(icio: Icio, b: int, out_share: FloatArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return sales outside and the rest of costs on 51 sectors, B06 by the shares of gas in sales and output."""
    n = len(icio.economies)
    new = [AT[code] if code != "B06" else AT["B06O"] for code in icio.sectors]
    outside, rest = np.zeros((n, K)), np.zeros((n, K))
    outside[:, new], rest[:, new] = icio.sold_outside, icio.rest
    for table, column, gas in ((outside, icio.sold_outside[:, b], out_share), (rest, icio.rest[:, b], share)):
        table[:, AT["B06G"]], table[:, AT["B06O"]] = column * gas, column * (1 - gas)
    return outside, rest
