"""Products inside sectors: which share of a sector's flow a product makes up.

The table `data/product_trade.csv` holds reported and estimated trade of single products with the share of the
sector flow where it is known. A product without a share is an error that lists what is known of it: a ban
on one product must never cut a whole sector for want of a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from isthmus.errors import ScenarioError, nearest
from isthmus.world.package_data import package_rows

#: Products that are a whole sector of the model by its definition.
WHOLE_SECTORS: Mapping[str, str] = {
    "coal": "B05",
    "crude_oil": "B06O",
    "electricity": "D",
    "gas": "B06G",
    "refined_oil": "C19",
}


@dataclass(frozen=True, slots=True)
class ProductTrade:
    """One row of the table of product trade."""

    episode: str
    exporter: str
    importer: str
    product: str
    sector: str  # one sector code; several joined by + where the source does not part them
    year: int
    value_usd_m: float | None
    share: float | None  # of the sector flow between the two
    source: str
    basis: str


@dataclass(frozen=True, slots=True)
class Share:
    """The share of a sector's flow that a product makes up."""

    sector: str
    share: float
    told: str  # year and document, for the effect that is shown


@cache
def product_trade() -> tuple[ProductTrade, ...]:
    """Return the rows of `data/product_trade.csv`, in their order."""
    return tuple(_row(cells) for cells in package_rows("scenario", "product_trade"))


def _row(cells: dict[str, str]) -> ProductTrade:
    percent = cells["share_of_sector_percent"]
    return ProductTrade(
        episode=cells["episode"],
        exporter=cells["exporter"],
        importer=cells["importer"],
        product=cells["product"],
        sector=cells["sector"],
        year=int(cells["year"]),
        value_usd_m=float(cells["value_usd_m"]) if cells["value_usd_m"] else None,
        share=float(percent) / 100.0 if percent else None,
        source=cells["source"],
        basis=cells["basis"],
    )


def find_share(
    product: str, exporter: str, importer: str, *, sectors: tuple[str, ...], year: int, flows: Mapping[str, float]
) -> Share:
    """Return the share of a sector's flow from exporter to importer that a product makes up.

    Parameters
    ----------
    product, exporter, importer : str
        As in the table; economies by ISO3.
    sectors : tuple of str
        The sector that the change names, empty if the table is to say.
    year : int
        Year of the world: the row nearest to it counts, the earlier of two.
    flows : mapping of str to float
        The world's own flow of each sector between the two, USD million: turns a value of the world's year into
        a share.

    Raises
    ------
    ScenarioError
        No share is known; what is known is listed.
    """
    whole = WHOLE_SECTORS.get(product)
    if whole is not None and whole in flows and sectors in ((), (whole,)):
        return Share(whole, 1.0, f"{product} is all of {whole}")
    rows = [r for r in product_trade() if (r.product, r.exporter, r.importer) == (product, exporter, importer)]
    rows.sort(key=lambda r: (abs(r.year - year), r.year))
    for row in rows:
        if row.sector not in flows or sectors not in ((), (row.sector,)):
            continue
        if row.share is not None:
            return Share(row.sector, row.share, f"{100 * row.share:g} % of {row.sector} in {row.year}; {row.basis}")
        flow = flows[row.sector]
        if row.value_usd_m is not None and row.year == year and flow > 0:
            share = min(1.0, row.value_usd_m / flow)
            told = f"{row.value_usd_m:g} of {flow:,.1f} USD m of {row.sector} in {year}; {row.basis}"
            return Share(row.sector, share, told)
    raise ScenarioError(_no_share(product, exporter, importer, rows, sectors))


def _no_share(product: str, exporter: str, importer: str, rows: list[ProductTrade], sectors: tuple[str, ...]) -> str:
    names = sorted({r.product for r in product_trade() if (r.exporter, r.importer) == (exporter, importer)})
    known = [
        f"{r.year} {r.value_usd_m:g} USD m of {r.sector}" if r.value_usd_m is not None else f"{r.year} of {r.sector}"
        for r in rows
    ]
    where = f" in {sectors[0]}" if sectors else ""
    told = f"product {product!r} has no share of the flow from {exporter} to {importer}{where}."
    told += f" Known of it: {'; '.join(known)}." if known else nearest(product, names)
    told += (
        f" Products with figures for this pair: {', '.join(names)}." if names else " No product of this pair is known."
    )
    return told + " Give product_share with the sector, or trade_usd_m with its year and source."
