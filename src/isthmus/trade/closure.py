"""What becomes of trade deficits when a scenario closes trade (DESIGN.md section 5, Balance closures)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from isthmus.errors import Infeasible
from isthmus.world.accounts import FloatArray, IntArray


def trade_kept(trade: FloatArray, open_share: FloatArray) -> FloatArray:
    """Return kappa (economy,): the share of an economy's base trade, both ways, that stays open.

    Parameters
    ----------
    trade : (sector, origin, destination) array
        Base trade in value; the diagonal is left out.
    open_share : (sector, origin, destination) array
        Share of each flow's products that stays open: access, 0 where cut.
    """
    whole = trade.sum(axis=0)
    left = (trade * open_share).sum(axis=0)
    np.fill_diagonal(whole, 0.0)
    np.fill_diagonal(left, 0.0)
    total = whole.sum(axis=0) + whole.sum(axis=1)
    kept = left.sum(axis=0) + left.sum(axis=1)
    return np.where(kept == total, 1.0, np.divide(kept, total, out=np.ones_like(total), where=total > 0))


def trading_blocs(weight: FloatArray) -> IntArray:
    """Return the bloc (economy,) of each economy: blocs are joined by no trade at all."""
    _, bloc = connected_components(csr_matrix(weight.max(axis=0)), directed=False)
    return bloc.astype(np.int64)


def scale_deficits(deficit: FloatArray, kappa: FloatArray, bloc: IntArray) -> FloatArray:
    """Closure `scaled`: D' = kappa D, then the larger side of each bloc scaled down so that it sums to 0."""
    if (kappa == 1.0).all():
        return deficit
    scaled = kappa * deficit
    for part in range(int(bloc.max()) + 1):
        inside = bloc == part
        up = scaled[inside & (scaled > 0)].sum()
        down = -scaled[inside & (scaled < 0)].sum()
        less = min(up, down)
        for side, sign in ((up, 1.0), (down, -1.0)):
            if side > 0:
                scaled[inside & (sign * scaled > 0)] *= less / side
    return scaled


def refuse_unbalanced(transfers: FloatArray, bloc: IntArray, names: tuple[str, ...]) -> None:
    """Raise `Infeasible` if a bloc without outside trade must pay or receive something net.

    `transfers` (economy,) is deficit plus net remittances; world factor income is 1.
    """
    sizes = np.bincount(bloc)
    for part in np.argsort(sizes)[:-1]:  # the largest bloc balances if all others do
        inside = bloc == part
        owed = float(transfers[inside].sum())
        if abs(owed) > 1e-12 * (1.0 + np.abs(transfers).sum()):
            who = ", ".join(names[i] for i in np.flatnonzero(inside)[:5])
            raise Infeasible(
                f"No equilibrium: {who} cannot trade with anyone outside, yet must "
                f"{'receive' if owed > 0 else 'pay'} {abs(owed):.2e} of world income net (deficit and remittances). "
                "Use the closure 'scaled', cut the remittances too, or leave some trade open."
            )
