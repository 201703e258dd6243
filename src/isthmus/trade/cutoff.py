"""What a cut-off kills: cells without a living source, users without an essential input.

A (good, economy) cell is dead if none of its sources lives. A (user, economy) node lacks its inputs if
they cannot replace each other (sM <= 1) and one is dead, or if all are; it dies of that if inputs are
essential (eps <= 1) or all it has. The rules are applied to closure before anything is solved
(DESIGN.md section 5, Cut-offs). A node whose every buyer is cut or dead stands idle: it lives, but
sells nothing, and factors fixed in it earn nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.errors import Infeasible
from isthmus.world.accounts import BoolArray, FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class DeadSet:
    """What no longer works, sector by economy."""

    cell: BoolArray  # (good, economy) nothing to buy at any price
    node: BoolArray  # (user, economy) cannot produce
    starved: BoolArray  # (user, economy) produces, with value added alone
    idle: BoolArray  # (user, economy) could produce, nobody can buy
    cause: dict[tuple[int, int], int]  # dead node (user, economy) -> the dead input that killed it


def find_dead(
    weight: FloatArray,
    gam: FloatArray,
    al: FloatArray,
    *,
    makes: BoolArray,
    backed: BoolArray,
    final: BoolArray,
    sM: float,
    eps: float,
) -> DeadSet:
    """Return what dies.

    Parameters
    ----------
    weight : (good, origin, destination) array
        Source weights of equation (3); 0 where cut.
    makes, backed, final : (good, economy) bool array
        Nodes that produce in the baseline; cells that have a backstop; that are consumed.
    gam : (economy, input, user) array
        Input shares.
    al : (user, economy) array
        Value-added shares.
    sM, eps : float
        Elasticities among inputs, and of value added against inputs.
    """
    source = (weight > 0).astype(float)
    uses = gam > 0
    needed = final | uses.any(axis=2).T
    has_inputs = uses.any(axis=1).T & (al < 1.0)
    living = makes.copy()
    cause: dict[tuple[int, int], int] = {}
    while True:
        supplied = (living.astype(float)[:, None, :] @ source)[:, 0, :] > 0
        cell = needed & ~supplied & ~backed
        lost = uses & cell.T[:, :, None]
        lacking = has_inputs & (lost.any(axis=1) if sM <= 1.0 else (lost == uses).all(axis=1)).T
        hit = living & lacking & ((eps <= 1.0) | (al <= 0.0))
        if not hit.any():
            break
        for user, economy in np.argwhere(hit):
            cause[int(user), int(economy)] = int(np.flatnonzero(lost[economy, :, user])[0])
        living &= ~hit
    starved = lacking & living
    idle = _find_idle(source, uses, wanted=final & ~cell, buying=living & ~starved, sells=living)
    return DeadSet(cell, makes & ~living, starved, idle, cause)


def _find_idle(
    source: FloatArray, uses: BoolArray, *, wanted: BoolArray, buying: BoolArray, sells: BoolArray
) -> BoolArray:
    """Return the living nodes (user, economy) none of whose buyers is left, to closure."""
    idle = np.zeros_like(sells)
    while True:
        bought = wanted | (uses & (buying & ~idle).T[:, None, :]).any(axis=2).T
        new = sells & ~idle & ~((source @ bought.astype(float)[:, :, None])[:, :, 0] > 0)
        if not new.any():
            return idle
        idle |= new


def refuse_dead_final(
    dead: DeadSet, final: BoolArray, weight: FloatArray, economies: tuple[str, ...], sectors: tuple[str, ...]
) -> None:
    """Raise `Infeasible`, with the chain that causes it, if a consumed good has no living source."""
    lost = np.argwhere(dead.cell & final)
    if not len(lost):
        return
    good, economy = (int(v) for v in lost[0])
    chain = [f"{economies[economy]} consumes {sectors[good]}"]
    while len(chain) < 8:
        source = int(weight[good, :, economy].argmax())
        if weight[good, source, economy] <= 0 or (good, source) not in dead.cause:
            chain.append(f"every source of {sectors[good]} in {economies[economy]} is cut")
            break
        good, economy = dead.cause[good, source], source
        chain.append(f"its source {economies[source]} needs {sectors[good]}")
    raise Infeasible(
        f"Consumption is infeasible in {len(lost)} cells (good, economy): {'; '.join(chain)}. "
        "Give a choke price (settings.choke), or leave some source open."
    )
