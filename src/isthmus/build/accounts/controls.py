"""Totals that the accounts must meet: GDP, trade of goods and services, sector margins of the added economies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.build.accounts.axes import ADDED, AT, GOODS, GROUPS, OBSERVED, ROW, K, number, read_facts, split_group
from isthmus.build.accounts.energy_split import Core
from isthmus.build.accounts.peers import export_profile, import_profile
from isthmus.world.accounts import BoolArray, FloatArray

#: Energy of economies without a customs total is put from FOB to the basic price of ICIO; pipelines,
#: ports and trade take the rest (assumption; ICIO over BACI is 0.78 over all exporters).
BASIC_PRICE = 0.82
AT_BASIC_PRICE = ("IRQ", "TKM", ROW)
MARGIN_SECTORS = {"G": 0.5, "H49": 0.25, "H50": 0.25}

#: Trade of the rest of the world with itself, and what its members without figures add (assumptions).
_WITHIN_ROW, _MISSING_ROW = 0.10, 0.04
_ROW_SERVICES = 0.22

#: CIF to FOB where a partner value is CIF (assumption 0.90, see facts/transport_margins: 4 to 15 % for
#: landlocked economies); Armenia's is known.
CIF_TO_FOB = {"ARM": 7577.1 / 8775.9}
CIF_TO_FOB_OTHERS = 0.90


@dataclass(frozen=True, eq=False, slots=True)
class Controls:
    """Totals of the 13 added economies and the rest of the world, million USD.

    Attributes
    ----------
    gdp : (added,) array
    exports, imports : (added, sector) arrays
        FOB, without the transit account.
    transit : (added, sector) array
        Goods that leave as they came; on top of exports and imports.
    fixed_exports, fixed_imports : (added, sector) bool arrays
        Margins that a fact gives.
    """

    gdp: FloatArray
    exports: FloatArray
    imports: FloatArray
    transit: FloatArray
    fixed_exports: BoolArray
    fixed_imports: BoolArray


def make_controls(core: Core, mineral: FloatArray) -> Controls:
    """Return the sector margins of every added economy and the rest of the world.

    `mineral` is what `scale_minerals` gives: cells of the four mineral sectors, million USD.
    """
    names = (*ADDED, ROW)
    totals = read_totals()
    shape = (len(names), K)
    exports, imports, transit = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    fixed_x, fixed_m = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    first = len(core.economies)
    groups = _read_groups()
    between = energy_margins(mineral, (*core.economies, *names))
    for a, iso in enumerate(names):
        for flow, margin, fixed in (("export", exports, fixed_x), ("import", imports, fixed_m)):
            observed = mineral[first + a].sum(axis=0) if flow == "export" else mineral[:, first + a].sum(axis=0)
            profile = (export_profile if flow == "export" else import_profile)(core, iso)
            need = {"goods": totals[iso][f"goods_{flow}s"], "services": totals[iso][f"services_{flow}s"]}
            if flow == "export":
                need["goods"] -= between[a].sum()
            margin[a], fixed[a] = _spread((iso, flow), need, observed, groups.get((iso, flow), {}), profile)
        for code, share in MARGIN_SECTORS.items():
            exports[a, AT[code]] += share * between[a].sum()
    _fit_to_supply(core, exports, imports, fixed_m)
    _take_out_transit(names, totals, exports, imports, transit)
    gdp = np.array([totals[iso]["gdp"] for iso in names])
    return Controls(gdp, exports, imports, transit, fixed_x, fixed_m)


def read_totals() -> dict[str, dict[str, float]]:
    """Return GDP and trade totals of the added economies and the rest of the world, million USD."""
    totals: dict[str, dict[str, float]] = {iso: {} for iso in ADDED}
    for row in read_facts("added_totals").itertuples():
        totals[str(row.iso3)][str(row.item)] = number(row.value_usd_m)
    economies = read_facts("economies").set_index("iso3")
    for iso in ADDED:
        totals[iso]["gdp"] = number(economies.loc[iso, "gdp_usd_million"])
    table = read_facts("trade_totals")
    rest = table[table["group"] == "row"]
    up = 1.0 + _MISSING_ROW
    outward = (1.0 - _WITHIN_ROW) * up
    x = float(rest["exports_goods_services_usd_m"].sum()) * outward
    m = float(rest["imports_goods_services_usd_m"].sum()) * outward
    totals[ROW] = {
        "gdp": float(rest["gdp_usd_m"].sum()) * up,
        "goods_exports": x * (1 - _ROW_SERVICES),
        "services_exports": x * _ROW_SERVICES,
        "goods_imports": m * (1 - _ROW_SERVICES),
        "services_imports": m * _ROW_SERVICES,
    }
    return totals


#: Splits of a group that the peers' profile would get wrong: Armenia re-exported phones, computers and
#: machinery in 2022 (assumption, see `transit_account`).
_OWN_SPLIT = {("ARM", "export", "machinery_electronics"): np.array([0.42, 0.20, 0.38])}

#: Sectors without production: what BACI shows as exports there is transit or noise.
NO_MINE = {
    "B05": ("ARM", "AZE", "TKM", "MDA", "IRQ"),
    "B06O": ("ARM", "GEO", "MDA", "TJK"),
    "B06G": ("ARM", "GEO", "MDA", "TJK", "MNG", "KGZ"),
    "B07": ("TKM", "MDA", "IRQ"),
    "C19": ("ARM", "GEO", "MDA", "MNG", "AFG"),
}


def scale_minerals(value: FloatArray, economies: tuple[str, ...]) -> FloatArray:
    """Return BACI cells of pairs with an added economy, put to the valuation of the accounts.

    Azerbaijan's crude and gas are cut so that 3.05 billion of other goods fit into the customs total;
    Mongolia's minerals likewise (1.3 billion of gold and other goods); Armenia's ore is the national
    total; energy of Iraq, Turkmenistan and the rest of the world goes to basic prices.
    """
    totals, place = read_totals(), {iso: n for n, iso in enumerate(economies)}
    first = len(economies) - len(ADDED) - 1
    out = value.copy()
    out[:first, :first] = 0.0
    out[-1, -1] = 0.0
    for sector, barren in NO_MINE.items():
        for iso in barren:
            out[place[iso], :, AT[sector]] = 0.0
    ore = out[place["ARM"], :, AT["B07"]]
    # Armenian ore that passes Georgia stands twice in BACI; all goods to Georgia are 162 nationally.
    ore[place["GEO"]] = min(ore[place["GEO"]], 60.0)
    ore *= 922.282 / ore.sum()
    for iso, other in (("AZE", 3050.0), ("MNG", 1300.0)):
        cells = out[place[iso]]
        cells *= min(1.0, (totals[iso]["goods_exports"] - other) / cells.sum())
    for iso in AT_BASIC_PRICE:
        out[place[iso], :, AT["B06O"]] *= BASIC_PRICE
        out[place[iso], :, AT["B06G"]] *= BASIC_PRICE
    # Crude that Iran sells to China unreported (assumption inside goods_exports) has no BACI cell.
    crude = out[place["IRN"], :, AT["B06O"]]
    crude[place["CHN"]] += max(totals["IRN"]["goods_exports"] - 53200.0 - crude.sum(), 0.0)
    return out


def energy_margins(mineral: FloatArray, economies: tuple[str, ...]) -> FloatArray:
    """Return what lies between basic price and FOB on energy put to basic price, (added, destination), USD million.

    Trade and transport of the exporter earn it, and it goes where the energy goes.
    """
    first = len(economies) - len(ADDED) - 1
    out = np.zeros((len(economies) - first, len(economies)))
    energy = mineral[:, :, AT["B06O"]] + mineral[:, :, AT["B06G"]]
    for iso in AT_BASIC_PRICE:
        i = economies.index(iso)
        out[i - first] = energy[i] * (1.0 / BASIC_PRICE - 1.0)
    return out


def _read_groups() -> dict[tuple[str, str], dict[str, float]]:
    """Return totals by product group that facts give for the whole year: (economy, flow) to USD million."""
    table = read_facts("products")
    world = table[(table["partner_iso3"] == "WLD") & table["product"].isin(list(GROUPS))]
    full = world[world["iso3"].isin(["ARM", "TJK", "UZB", "GEO"])]
    out: dict[tuple[str, str], dict[str, float]] = {}
    for row in full.itertuples():
        iso, flow, group = str(row.iso3), str(row.flow), str(row.product)
        amount = number(row.value_usd_million)
        if flow == "import" and group not in ("transport_services", "tourism", "other_services"):
            amount *= CIF_TO_FOB.get(iso, CIF_TO_FOB_OTHERS)
        if (iso, flow, group) == ("GEO", "export", "vehicles"):
            amount -= 144.3  # cars to Armenia, which counts them by origin
        if iso == "UZB" and group == "other_services":
            continue
        known = out.setdefault((iso, flow), {})
        known[group] = max(known.get(group, 0.0), amount)
    return out


def _spread(
    key: tuple[str, str],
    need: dict[str, float],
    observed: FloatArray,
    groups: dict[str, float],
    profile: FloatArray,
) -> tuple[FloatArray, BoolArray]:
    """Return a margin by sector and which of it a fact gives: observed minerals, groups, then the profile."""
    iso, flow = key
    margin = np.where(OBSERVED, observed, 0.0)
    fixed = OBSERVED.copy()
    for group, amount in sorted(groups.items()):
        sectors, weights = split_group(group)
        where = list(sectors)
        share = weights if weights.sum() > 0 else profile[where]
        share = _OWN_SPLIT.get((iso, flow, group), share)
        margin[where] += amount * share / share.sum()
        fixed[where] = True
    for part, kind in ((GOODS, "goods"), (~GOODS, "services")):
        free = part & ~fixed
        gap = need[kind] - margin[part].sum()
        if free.any() and gap > 0 and profile[free].sum() > 0 and not _covered(groups, kind):
            margin[free] += gap * profile[free] / profile[free].sum()
        else:
            adjustable = part & ~OBSERVED & (margin > 0)
            margin[adjustable] *= 1.0 + gap / margin[adjustable].sum()
    return margin, fixed


#: How much of what the 80 sell outside, and of what the added sell, imports of one sector may take in all.
_ROOM_80, _ROOM_ADDED = 0.6, 0.8


def _fit_to_supply(core: Core, exports: FloatArray, imports: FloatArray, fixed: BoolArray) -> None:
    """Cut profile-based imports of a sector to what sellers have left; other sectors take the rest.

    The peers' profile overstates steel: the 80 sell 47 billion outside intermediate use.
    """
    room = _ROOM_80 * core.sold_outside.sum(axis=0) + _ROOM_ADDED * exports.sum(axis=0)
    loose = np.where(fixed, 0.0, imports)
    over = np.maximum(imports.sum(axis=0) - room, 0.0)
    cut = np.divide(over, loose.sum(axis=0), out=np.zeros(K), where=loose.sum(axis=0) > 0)
    removed = loose * np.minimum(cut, 0.95)
    imports -= removed
    for part in (GOODS, ~GOODS):
        open_sectors = part & (over <= 0)
        takers = np.where(open_sectors, loose, 0.0)
        total = takers.sum(axis=1, keepdims=True)
        imports += np.divide(takers, total, out=np.zeros_like(takers), where=total > 0) * removed[:, part].sum(
            axis=1, keepdims=True
        )


def _covered(groups: dict[str, float], kind: str) -> bool:
    """Return whether the groups cover all goods or all services, so that no sector is left to the profile."""
    services = {"transport_services", "tourism", "other_services"}
    known = services & set(groups) if kind == "services" else set(groups) - services
    return len(known) >= (3 if kind == "services" else 14)


def _take_out_transit(
    names: tuple[str, ...],
    totals: dict[str, dict[str, float]],
    exports: FloatArray,
    imports: FloatArray,
    transit: FloatArray,
) -> None:
    """Move the transit account out of exports and imports, at most 80 % of either."""
    for row in read_facts("transit_account").itertuples():
        a, k = names.index(str(row.iso3)), AT[str(row.sector)]
        want = totals[names[a]]["transit"] * number(row.share)
        moved = min(want, 0.8 * imports[a, k], 0.8 * exports[a, k])
        transit[a, k] = moved
        exports[a, k] -= moved
        imports[a, k] -= moved
