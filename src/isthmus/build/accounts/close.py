"""Put the parts together, fit a few partner shares, drop dust, and close every identity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.build.accounts.axes import ADDED, AT, GOODS, OBSERVED, K, number, read_facts
from isthmus.build.accounts.controls import Controls
from isthmus.build.accounts.energy_split import Core
from isthmus.build.accounts.final import Final
from isthmus.build.accounts.national import National
from isthmus.errors import BuildError
from isthmus.world.accounts import BoolArray, FloatArray

#: A node of less output is nothing, million USD; a cell is dust if it is this share of its buyer's
#: purchases and of its seller's sales, both.
_NODE, _OF_BUYER, _OF_SELLER = 1e-3, 1e-6, 1e-3
_INPUT_DUST = 1e-8
_SWEEPS, _DUST_ROUNDS = 1500, 12


@dataclass(frozen=True, eq=False, slots=True)
class Closed:
    """Balanced accounts of all economies, million USD; axes as in `world.accounts.Accounts`."""

    flow: FloatArray
    inputs: FloatArray
    final_use: FloatArray
    output: FloatArray
    value_added: FloatArray
    partner_gap: float


def close_accounts(
    core: Core,
    controls: Controls,
    national: National,
    bilateral: FloatArray,
    final: Final,
    baci: FloatArray,
    economies: tuple[str, ...],
) -> Closed:
    """Return accounts in which sales = output, purchases = uses and costs = output to rounding."""
    first, n = len(core.economies), len(economies)
    flow = bilateral.copy()
    flow[:first, :first] = core.flow + final.flow
    every = np.arange(first, n)
    flow[every, every] = national.home
    inputs = np.zeros((n, K, K))
    inputs[:first] = core.use + final.use
    inputs[first:] = national.use
    sector = np.arange(K)
    inputs[first:, sector, sector] += controls.transit
    final_use = np.zeros((n, K))
    final_use[:first] = final.flow.sum(axis=0) + final.bought
    final_use[first:] = national.final
    _drop_nodes(flow, inputs, final_use)
    gap = _fit_and_sweep(flow, inputs, final_use, baci, economies)
    return _finish(flow, inputs, final_use, gap)


#: Weight of ICIO's pair where BACI shows nothing: enough to let margins close, too little to matter.
_FALLBACK = 0.1

#: Importers whose pipeline gas is confidential in BACI: ICIO's pairs stay, shares come from facts.
_CONFIDENTIAL_GAS, _PIPELINE = ("TUR", "DEU", "AUT", "POL"), ("RUS", "NOR", "NLD")


def seed_energy(flow: FloatArray, baci: FloatArray, economies: tuple[str, ...], first: int) -> None:
    """Start crude and gas among the 80 from BACI's pairs: ICIO's own are often wrong (Turkey's, Kazakhstan's).

    Only the pattern comes from BACI; what every economy sells and buys stays ICIO's, since the margins
    are imposed afterwards.
    """
    every = np.arange(first)
    for code in ("B06O", "B06G"):
        k = AT[code]
        old = flow[:first, :first, k].copy()
        cells = baci[:first, :first, k]
        level = old.sum() - old[every, every].sum()
        seed = cells * (level / cells.sum()) + _FALLBACK * old
        seed[old.sum(axis=1) <= 0] = 0.0
        if code == "B06G":
            for iso in _CONFIDENTIAL_GAS:
                for exporter in _PIPELINE:
                    seed[economies.index(exporter), economies.index(iso)] = old[
                        economies.index(exporter), economies.index(iso)
                    ]
        seed[every, every] = old[every, every]
        flow[:first, :first, k] = seed


def _drop_nodes(flow: FloatArray, inputs: FloatArray, final_use: FloatArray) -> None:
    """Empty sectors with next to no output and purchases nobody sells."""
    dead = flow.sum(axis=1) < _NODE
    flow[np.broadcast_to(dead[:, None, :], flow.shape)] = 0.0
    inputs[np.broadcast_to(dead[:, None, :], inputs.shape)] = 0.0
    idle = flow.sum(axis=0) <= 0
    inputs[np.broadcast_to(idle[:, :, None], inputs.shape)] = 0.0
    final_use[idle] = 0.0


def _fit_and_sweep(
    flow: FloatArray, inputs: FloatArray, final_use: FloatArray, baci: FloatArray, economies: tuple[str, ...]
) -> float:
    """Drop dust from `flow` and rescale it to its margins, with partner shares among the 80 imposed."""
    small = inputs < _INPUT_DUST * inputs.sum(axis=1, keepdims=True)
    inputs[small] = 0.0
    purchases = inputs.sum(axis=2) + final_use
    sales = flow.sum(axis=1)
    first = len(economies) - len(ADDED) - 1
    seed_energy(flow, baci, economies, first)
    sales *= purchases.sum(axis=0) / np.maximum(sales.sum(axis=0), 1e-300)
    free = np.ones(flow.shape[:2], dtype=bool)
    free[first:, :], free[:, first:] = False, False
    every = np.arange(len(economies))
    free[every, every] = True
    partner = _read_partner_shares(economies)
    gap = 0.0
    for _ in range(_DUST_ROUNDS):
        dust = (flow < _OF_BUYER * purchases) & (flow < _OF_SELLER * sales[:, None, :]) & (flow > 0)
        if not dust.any():
            break
        flow[dust] = 0.0
        held = np.where(free[:, :, None], 0.0, flow)
        gap = _scale(flow, held, free, sales, purchases, partner)
    return gap


#: A share of an importer's goods, or of one sector, from abroad: origin, destination, sectors, share.
_Share = tuple[int, int, list[int], float]


def _read_partner_shares(economies: tuple[str, ...]) -> list[_Share]:
    at = {code: i for i, code in enumerate(economies)}
    table = read_facts("partner_shares")
    return [
        (
            at[str(row.origin)],
            at[str(row.destination)],
            np.flatnonzero(GOODS).tolist() if row.sector == "goods" else [AT[str(row.sector)]],
            number(row.share_of_imports),
        )
        for row in table.itertuples()
    ]


def _scale(
    flow: FloatArray,
    held: FloatArray,
    free: BoolArray,
    sales: FloatArray,
    purchases: FloatArray,
    partner: list[_Share],
) -> float:
    """Scale the free cells to sales and purchases less what is held; return the largest partner gap."""
    open_sales = np.maximum(sales - held.sum(axis=1), 0.0)
    open_purchases = np.maximum(purchases - held.sum(axis=0), 0.0)
    cells = flow * free[:, :, None]
    gap = 0.0
    for _ in range(_SWEEPS):
        for i, n, sectors, share in partner:
            have = cells[i, n, sectors].sum()
            if have <= 0:
                raise BuildError(f"partner_shares.csv: row with share {share:g} has no flow to scale. Drop the row.")
            want = share * _imports(cells, held, n, sectors)
            cells[i, n, sectors] *= np.clip(want / have, 0.02, 50.0)
        rows = cells.sum(axis=1)
        cells *= np.divide(open_sales, rows, out=np.zeros_like(rows), where=rows > 0)[:, None, :]
        columns = cells.sum(axis=0)
        factor = np.divide(open_purchases, columns, out=np.zeros_like(columns), where=columns > 0)
        cells *= factor[None, :, :]
        gap = max(
            (abs(cells[i, n, ks].sum() / (share * _imports(cells, held, n, ks)) - 1) for i, n, ks, share in partner),
            default=0.0,
        )
        live = columns > 0
        if gap < 1e-6 and np.abs(factor[live] - 1).max(initial=0.0) < 1e-9:
            break
    flow[:] = cells + held
    return gap


def _imports(cells: FloatArray, held: FloatArray, n: int, sectors: list[int]) -> float:
    """Return what economy n buys abroad of some sectors."""
    bought = cells[:, n, sectors].sum() + held[:, n, sectors].sum()
    return float(bought - cells[n, n, sectors].sum() - held[n, n, sectors].sum())


def _finish(flow: FloatArray, inputs: FloatArray, final_use: FloatArray, gap: float) -> Closed:
    """Rescale uses to purchases and set value added last."""
    bought = flow.sum(axis=0)
    used = inputs.sum(axis=2) + final_use
    factor = np.divide(bought, used, out=np.zeros_like(used), where=used > 0)
    inputs *= factor[:, :, None]
    final_use *= factor
    output = flow.sum(axis=1)
    value_added = output - inputs.sum(axis=1)
    return Closed(flow, inputs, final_use, output, value_added, gap)


def is_observed(bilateral: FloatArray) -> BoolArray:
    """Return which cells with an added economy BACI gives."""
    return np.asarray((bilateral > 0) & OBSERVED)
