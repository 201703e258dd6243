"""Accounts: input-output and bilateral trade tables of all economies, as arrays.

Identities that `check` holds to 1e-9 relative (DESIGN.md section 3), for every economy n, sector k:
sales sum_n flow[i, n, k] = output[i, k];  purchases sum_i flow[i, n, k] = final_use[n, k] +
sum_j inputs[n, k, j];  cost sum_k inputs[n, k, j] + value_added[n, j] = output[n, j].
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Arrays = dict[str, NDArray[np.float64]]

#: How a number came about, in the order in which they are trusted.
BASIS = ("observed", "balanced", "estimated", "none")


def freeze(instance: object) -> None:
    """Make every array field of a frozen dataclass read-only."""
    for field in fields(instance):  # type: ignore[arg-type]
        value = getattr(instance, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)


@dataclass(frozen=True, eq=False, slots=True)
class Accounts:
    """Trade and production of the reference year, USD million at FOB; arrays are read-only.

    Axes are named (origin, destination, sector); in `inputs` rows supply and columns use.
    """

    flow: FloatArray  # (origin, destination, sector) USD million, domestic sales on the diagonal
    tonnes: FloatArray  # (origin, destination, sector) tonnes a year; 0 where no freight
    latent: FloatArray  # (origin, destination, sector) USD million if the border were open
    basis: NDArray[np.int8]  # (origin, destination, sector) index into BASIS
    inputs: FloatArray  # (economy, input sector, using sector) USD million, all origins together
    final_use: FloatArray  # (economy, sector) USD million
    output: FloatArray  # (economy, sector) USD million
    value_added: FloatArray  # (economy, sector) USD million
    remittances: FloatArray  # (payer, recipient) USD million

    def __post_init__(self) -> None:
        freeze(self)

    def __repr__(self) -> str:
        n, s = self.output.shape
        return f"<Accounts: {n} economies x {s} sectors>"
