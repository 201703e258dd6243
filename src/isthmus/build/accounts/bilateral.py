"""Trade of the added economies and the rest of the world with everybody, by sector.

Prior: BACI for minerals, gravity for the rest; then Kullback-Leibler projections on sector margins
(exact), partner margins and lower bounds (intervals), and what the 80 can sell (upper bound).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.build.accounts.axes import AT, CLOSED, EAEU, GOODS, NEIGHBOURS, OBSERVED, SOVIET, K
from isthmus.build.accounts.controls import MARGIN_SECTORS, Controls, energy_margins
from isthmus.build.accounts.energy_split import Core
from isthmus.build.accounts.partners import CellBound, PairBound, read_cell_bounds, read_pair_bounds
from isthmus.build.accounts.peers import final_blowup
from isthmus.world.accounts import FloatArray

_SWEEPS = 1500
_CAP = 0.9  # share of what the 80 sell outside that may go to the added economies
_MEMORY = 1e5


@dataclass(frozen=True, eq=False, slots=True)
class Bilateral:
    """Flows of pairs with an added economy, (origin, destination, sector), million USD, and what was not met."""

    flow: FloatArray
    unmet: tuple[str, ...]
    error: float


def make_prior(
    core: Core, controls: Controls, mineral: FloatArray, distance: FloatArray, economies: tuple[str, ...]
) -> FloatArray:
    """Return the prior flow of every pair with an added economy."""
    first, n = len(core.economies), len(economies)
    abroad = core.flow * np.minimum(final_blowup(core), 20.0)[:, None, :]
    every = np.arange(first)
    abroad[every, every] = 0.0
    supply, demand = np.zeros((n, K)), np.zeros((n, K))
    supply[:first], demand[:first] = abroad.sum(axis=1), abroad.sum(axis=0)
    supply[first:], demand[first:] = controls.exports + controls.transit, controls.imports + controls.transit
    decay = np.where(GOODS, -1.0, -0.7)
    closeness = _closeness(economies)
    prior = supply[:, None, :] * demand[None, :, :] * (distance[:, :, None] / 1000.0) ** decay
    prior *= closeness[:, :, None]
    prior /= np.maximum(demand.sum(axis=0), 1.0)
    prior[:, :, OBSERVED] = mineral[:, :, OBSERVED]
    between = energy_margins(mineral, economies)
    for code, share in MARGIN_SECTORS.items():
        prior[first:, :, AT[code]] += share * between
    prior[:first, :first] = 0.0
    diagonal = np.arange(n)
    prior[diagonal, diagonal] = 0.0
    return prior


def _closeness(economies: tuple[str, ...]) -> FloatArray:
    """Return gravity's factor by pair: neighbours, common past and union, closed pairs."""
    n = len(economies)
    at = {code: i for i, code in enumerate(economies)}
    factor = np.ones((n, n))
    for iso, names in NEIGHBOURS.items():
        for other in names.split():
            factor[at[iso], at[other]] = factor[at[other], at[iso]] = 1.8
    soviet = np.isin(economies, SOVIET)
    union = np.isin(economies, EAEU)
    factor[np.ix_(soviet, soviet)] *= 1.5
    factor[np.ix_(union, union)] *= 1.4
    for one, two in CLOSED:
        factor[at[one], at[two]] = 0.0
    factor[at["IRN"], at["USA"]] = factor[at["USA"], at["IRN"]] = 0.01
    return factor


def solve_bilateral(core: Core, controls: Controls, prior: FloatArray, economies: tuple[str, ...]) -> Bilateral:
    """Return flows of the added economies that meet their sector margins.

    Precedence: sector margins and observed minerals, then partner margins by rank, then lower bounds by
    product and partner. Bounds that contradict a better fact are widened beforehand.
    """
    first = len(core.economies)
    at = {code: i for i, code in enumerate(economies)}
    fixed = prior * OBSERVED
    pairs = _feasible(read_pair_bounds(economies), controls, fixed, economies)
    cells = read_cell_bounds(economies)
    state = _State(prior.copy(), controls, first, _CAP * core.sold_outside, pairs, cells, at)
    for _ in range(_SWEEPS):
        state.sweep()
        if state.moved < 1e-7:
            break
    error = state.close()
    return Bilateral(state.flow, tuple(state.find_unmet()), error)


def _feasible(
    bounds: list[PairBound], controls: Controls, fixed: FloatArray, economies: tuple[str, ...]
) -> list[tuple[PairBound, float, float]]:
    """Return bounds on the goods that are not observed, shrunk where the partners of one economy overfill it."""
    first = len(economies) - len(controls.gdp)
    at = {code: i for i, code in enumerate(economies)}
    kept: list[tuple[PairBound, float, float]] = []
    for bound in bounds:
        seen = float(fixed[at[bound.origin], at[bound.destination]].sum())
        if bound.high - seen <= 0.02 * bound.high and bound.rank > 1:
            continue  # BACI alone fills a rounded share
        kept.append((bound, max(bound.low - seen, 0.0), max(bound.high - seen, 0.05 * bound.high)))
    free = GOODS & ~OBSERVED
    for a in range(len(controls.gdp)):
        iso = economies[first + a]
        for side, margin in (
            ("origin", controls.exports[a] + controls.transit[a]),
            ("destination", controls.imports[a] + controls.transit[a]),
        ):
            mine = [t for t, (bound, _, _) in enumerate(kept) if getattr(bound, side) == iso]
            room = 0.97 * margin[free].sum()
            for rank in (5, 4, 3, 2):
                over = sum(kept[t][1] for t in mine) - room
                loose = [t for t in mine if kept[t][0].rank == rank]
                held = sum(kept[t][1] for t in loose)
                if over > 0 and held > 0:
                    keep = max(1.0 - over / held, 0.0)
                    for t in loose:
                        kept[t] = (kept[t][0], kept[t][1] * keep, kept[t][2])
    return kept


class _State:
    """Flows and multipliers of the projection; a sweep visits every fact once."""

    def __init__(
        self,
        flow: FloatArray,
        controls: Controls,
        first: int,
        ceiling: FloatArray,
        pairs: list[tuple[PairBound, float, float]],
        cells: list[CellBound],
        at: dict[str, int],
    ) -> None:
        self.flow, self.first, self.ceiling = flow, first, ceiling
        self.exports, self.imports = controls.exports + controls.transit, controls.imports + controls.transit
        self.pairs = [(at[b.origin], at[b.destination], low, high, b) for b, low, high in pairs]
        self.cells = [(at[b.origin], at[b.destination], list(b.sectors), b.low, b) for b in cells]
        self.free = np.flatnonzero(GOODS & ~OBSERVED)
        self.pair_factor = np.ones(len(pairs))
        self.cell_factor = np.ones(len(cells))
        self.cap_factor = np.ones_like(ceiling)
        self.moved = np.inf

    def sweep(self) -> None:
        """Project on ceilings, partner margins, lower bounds, then import and export margins."""
        self._cap()
        self._fit_pairs()
        self._fit_cells()
        columns = self._scale_columns()
        rows = self._scale_rows()
        self.moved = float(max(np.abs(columns - 1).max(), np.abs(rows - 1).max()))

    def _cap(self) -> None:
        block = self.flow[: self.first, self.first :]
        sold = block.sum(axis=1) / self.cap_factor
        room = np.divide(self.ceiling, sold, out=np.ones_like(sold), where=sold > 0)
        wanted = np.minimum(room, 1.0)
        block *= (wanted / self.cap_factor)[:, None, :]
        self.cap_factor = np.maximum(wanted, 1.0 / _MEMORY)

    def _fit_pairs(self) -> None:
        for t, (i, n, low, high, _) in enumerate(self.pairs):
            cells = self.flow[i, n, self.free]
            bare = cells.sum() / self.pair_factor[t]
            if bare <= 0:
                continue
            factor = min(max(1.0, low / bare), _MEMORY) if bare < low else max(min(1.0, high / bare), 1 / _MEMORY)
            self.flow[i, n, self.free] = cells * (factor / self.pair_factor[t])
            self.pair_factor[t] = factor

    def _fit_cells(self) -> None:
        for t, (i, n, sectors, low, _) in enumerate(self.cells):
            cells = self.flow[i, n, sectors]
            bare = cells.sum() / self.cell_factor[t]
            if bare <= 0:
                continue
            factor = min(max(1.0, low / bare), _MEMORY)
            self.flow[i, n, sectors] = cells * (factor / self.cell_factor[t])
            self.cell_factor[t] = factor

    def _scale_columns(self) -> FloatArray:
        have = self.flow[:, self.first :].sum(axis=0)
        factor = np.divide(self.imports, have, out=np.ones_like(have), where=have > 0)
        self.flow[:, self.first :] *= factor
        return np.asarray(factor)

    def _scale_rows(self) -> FloatArray:
        have = self.flow[self.first :].sum(axis=1)
        factor = np.divide(self.exports, have, out=np.ones_like(have), where=have > 0)
        self.flow[self.first :] *= factor[:, None, :]
        return np.asarray(factor)

    def close(self) -> float:
        """Close the sector margins alone and return the largest gap left, relative to its margin."""
        for _ in range(3000):
            columns = self._scale_columns()
            rows = self._scale_rows()
            gap = float(max(np.abs(columns - 1).max(), np.abs(rows - 1).max()))
            if gap < 1e-13:
                break
        return gap

    def find_unmet(self) -> list[str]:
        """Return the facts that the flows miss by more than 3 % and 5 million."""
        unmet = []
        for i, n, low, high, bound in self.pairs:
            value = float(self.flow[i, n, self.free].sum())
            if value < 0.97 * low - 5 or value > 1.03 * high + 5:
                unmet.append(f"goods {bound.origin}-{bound.destination}: {value:.0f} outside [{low:.0f}, {high:.0f}]")
        for i, n, sectors, low, cell in self.cells:
            value = float(self.flow[i, n, sectors].sum())
            if value < 0.97 * low - 5:
                unmet.append(f"{cell.origin}-{cell.destination} sectors {sectors}: {value:.0f} below {low:.0f}")
        return unmet
