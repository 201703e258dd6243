"""Arrays of the balanced accounts to the tables of a world folder."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.accounts.axes import ADDED, AT, CIS, EAEU, EU27, GOODS, OTS, ROW, SECTORS, number, read_facts
from isthmus.build.accounts.close import Closed, is_observed
from isthmus.build.accounts.controls import read_totals
from isthmus.build.accounts.energy_split import Core
from isthmus.build.accounts.partners import read_pair_bounds
from isthmus.world.accounts import FloatArray

_ICIO_SOURCE = "GDP and trade: World Bank WDI (CC BY 4.0) and CIA World Factbook (public domain), trade_totals.csv"


def frame_flows(
    core: Core,
    closed: Closed,
    bilateral: FloatArray,
    tonnes: FloatArray,
    latent: FloatArray,
    economies: tuple[str, ...],
) -> pd.DataFrame:
    """Return the table `flows`: cells with value or latent trade."""
    i, n, k = np.nonzero((closed.flow > 0) | (latent > 0))
    names, sectors = np.array(economies, dtype=object), np.array(SECTORS, dtype=object)
    basis = _flow_basis(core, closed, bilateral, economies)
    return pd.DataFrame(
        {
            "origin": names[i],
            "destination": names[n],
            "sector": sectors[k],
            "value_usd_m": closed.flow[i, n, k],
            "tonnes": tonnes[i, n, k],
            "latent_usd_m": latent[i, n, k],
            "basis": basis[i, n, k],
        }
    )


def _flow_basis(
    core: Core, closed: Closed, bilateral: FloatArray, economies: tuple[str, ...]
) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    """Return how each cell came about.

    observed: BACI by product and partner. balanced: mostly ICIO intermediates, or goods of a pair
    whose total a fact bounds. estimated: gravity, peers, or final demand implied by sellers' totals.
    """
    first = len(core.economies)
    basis = np.full(closed.flow.shape, "estimated", dtype=object)
    inter = np.zeros_like(closed.flow)
    inter[:first, :first] = core.flow
    basis[inter >= 0.5 * closed.flow] = "balanced"
    # Pattern of BACI on ICIO's margins.
    basis[:first, :first, [AT["B06O"], AT["B06G"]]] = "balanced"
    basis[first:, :] = "estimated"
    basis[:, first:] = "estimated"
    at = {code: i for i, code in enumerate(economies)}
    for bound in read_pair_bounds(economies):
        basis[at[bound.origin], at[bound.destination], GOODS] = "balanced"
    basis[is_observed(bilateral)] = "observed"
    return basis


def frame_inputs(closed: Closed, economies: tuple[str, ...]) -> pd.DataFrame:
    """Return the table `inputs`."""
    n, k, j = np.nonzero(closed.inputs > 0)
    names, sectors = np.array(economies, dtype=object), np.array(SECTORS, dtype=object)
    return pd.DataFrame(
        {"economy": names[n], "input": sectors[k], "user": sectors[j], "value_usd_m": closed.inputs[n, k, j]}
    )


def frame_production(closed: Closed, economies: tuple[str, ...]) -> pd.DataFrame:
    """Return the table `production`; ICIO economies are balanced, added ones estimated from peers and totals."""
    n, k = np.nonzero(closed.output > 0)
    names, sectors = np.array(economies, dtype=object), np.array(SECTORS, dtype=object)
    added = np.isin(names[n].astype(str), [*ADDED, ROW])
    return pd.DataFrame(
        {
            "economy": names[n],
            "sector": sectors[k],
            "output_usd_m": closed.output[n, k],
            "value_added_usd_m": closed.value_added[n, k],
            "basis": np.where(added, "estimated", "balanced"),
        }
    )


def frame_final_use(closed: Closed, economies: tuple[str, ...]) -> pd.DataFrame:
    """Return the table `final_use`."""
    n, k = np.nonzero(closed.final_use > 0)
    names, sectors = np.array(economies, dtype=object), np.array(SECTORS, dtype=object)
    return pd.DataFrame({"economy": names[n], "sector": sectors[k], "value_usd_m": closed.final_use[n, k]})


def frame_economies(economies: tuple[str, ...], closed: Closed) -> pd.DataFrame:
    """Return the table `economies` in the order of the axis."""
    reported = read_facts("trade_totals").set_index("iso3")
    detail = read_facts("economies").set_index("iso3")
    people = read_facts("populations").set_index("iso3")
    totals = read_totals()
    given = read_facts("added_totals").set_index(["iso3", "item"])["basis"]
    rows = []
    for n, iso in enumerate(economies):
        row: dict[str, object] = {
            "economy": iso,
            "name": str(people.loc[iso, "name"]),
            "groups": ";".join(_groups(iso)),
            "kind": "row" if iso == ROW else "added" if iso in ADDED else "icio",
            "population": number(people.loc[iso, "population"]),
        }
        if iso in reported.index:
            about = reported.loc[iso]
            row |= {
                "gdp_usd_m": number(about["gdp_usd_m"]),
                "exports_usd_m": number(about["exports_goods_services_usd_m"]),
                "imports_usd_m": number(about["imports_goods_services_usd_m"]),
                "basis": "observed",
                "source": _ICIO_SOURCE,
            }
        if iso in totals:
            row |= _added_row(iso, totals[iso], given, row)
        if iso in detail.index and "gdp_usd_m" not in row:
            row["gdp_usd_m"] = number(detail.loc[iso, "gdp_usd_million"])
        if "gdp_usd_m" not in row:
            row |= {
                "gdp_usd_m": float(closed.value_added[n].sum()),
                "basis": "estimated",
                "source": "GDP: value added in OECD ICIO; no trade totals in the sources",
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _added_row(iso: str, total: dict[str, float], given: pd.Series, row: dict[str, object]) -> dict[str, object]:
    """Return the totals of an added economy or the rest of the world."""
    out: dict[str, object] = {
        "gdp_usd_m": total["gdp"],
        "goods_exports_usd_m": total["goods_exports"] + total.get("dropped_transit", 0.0),
        "goods_imports_usd_m": total["goods_imports"] + total.get("dropped_transit", 0.0),
        "transit_usd_m": total.get("transit", 0.0) + total.get("dropped_transit", 0.0),
    }
    if "goods_imports_cif" in total:
        out["goods_imports_cif_usd_m"] = total["goods_imports_cif"]
    if "exports_usd_m" not in row:
        out["exports_usd_m"] = total["goods_exports"] + total["services_exports"]
        out["imports_usd_m"] = total["goods_imports"] + total["services_imports"]
    if iso == ROW:
        source = (
            "sum of 106 members in trade_totals.csv, less 10 % trade among them, plus 4 % for members without figures"
        )
        return out | {"basis": "estimated", "source": source}
    kinds = [str(given.get((iso, f"goods_{flow}"), "assumption")) for flow in ("exports", "imports")]
    observed = all(kind in ("reported", "derived") for kind in kinds)
    words = ", ".join(f"goods {flow}: {kind}" for flow, kind in zip(("exports", "imports"), kinds, strict=True))
    return out | {
        "basis": "observed" if observed else "estimated",
        "source": f"economies.csv, trade_totals.csv and added_totals.csv ({words})",
    }


def _groups(iso: str) -> list[str]:
    return [
        code for code, members in (("CIS", CIS), ("EAEU", EAEU), ("EUU", tuple(EU27)), ("OTS", OTS)) if iso in members
    ]


def frame_remittances(economies: tuple[str, ...]) -> pd.DataFrame:
    """Return the table `remittances`; what has no known payer comes from the rest of the world."""
    table = read_facts("remittances")
    return table[table["payer"].isin(economies) & table["recipient"].isin(economies)][
        ["payer", "recipient", "value_usd_m", "basis", "source"]
    ].reset_index(drop=True)
