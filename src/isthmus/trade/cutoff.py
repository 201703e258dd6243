"""What a cut-off kills: cells without a living source, users without an essential input.

A (good, economy) cell is dead if none of its sources lives; a (user, economy) node is dead if it needs
a dead input and its inputs are not substitutable (sM <= 1 or eps <= 1). The two rules are applied to
closure before anything is solved (DESIGN.md section 5, Cut-offs).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.errors import Infeasible
from isthmus.world.accounts import BoolArray, FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class DeadSet:
    """Dead cells and nodes, each with the round in which it died (0: alive)."""

    cell: BoolArray  # (good, economy)
    node: BoolArray  # (user, economy)
    cause: dict[tuple[int, int], int]  # dead node (user, economy) -> the dead input that killed it


def find_dead(weight: FloatArray, needed: BoolArray, gam: FloatArray, *, essential: bool) -> DeadSet:
    """Return what dies.

    Parameters
    ----------
    weight : (good, origin, destination) array
        Source weights of equation (3); 0 where cut.
    needed : (good, economy) array
        Cells that somebody buys in the baseline.
    gam : (economy, input, user) array
        Input shares.
    essential : bool
        Inputs cannot be substituted, so that one dead input kills its user.
    """
    living = np.ones(needed.shape, dtype=bool)
    cause: dict[tuple[int, int], int] = {}
    uses = gam > 0
    while True:
        cell = needed & ~np.einsum("kin,ki->kn", weight > 0, living)
        if not essential:
            return DeadSet(cell, ~living, cause)
        hit = (uses & cell.T[:, :, None]).any(axis=1).T & living
        if not hit.any():
            return DeadSet(cell, ~living, cause)
        for user, economy in np.argwhere(hit):
            cause[int(user), int(economy)] = int(np.flatnonzero(uses[economy, :, user] & cell[:, economy])[0])
        living &= ~hit


def refuse_dead_final(dead: DeadSet, final: FloatArray) -> None:
    """Raise `Infeasible`, with the chain that causes it, if a consumed good has no living source.

    Positions are told as (sector, economy) indices; `solve` names them.
    """
    lost = np.argwhere(dead.cell & (final > 0))
    if not len(lost):
        return
    good, economy = (int(v) for v in lost[0])
    chain = [f"good {good} of economy {economy} has no source left"]
    node: tuple[int, int] | None = (good, economy)
    while node is not None and node in dead.cause:
        lacking = dead.cause[node]
        chain.append(f"its home supply needs good {lacking}, which has none either")
        node = (lacking, economy)
        if len(chain) > 6:
            break
    raise Infeasible(
        f"Consumption is infeasible in {len(lost)} cells: {'; '.join(chain)}. "
        "Give a choke price (TradeSettings.choke) or leave some source open."
    )
