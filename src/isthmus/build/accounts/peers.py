"""Peer economies: whose structure stands in where an added economy has no figures of its own."""

from __future__ import annotations

import numpy as np

from isthmus.build.accounts.axes import AT, ROW
from isthmus.build.accounts.energy_split import Core
from isthmus.world.accounts import FloatArray

#: ICIO economies of similar income, endowment and history (assumption).
PEERS = {
    "ARM": ("BGR", "JOR", "TUN", "HRV"),
    "AZE": ("KAZ", "BRN", "SAU"),
    "GEO": ("BGR", "JOR", "TUN", "HRV"),
    "IRN": ("EGY", "KAZ", "TUR"),
    "UZB": ("KAZ", "PAK", "UKR", "EGY"),
    "TKM": ("KAZ", "BRN", "EGY"),
    "KGZ": ("KHM", "LAO", "UKR"),
    "TJK": ("KHM", "LAO", "PAK"),
    "MNG": ("KAZ", "LAO", "PER"),
    "MDA": ("UKR", "ROU", "BGR"),
    "IRQ": ("SAU", "AGO", "NGA"),
    "AFG": ("PAK", "MMR", "SEN"),
    "SRB": ("BGR", "HRV", "ROU"),
    ROW: ("EGY", "PAK", "MAR", "TUN", "CIV", "CMR", "SEN", "CRI", "COL", "PHL"),
}

#: Retail and wholesale margins of peers are inside FOB goods already (assumption).
_TRADE_MARGIN_DAMP = 0.15


def peers_of(core: Core, iso: str) -> list[int]:
    """Return the positions of an economy's peers."""
    return [core.economies.index(code) for code in PEERS[iso]]


def final_blowup(core: Core) -> FloatArray:
    """Return the factor from intermediate to all sales of an (origin, sector): 1 + sold outside / sold inside."""
    inside = core.flow.sum(axis=1)
    return np.asarray(1.0 + np.divide(core.sold_outside, inside, out=np.zeros_like(inside), where=inside > 0))


def export_profile(core: Core, iso: str) -> FloatArray:
    """Return the peers' exports by sector, shares that sum to 1; final goods blown up from intermediates."""
    rows = peers_of(core, iso)
    abroad = core.flow.sum(axis=1) - core.flow[np.arange(len(core.economies)), np.arange(len(core.economies))]
    return _normalise(abroad[rows] * np.minimum(final_blowup(core)[rows], 20.0))


def import_profile(core: Core, iso: str) -> FloatArray:
    """Return the peers' imports by sector, shares that sum to 1; final goods blown up from intermediates."""
    rows = peers_of(core, iso)
    bought = core.flow * np.minimum(final_blowup(core), 20.0)[:, None, :]
    every = np.arange(len(core.economies))
    abroad = bought.sum(axis=0) - bought[every, every]
    return _normalise(abroad[rows])


def _normalise(rows: FloatArray) -> FloatArray:
    """Return the mean of row shares, so that a large peer does not outweigh the others."""
    rows = rows.copy()
    rows[:, AT["G"]] *= _TRADE_MARGIN_DAMP
    share = (rows / rows.sum(axis=1, keepdims=True)).mean(axis=0)
    return np.asarray(share)


def input_coefficients(core: Core, iso: str) -> tuple[FloatArray, FloatArray]:
    """Return the peers' inputs and value added per output, (input, user) and (user,)."""
    rows = peers_of(core, iso)
    output = np.maximum(core.output[rows], 1.0)
    use = (core.use[rows] / output[:, None, :]).mean(axis=0)
    added = (core.rest[rows] / output).mean(axis=0)
    # A sector that no peer has takes the world's coefficients.
    world = core.output.sum(axis=0)
    empty = core.output[rows].sum(axis=0) <= 0
    use[:, empty] = (core.use.sum(axis=0) / np.maximum(world, 1.0))[:, empty]
    added[empty] = (core.rest.sum(axis=0) / np.maximum(world, 1.0))[empty]
    return use, added


def final_shares(core: Core, iso: str) -> FloatArray:
    """Return the peers' final spending by sector, shares that sum to 1.

    ICIO's sales outside are spread over buyers as its intermediates are.
    """
    total = core.flow.sum(axis=1, keepdims=True)
    where_sold = np.divide(core.flow, total, out=np.zeros_like(core.flow), where=total > 0)
    final = (core.sold_outside[:, None, :] * where_sold).sum(axis=0)
    rows = peers_of(core, iso)
    share = (final[rows] / final[rows].sum(axis=1, keepdims=True)).mean(axis=0)
    return np.asarray(share)
