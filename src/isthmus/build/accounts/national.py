"""National accounts of the added economies: input-output tables from margins, by cyclic Kullback-Leibler steps.

Accounts of one economy: activity j, commodity k, household, abroad. Entries: use u_kj, value added v_j,
final spending f_k, home sales d_k; given: exports x_k, imports m_k. Conditions::

    sum_k u_kj + v_j = d_j + x_j      (activity)
    d_k + m_k = sum_j u_kj + f_k      (commodity)
    sum_{j in broad sector} v_j = share * GDP,   sum f = GDP + M - X
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.build.accounts.axes import ADDED, AT, ROW, SECTORS, K, number, read_facts
from isthmus.build.accounts.controls import NO_MINE, Controls, read_totals
from isthmus.build.accounts.energy_split import Core
from isthmus.build.accounts.peers import final_shares, input_coefficients
from isthmus.errors import BuildError
from isthmus.world.accounts import FloatArray, IntArray

_TOLERANCE = 1e-12
_SWEEPS = 4000

#: Shares of agriculture, industry and services in value added where no source gives them (assumption).
_ROW_SHARES = (10.0, 33.0, 57.0)

#: Broad sector of each sector: 0 agriculture, 1 industry with construction, 2 services.
BROAD: IntArray = np.array([0 if k < AT["B05"] else 1 if k <= AT["F"] else 2 for k in range(K)])


@dataclass(frozen=True, eq=False, slots=True)
class National:
    """Accounts of the added economies and the rest of the world, million USD, transit not included.

    Attributes
    ----------
    use : (added, input, user) array
    added : (added, sector) array
        Value added.
    final, home : (added, sector) arrays
        Final spending on all origins; home sales of own output.
    """

    use: FloatArray
    added: FloatArray
    final: FloatArray
    home: FloatArray


def make_national(core: Core, controls: Controls) -> National:
    """Return balanced national accounts for every added economy and the rest of the world."""
    names = (*ADDED, ROW)
    parts = [
        _balance(iso, _start(core, controls, iso, a), controls.exports[a], controls.imports[a], _shares(iso))
        for a, iso in enumerate(names)
    ]
    return National(
        use=np.stack([p[0] for p in parts]),
        added=np.stack([p[1] for p in parts]),
        final=np.stack([p[2] for p in parts]),
        home=np.stack([p[3] for p in parts]),
    )


Parts = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def _shares(iso: str) -> FloatArray:
    """Return value added of the three broad sectors, shares that sum to 1."""
    for name in ("gdp_shares", "economies"):
        table = read_facts(name)
        row = table[(table["iso3"] == iso) & (table["year"] == 2022)]
        columns = ["agriculture_share", "industry_share", "services_share"]
        if len(row):
            cells = row.iloc[0][columns].astype(float).to_numpy(copy=True)
            if np.isnan(cells[2]) and not np.isnan(cells[:2]).any():
                cells[2] = 93.0 - cells[:2].sum()  # the rest less some 7 % net product taxes, as in its neighbours
            if not np.isnan(cells).any():
                return np.asarray(cells / cells.sum())
    if iso == ROW:
        return np.array(_ROW_SHARES) / sum(_ROW_SHARES)
    raise BuildError(f"gdp_shares.csv: {iso} has no shares of 2022. Add them with a source.")


def _start(core: Core, controls: Controls, iso: str, a: int) -> Parts:
    """Return the prior: peers' coefficients on an output that serves exports and a home market."""
    gdp = controls.gdp[a]
    coefficients, added_share = input_coefficients(core, iso)
    exports, imports = controls.exports[a], controls.imports[a]
    final = final_shares(core, iso) * max(gdp + imports.sum() - exports.sum(), 0.3 * gdp)
    barren = [AT[sector] for sector, names in sorted(NO_MINE.items()) if iso in names]
    coefficients[:, barren] = 0.0
    home = np.maximum(final - imports, 0.05 * final)
    for _ in range(30):
        output = home + exports
        need = (coefficients * output).sum(axis=1) + final
        home = np.maximum(need - imports, 0.05 * need)
        home[barren] = 0.0
    output = home + exports
    use, added = coefficients * output, added_share * output
    _limit_home(iso, use, final, home, imports)
    _only_refineries_take_crude(use, final, iso, imports[AT["B06O"]] + home[AT["B06O"]])
    return use, added, final, home


def _limit_home(iso: str, use: FloatArray, final: FloatArray, home: FloatArray, imports: FloatArray) -> None:
    """Cut home sales that the peers' structure overstates, and what is bought with them."""
    table = read_facts("home_limits")
    for row in table[table["iso3"] == iso].itertuples():
        k, limit = AT[str(row.sector)], number(row.home_usd_m)
        bought = use[k].sum() + final[k]
        if home[k] > limit and bought > limit + imports[k]:
            factor = (limit + imports[k]) / bought
            use[k] *= factor
            final[k] *= factor
            home[k] = limit


def _only_refineries_take_crude(use: FloatArray, final: FloatArray, iso: str, supply: float) -> None:
    """Drop crude bought by economies without a refinery; nobody eats crude."""
    final[AT["B06O"]] = 0.0
    if iso in NO_MINE["C19"]:
        use[AT["B06O"]] = 0.0
        if supply > 0:
            use[AT["B06O"], AT["C20"]] = supply
    final[AT["B07"]] = 0.0


def _scale(out: FloatArray, into: FloatArray, fixed_out: FloatArray, fixed_in: FloatArray) -> FloatArray:
    """Return p with p * into + fixed_in = out / p + fixed_out, elementwise (into, out >= 0)."""
    gap = fixed_out - fixed_in
    root = np.sqrt(gap * gap + 4.0 * into * out)
    # Two forms of one root: neither divides a small difference.
    return np.where(
        gap >= 0,
        np.divide(gap + root, 2.0 * into, out=np.ones_like(gap), where=into > 0),
        np.divide(2.0 * out, root - gap, out=np.ones_like(gap), where=(root - gap) > 0),
    )


def _balance(iso: str, start: Parts, exports: FloatArray, imports: FloatArray, shares: FloatArray) -> Parts:
    use, added, final, home = (part.copy() for part in start)
    gdp = read_totals()[iso]["gdp"]
    spending = gdp + imports.sum() - exports.sum()
    zero = np.zeros(K)
    worst = np.inf
    for _ in range(_SWEEPS):
        for b in range(3):
            where = b == BROAD
            added[where] *= shares[b] * gdp / added[where].sum()
        final *= spending / final.sum()
        # Activity: inputs up by p, home sales down by p.
        p = _scale(home, use.sum(axis=0) + added, exports, zero)
        use *= p
        added *= p
        home = np.divide(home, p, out=np.zeros(K), where=p > 0)
        # Commodity: home sales up by q, uses down by q.
        q = _scale(use.sum(axis=1) + final, home, zero, imports)
        home *= q
        use = np.divide(use, q[:, None], out=np.zeros_like(use), where=q[:, None] > 0)
        final = np.divide(final, q, out=np.zeros(K), where=q > 0)
        gap = np.abs(use.sum(axis=0) + added - home - exports).sum()
        level = sum(abs(added[b == BROAD].sum() - shares[b] * gdp) for b in range(3))
        worst = (gap + level + abs(final.sum() - spending)) / gdp
        if worst < _TOLERANCE:
            return use, added, final, home
    if worst < 1e-7:
        return use, added, final, home
    lost = np.abs(use.sum(axis=0) + added - home - exports)
    raise BuildError(
        f"national accounts of {iso} do not close: gaps sum to {worst:.2e} of GDP, largest in "
        f"{SECTORS[int(lost.argmax())]} ({lost.max():.3g} USD million). Two totals contradict each other; "
        "see added_totals.csv."
    )
