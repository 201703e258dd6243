"""Mrio: a multi-regional input-output table, its Leontief and Ghosh objects, and its accounts.

====== ======================================== ====== =======================================
symbol meaning                                  symbol meaning
====== ======================================== ====== =======================================
Z      inputs, from node to node                A      technical coefficients, Z / x of users
F      final use                                L      Leontief inverse (I - A)^-1
x      output                                   B, G   allocation Z / x of sellers; (I - B)^-1
====== ======================================== ====== =======================================

A node is (economy, sector), economy-major, as pymrio orders them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import WorldError
from isthmus.world.accounts import BASIS, Accounts, FloatArray, freeze


@dataclass(frozen=True, eq=False, slots=True)
class Mrio:
    """A multi-regional input-output table; arrays are read-only."""

    economies: tuple[str, ...]
    sectors: tuple[str, ...]
    Z: FloatArray  # (origin, sector, destination, user) USD million
    F: FloatArray  # (origin, sector, destination) USD million, all categories of final use together
    year: int
    source: str

    def __post_init__(self) -> None:
        n, s = len(self.economies), len(self.sectors)
        if self.Z.shape != (n, s, n, s) or self.F.shape != (n, s, n):
            raise WorldError(
                f"{self.source}: Z has shape {self.Z.shape} and final use {self.F.shape}, not {(n, s, n, s)} and "
                f"{(n, s, n)} for {n} economies and {s} sectors."
            )
        freeze(self)

    def __repr__(self) -> str:
        return f"<Mrio {self.year}: {len(self.economies)} economies x {len(self.sectors)} sectors>"

    def scale(self, factor: float) -> Mrio:
        """Return the table in another unit."""
        return self if factor == 1.0 else replace(self, Z=self.Z * factor, F=self.F * factor)

    @property
    def output(self) -> FloatArray:
        """X (economy, sector) USD million: sales to users and to final use."""
        total: FloatArray = self.Z.sum(axis=(2, 3)) + self.F.sum(axis=2)
        return total

    @property
    def value_added(self) -> FloatArray:
        """(economy, sector) USD million: output less inputs, taxes on products included."""
        rest: FloatArray = self.output - self.Z.sum(axis=(0, 1))
        return rest

    @property
    def coefficients(self) -> FloatArray:
        """A (node, node): inputs per output of the user."""
        return _over(self._square, self.output.ravel()[None, :])

    @property
    def leontief_inverse(self) -> FloatArray:
        """L (node, node)."""
        return _inverse(self.coefficients)

    @property
    def allocation(self) -> FloatArray:
        """B (node, node): sales per output of the seller."""
        return _over(self._square, self.output.ravel()[:, None])

    @property
    def ghosh_inverse(self) -> FloatArray:
        """G (node, node)."""
        return _inverse(self.allocation)

    @property
    def _square(self) -> FloatArray:
        nodes = len(self.economies) * len(self.sectors)
        return self.Z.reshape(nodes, nodes)

    def extract_pair(self, one: int, other: int) -> tuple[FloatArray, FloatArray]:
        """Return output and value added (economy, sector) once two economies stop trading.

        Hypothetical extraction: their flows go to zero, nothing replaces them, prices stay. A quick upper
        bound of what an embargo moves; `solve_trade` lets buyers and prices adjust.

        References
        ----------
        Dietzenbacher and Lahr 2013, Economic Systems Research 25:3, 341-360.
        """
        A = self.coefficients.reshape(self.Z.shape).copy()
        F = self.F.copy()
        for i, n in ((one, other), (other, one)):
            A[i, :, n, :] = 0.0
            F[i, :, n] = 0.0
        nodes = self.output.size
        made = np.linalg.solve(np.eye(nodes) - A.reshape(nodes, nodes), F.sum(axis=2).ravel())
        output: FloatArray = np.asarray(made, dtype=float).reshape(self.output.shape)
        return output, self.value_added * _over(output, self.output)


def _over(part: FloatArray, whole: FloatArray) -> FloatArray:
    whole = np.broadcast_to(whole, part.shape)
    ratio: FloatArray = np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)
    return ratio


def _inverse(coefficients: FloatArray) -> FloatArray:
    inverse: FloatArray = np.asarray(np.linalg.inv(np.eye(len(coefficients)) - coefficients), dtype=float)
    return inverse


def mend(mrio: Mrio) -> tuple[Mrio, tuple[str, ...]]:
    """Return the table without negative cells and with value added of at least 2 % of output, and what was done.

    Negative cells (stock changes, valuables) become zero: the seller's output and value added rise by as
    much. Inputs of a user beyond 98 % of its output shrink in proportion, to a fixed point.
    """
    notes = []
    Z, F = np.maximum(mrio.Z, 0.0), np.maximum(mrio.F, 0.0)
    lost = float((Z - mrio.Z).sum() + (F - mrio.F).sum())
    if lost > 0:
        notes.append(f"negative cells worth {lost:,.1f} USD million ({lost / F.sum():.2%} of final use) set to 0")
    cut = 0.0
    for _ in range(200):
        output, inputs = Z.sum(axis=(2, 3)) + F.sum(axis=2), Z.sum(axis=(0, 1))
        over = inputs > 0.98 * output * (1 + 1e-12)
        if not over.any():
            break
        factor = np.where(over, _over(0.98 * output, inputs), 1.0)
        cut += float((inputs * (1 - factor)).sum())
        Z = Z * factor[None, None]
    if cut > 0:
        notes.append(f"inputs beyond 98 % of output cut by {cut:,.1f} USD million ({cut / Z.sum():.2%} of inputs)")
    return replace(mrio, Z=Z, F=F), tuple(notes)


def accounts_of(mrio: Mrio) -> Accounts:
    """Return the accounts of a table without negative cells: buyers of a good share its origins, no tonnes."""
    flow = mrio.Z.sum(axis=3).transpose(0, 2, 1) + mrio.F.transpose(0, 2, 1)
    flow = np.ascontiguousarray(flow)
    n = len(mrio.economies)
    return Accounts(
        flow=flow,
        tonnes=np.zeros_like(flow),
        latent=np.zeros_like(flow),
        basis=np.where(flow > 0, BASIS.index("balanced"), BASIS.index("none")).astype(np.int8),
        inputs=np.ascontiguousarray(mrio.Z.sum(axis=0).transpose(1, 0, 2)),
        final_use=np.ascontiguousarray(mrio.F.sum(axis=0).T),
        output=mrio.output,
        value_added=mrio.value_added,
        remittances=np.zeros((n, n)),
    )
