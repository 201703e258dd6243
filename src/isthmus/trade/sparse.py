"""SparseShock: a shock that touches few flows, held as entries instead of cubes.

What batches take: an embargo of one pair is two entries a sector, not half a million cells. `cut_trade`
makes the usual ones, `join` puts several together, `make_sparse` and `SparseShock.dense` go to and from
a `TradeShock`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from isthmus.errors import InputError
from isthmus.trade.shock import TradeShock, check_arrays
from isthmus.world.accounts import FloatArray, IntArray, freeze


def _none() -> IntArray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class SparseShock:
    """What changes on single flows; each flow at most once, all others as they are. Arrays are read-only."""

    origin: IntArray = field(default_factory=_none)  # (entry,) economy
    destination: IntArray = field(default_factory=_none)  # (entry,) economy
    sector: IntArray = field(default_factory=_none)  # (entry,)
    access: FloatArray = field(default_factory=lambda: np.zeros(0))  # (entry,) 0 (embargo) to 1 (open)
    trade_cost_change: FloatArray | None = None  # (entry,) tau hat, in (0, inf]; None: all 1
    remittances: FloatArray | None = None  # R' (payer, recipient), money of the baseline
    endowment: FloatArray | None = None  # L (economy,) hat

    def __post_init__(self) -> None:
        sizes = {len(self.origin), len(self.destination), len(self.sector), len(self.access)}
        if self.trade_cost_change is not None:
            sizes.add(len(self.trade_cost_change))
        if len(sizes) != 1:
            raise InputError(f"Sparse shock: its columns have different lengths {sorted(sizes)}.")
        freeze(self)

    def __repr__(self) -> str:
        return f"<SparseShock: {len(self.origin)} flows>"

    @property
    def open_share(self) -> FloatArray:
        """(entry,) share of the flow's products that stays open."""
        if self.trade_cost_change is None:
            return self.access
        share: FloatArray = np.where(np.isinf(self.trade_cost_change), 0.0, self.access)
        return share

    def phi(self, theta: FloatArray) -> FloatArray:
        """(entry,) factor on the source weight of equation (3): tau_hat^-theta x access; exactly 0 where cut."""
        if self.trade_cost_change is None:
            return self.access
        wedge: FloatArray = self.trade_cost_change ** -theta[self.sector] * self.access
        return wedge

    def check(self, economies: int, sectors: int) -> None:
        """Raise `InputError` if an entry names what is not there, or a value is out of range."""
        for name, size in (("origin", economies), ("destination", economies), ("sector", sectors)):
            at = getattr(self, name)
            if at.size and not 0 <= at.min() <= at.max() < size:
                raise InputError(f"Sparse shock: {name} goes from {at.min()} to {at.max()}, there are {size}.")
        flows = np.ravel_multi_index((self.origin, self.destination, self.sector), (economies, economies, sectors))
        if len(np.unique(flows)) < len(flows):
            raise InputError("Sparse shock: a flow has two entries. Use join, which multiplies them.")
        entries = self.access.shape
        check_arrays(
            "Sparse shock",
            {name: getattr(self, name) for name in ("access", "trade_cost_change", "remittances", "endowment")},
            {"access": entries, "trade_cost_change": entries, "remittances": (economies, economies),
             "endowment": (economies,)},
        )  # fmt: skip

    def dense(self, economies: int, sectors: int) -> TradeShock:
        """Return the same shock as cubes."""
        at = (self.origin, self.destination, self.sector)
        access = np.ones((economies, economies, sectors))
        access[at] = self.access
        cost = None
        if self.trade_cost_change is not None:
            cost = np.ones_like(access)
            cost[at] = self.trade_cost_change
        return TradeShock(
            trade_cost_change=cost,
            access=access if len(self.origin) else None,
            remittances=self.remittances,
            endowment=self.endowment,
        )


def cut_trade(
    pairs: Iterable[tuple[int, int]],
    sectors: int | Sequence[int] | IntArray,
    *,
    access: float | FloatArray = 0.0,
) -> SparseShock:
    """Return the shock that narrows the sales of origins to destinations to a share of their products.

    Parameters
    ----------
    pairs : iterable of (origin, destination)
        Positions of economies; an embargo of two names both directions.
    sectors : int or sequence of int
        How many sectors there are (all are cut), or the positions of those that are cut.
    access : float or (sector,) array
        What stays open of each; 0 is an embargo.
    """
    which = np.arange(sectors) if isinstance(sectors, int) else np.asarray(sectors, dtype=np.int64)
    ends = np.array(list(dict.fromkeys(pairs)), dtype=np.int64).reshape(-1, 2)
    return SparseShock(
        origin=np.repeat(ends[:, 0], len(which)),
        destination=np.repeat(ends[:, 1], len(which)),
        sector=np.tile(which, len(ends)),
        access=np.tile(np.broadcast_to(np.asarray(access, dtype=float), which.shape), len(ends)),
    )


def join(shocks: Sequence[SparseShock]) -> SparseShock:
    """Return all shocks together: factors on one flow and endowments multiply.

    Raises
    ------
    InputError
        Two of them set remittances: which one holds cannot be told.
    """
    if sum(shock.remittances is not None for shock in shocks) > 1:
        raise InputError("Sparse shocks: two of them set remittances. Make one table of both.")
    shocks = [*shocks] or [SparseShock()]
    flows = np.stack(
        [np.concatenate([getattr(shock, axis) for shock in shocks]) for axis in ("origin", "destination", "sector")]
    )
    cells, where = np.unique(flows, axis=1, return_inverse=True)
    access, cost = np.ones(cells.shape[1]), np.ones(cells.shape[1])
    np.multiply.at(access, where, np.concatenate([shock.access for shock in shocks]))
    np.multiply.at(
        cost,
        where,
        np.concatenate(
            [np.ones(len(s.origin)) if s.trade_cost_change is None else s.trade_cost_change for s in shocks]
        ),
    )
    endowments = [shock.endowment for shock in shocks if shock.endowment is not None]
    return SparseShock(
        origin=cells[0],
        destination=cells[1],
        sector=cells[2],
        access=access,
        trade_cost_change=None if (cost == 1.0).all() else cost,
        remittances=next((s.remittances for s in shocks if s.remittances is not None), None),
        endowment=np.prod(endowments, axis=0) if endowments else None,
    )


def make_sparse(shock: TradeShock) -> SparseShock | None:
    """Return a shock as entries; None if it has tariffs, export taxes, deficits or latent trade of its own."""
    if any(getattr(shock, name) is not None for name in ("tariff", "export_tax", "deficit", "latent_access")):
        return None
    whole = SparseShock(remittances=shock.remittances, endowment=shock.endowment)
    touched = [array != 1.0 for array in (shock.access, shock.trade_cost_change) if array is not None]
    if not touched:
        return whole
    at = np.nonzero(np.logical_or.reduce(touched))
    return replace(
        whole,
        origin=at[0],
        destination=at[1],
        sector=at[2],
        access=np.ones(len(at[0])) if shock.access is None else shock.access[at],
        trade_cost_change=None if shock.trade_cost_change is None else shock.trade_cost_change[at],
    )
