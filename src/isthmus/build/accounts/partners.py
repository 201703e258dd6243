"""Bounds from the facts on trade between an added economy and a partner."""

from __future__ import annotations

import math
from dataclasses import dataclass

from isthmus.build.accounts.axes import ADDED, GROUPS, number, read_facts, split_group
from isthmus.build.accounts.controls import CIF_TO_FOB, CIF_TO_FOB_OTHERS, read_totals

#: Half-width of a bound by kind of source (assumption): national figures, Factbook shares in points.
_ARMENIA, _NATIONAL, _FACTBOOK_POINTS = 0.003, 0.02, 0.005


@dataclass(frozen=True, slots=True)
class PairBound:
    """Goods of one pair lie in [low, high], million USD FOB; `rank` 1 is trusted most."""

    origin: str
    destination: str
    low: float
    high: float
    rank: int
    of: str


@dataclass(frozen=True, slots=True)
class CellBound:
    """At least `low` million USD FOB of some sectors in one pair."""

    origin: str
    destination: str
    sectors: tuple[int, ...]
    low: float


def read_pair_bounds(economies: tuple[str, ...]) -> list[PairBound]:
    """Return the best bound on goods for each pair (precedence: README of the facts).

    National full-year figures beat derived ones, these beat mirrors, and Factbook shares come last; of
    two sides the reporting exporter's wins only if its rank is better.
    """
    totals = read_totals()
    best: dict[tuple[str, str], PairBound] = {}
    tables = [read_facts("partners"), read_facts("national_trade")]
    for table in tables:
        chosen = table[table["iso3"].isin(ADDED) & table["partner_iso3"].isin(economies) & (table["year"] == 2022)]
        if "product" in chosen.columns:
            chosen = chosen[chosen["product"] == "all_goods"]
        for row in chosen.to_dict("records"):
            bound = _read_bound({str(key): value for key, value in row.items()}, totals)
            if bound is None:
                continue
            key = (bound.origin, bound.destination)
            if key not in best or bound.rank < best[key].rank:
                best[key] = bound
    return [best[key] for key in sorted(best)]


def _read_bound(row: dict[str, object], totals: dict[str, dict[str, float]]) -> PairBound | None:
    iso, partner, flow, basis = (str(row[name]) for name in ("iso3", "partner_iso3", "flow", "basis"))
    rank = _rank(iso, basis)
    if rank is None:
        return None
    total = totals[iso][f"goods_{flow}s"]
    value, share = number(row["value_usd_million"]), number(row["share_percent"])
    cif = CIF_TO_FOB.get(iso, CIF_TO_FOB_OTHERS) if flow == "import" else 1.0
    if basis.startswith("reported share (rounded") or math.isnan(value):
        if iso == "IRN" and flow == "export":
            return None  # shares mix oil in and out
        low, high = (share / 100 - _FACTBOOK_POINTS) * total, (share / 100 + _FACTBOOK_POINTS) * total
    else:
        width = _ARMENIA if rank == 1 else _NATIONAL
        low, high = value * cif * (1 - width), value * cif * (1 + width)
    if "eleven" in basis and not math.isnan(value):
        low, high = 0.95 * low, 1.1 * high
    origin, destination = (iso, partner) if flow == "export" else (partner, iso)
    return PairBound(origin, destination, max(low, 0.0), high, rank, iso)


def _rank(iso: str, basis: str) -> int | None:
    """Return how far a row is trusted: 1 Armenia, 2 national, 3 derived, 4 mirror, 5 Factbook share."""
    if basis.startswith("reported share (rounded"):
        # National rows by origin are complete for Armenia; Factbook mirrors say something else there.
        return None if iso == "ARM" else 5
    if "four months" in basis or "nine months" in basis:
        return None
    if basis.startswith("mirror"):
        return 4
    if basis.startswith("derived"):
        return 3
    return 1 if iso == "ARM" else 2


def read_cell_bounds(economies: tuple[str, ...]) -> list[CellBound]:
    """Return lower bounds by product and partner."""
    table = read_facts("products")
    chosen = table[
        table["iso3"].isin(ADDED)
        & table["partner_iso3"].isin(economies)
        & table["product"].isin(list(GROUPS))
        & ~table["basis"].str.startswith("estimate")
        & ~table["product"].isin(["gas", "coal", "crude_oil", "metal_ores"])
    ]
    best: dict[tuple[str, str, tuple[int, ...]], float] = {}
    for row in chosen.to_dict("records"):
        iso, partner, flow = str(row["iso3"]), str(row["partner_iso3"]), str(row["flow"])
        value = number(row["value_usd_million"])
        if not value > 0 or (iso, partner, flow) == ("GEO", "ARM", "export"):
            continue
        if row["product"] == "tourism":
            value *= 0.6  # what tourists spend on accommodation and food; see GROUPS
            sectors: tuple[int, ...] = split_group("tourism")[0][:1]
        else:
            sectors = split_group(str(row["product"]))[0]
        if flow == "import":
            value *= CIF_TO_FOB.get(iso, CIF_TO_FOB_OTHERS)
        origin, destination = (iso, partner) if flow == "export" else (partner, iso)
        key = (origin, destination, sectors)
        best[key] = max(best.get(key, 0.0), value)
    return [CellBound(*key, low) for key, low in sorted(best.items())]
