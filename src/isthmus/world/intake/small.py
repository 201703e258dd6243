"""A world folder from a small set of CSV files, or from an input-output table: what is left out is filled in.

The small set is economies, sectors, trade, inputs, places, links. Output, value added and final use follow
from the balances; nodes, transfers, connectors and weights of zones from places and links; rates and values
of time from the shipped world. A table without a network gets one place per economy and no freight.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.errors import WorldError
from isthmus.world.accounts import BASIS, Accounts, FloatArray
from isthmus.world.intake.mrio import Mrio, accounts_of, mend
from isthmus.world.intake.network import plain_network, star_network
from isthmus.world.intake.sheets import read_sheet
from isthmus.world.load import load_world, worlds_folder

Tables = dict[str, pd.DataFrame]

#: Trade elasticities where none are given: value, low, high (Caliendo and Parro 2015; Boehm et al. 2023).
_LONG, _SHORT = (4.55, 2.0, 8.0), (0.76, 0.3, 1.2)
_ASSUMED = "aggregate elasticities of Caliendo and Parro 2015 and Boehm, Levchenko and Pandalai-Nayar 2023 (assumption)"


@dataclass(frozen=True, slots=True)
class About:
    """What world.toml says of an imported world."""

    name: str
    year: int
    as_of: str
    source: str


def import_small(folder: str | Path, out: str | Path, about: About) -> Path:
    """Write a world folder from a small set of CSV files.

    Parameters
    ----------
    folder : path
        Holds economies.csv, sectors.csv, trade.csv, places.csv, links.csv, and inputs.csv if sectors use inputs.
    out : path
        World folder; must not exist yet, or hold a world.
    about : About

    Returns
    -------
    Path
        The folder, checked by loading it.

    Raises
    ------
    WorldError
        A file or column is missing, a name is unknown, or the balances leave negative value added or final use.
    """
    folder = Path(folder)
    economies, sectors = read_sheet(folder, "economies"), read_sheet(folder, "sectors")
    codes, names = tuple(sectors["sector"]), tuple(economies["economy"])
    accounts = _small_accounts(folder, names, sectors)
    tables = _account_tables(accounts, names, codes)
    tables["economies"] = _economies(names, tuple(economies["name"]), accounts, about)
    tables["sectors"] = _sectors(sectors, about.source)
    tables |= plain_network(read_sheet(folder, "places"), read_sheet(folder, "links"), names, about.source)
    return _write(tables, Path(out), about)


def import_mrio(mrio: Mrio, out: str | Path, about: About) -> tuple[Path, tuple[str, ...]]:
    """Write a world folder from an input-output table; return it and what was mended.

    Sectors take the elasticities of the shipped world where their codes are the same, else the aggregate.
    There is no freight: acts on trade can be solved, acts on links cannot.
    """
    mended, notes = mend(mrio)
    accounts = accounts_of(mended)
    tables = _account_tables(accounts, mended.economies, mended.sectors)
    tables["economies"] = _economies(mended.economies, mended.economies, accounts, about)
    tables["sectors"] = _known_sectors(mended.sectors)
    tables |= star_network(mended.economies)
    return _write(tables, Path(out), about), notes


def _small_accounts(folder: Path, names: tuple[str, ...], sectors: pd.DataFrame) -> Accounts:
    codes = tuple(sectors["sector"])
    n, s = len(names), len(codes)
    trade = read_sheet(folder, "trade", economies=names, sectors=codes)
    flow = _cube(trade, ("origin", "destination", "sector"), (names, names, codes))
    inputs = np.zeros((n, s, s))
    if (folder / "inputs.csv").exists():
        table = read_sheet(folder, "inputs", economies=names, sectors=codes)
        inputs = _cube(table, ("economy", "input", "user"), (names, codes, codes))
    output, bought = flow.sum(axis=1), flow.sum(axis=0)
    value_added, final_use = output - inputs.sum(axis=1), bought - inputs.sum(axis=2)
    for what, cells, whole in (("value added", value_added, output), ("final use", final_use, bought)):
        if (cells < -1e-9 * np.maximum(whole, 1.0)).any():
            e, k = (int(v) for v in np.unravel_index(int(cells.argmin()), cells.shape))
            raise WorldError(
                f"{folder}: {what} of {names[e]} {codes[k]} would be {cells[e, k]:,.6g} USD million: its "
                f"{'sales' if what == 'value added' else 'purchases'} are {whole[e, k]:,.6g}. Lower its inputs, or add "
                "trade (domestic sales are trade of an economy with itself)."
            )
    unit = sectors["usd_per_t"].where(sectors["commodity_class"] != "none").fillna(np.inf).to_numpy(float)
    tonnes = flow * 1e6 / unit
    return Accounts(
        flow=flow,
        tonnes=tonnes,
        latent=np.zeros_like(flow),
        basis=np.where(flow > 0, BASIS.index("observed"), BASIS.index("none")).astype(np.int8),
        inputs=inputs,
        final_use=np.maximum(final_use, 0.0),
        output=output,
        value_added=np.maximum(value_added, 0.0),
        remittances=np.zeros((n, n)),
    )


def _cube(table: pd.DataFrame, columns: tuple[str, ...], axes: tuple[tuple[str, ...], ...]) -> FloatArray:
    """Return the column value_usd_m as an array over the axes; cells that are not listed are 0."""
    cube = np.zeros(tuple(len(axis) for axis in axes))
    at = tuple(pd.Index(axis).get_indexer(pd.Index(table[name])) for name, axis in zip(columns, axes, strict=True))
    np.add.at(cube, at, table["value_usd_m"].to_numpy(float))
    return cube


def _account_tables(a: Accounts, names: tuple[str, ...], codes: tuple[str, ...]) -> Tables:
    economy, code = np.array(names, dtype=object), np.array(codes, dtype=object)
    i, n, k = np.nonzero(a.flow)
    e, p, u = np.nonzero(a.inputs)
    every = np.indices(a.output.shape).reshape(2, -1)
    f, g = np.nonzero(a.final_use)
    return {
        "flows": pd.DataFrame(
            {
                "origin": economy[i],
                "destination": economy[n],
                "sector": code[k],
                "value_usd_m": a.flow[i, n, k],
                "tonnes": a.tonnes[i, n, k],
                "latent_usd_m": 0.0,
                "basis": np.array(BASIS, dtype=object)[a.basis[i, n, k]],
            }
        ),
        "inputs": pd.DataFrame(
            {"economy": economy[e], "input": code[p], "user": code[u], "value_usd_m": a.inputs[e, p, u]}
        ),
        "production": pd.DataFrame(
            {
                "economy": economy[every[0]],
                "sector": code[every[1]],
                "output_usd_m": a.output.ravel(),
                "value_added_usd_m": a.value_added.ravel(),
                "basis": "balanced",
            }
        ),
        "final_use": pd.DataFrame({"economy": economy[f], "sector": code[g], "value_usd_m": a.final_use[f, g]}),
    }


def _economies(names: tuple[str, ...], titles: tuple[str, ...], accounts: Accounts, about: About) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "economy": names,
            "name": titles,
            "groups": "",
            "kind": "own",
            "gdp_usd_m": accounts.value_added.sum(axis=1),
            "basis": "balanced",
            "source": about.source,
        }
    )


def _sectors(given: pd.DataFrame, source: str) -> pd.DataFrame:
    table = given[["sector", "name", "commodity_class"]].copy()
    for name, (value, low, high) in (("theta_long", _LONG), ("theta_short", _SHORT)):
        theta = given[name].fillna(value)
        table[name] = theta
        table[f"{name}_low"] = given[f"{name}_low"].fillna(theta.clip(upper=low))
        table[f"{name}_high"] = given[f"{name}_high"].fillna(theta.clip(lower=high))
    table["unit_value_usd_per_t"] = given["usd_per_t"]
    own = given["theta_long"].notna() & given["theta_short"].notna()
    table["basis"] = np.where(own, "source", "assumption")
    table["source"] = np.where(own, source, f"{source}; {_ASSUMED}")
    return table


def _known_sectors(codes: tuple[str, ...]) -> pd.DataFrame:
    """Return the table of sectors: elasticities of the shipped world by code, no freight."""
    known = pd.read_parquet(worlds_folder() / "eurasia-2022" / "sectors.parquet").set_index("sector")
    blank = {"theta_long": _LONG, "theta_short": _SHORT}
    rows: list[dict[str, object]] = []
    for code in codes:
        at = "B06O" if code == "B06" else code
        row: dict[str, object] = {"sector": code, "name": code, "commodity_class": "none"}
        if at in known.index:
            theirs = known.loc[at]
            row |= {str(name): theirs[name] for name in known.columns if str(name).startswith("theta")}
            row |= {"name": theirs["name"], "basis": theirs["basis"]}
            row["source"] = str(theirs["source"]).split("; unit value:")[0]
        else:
            for name, (value, low, high) in blank.items():
                row |= {name: value, f"{name}_low": low, f"{name}_high": high}
            row |= {"basis": "assumption", "source": _ASSUMED}
        rows.append(row)
    return pd.DataFrame(rows)


def _write(tables: Tables, out: Path, about: About) -> Path:
    """Write the world folder under a temporary name, load it to check it, then put it in place."""
    if out.exists() and any(out.iterdir()) and not (out / "world.toml").exists():
        raise WorldError(f"{out}: holds files that are no world. Name another folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        fresh = Path(scratch) / "world"
        fresh.mkdir()
        for name, table in tables.items():
            table.to_csv(fresh / f"{name}.csv", index=False)
        (fresh / "world.toml").write_text(
            f'name = "{about.name}"\nyear = {about.year}\nas_of = "{about.as_of}"\ncurrency = "USD million"\n'
            + "".join(f'\n[tables.{name}]\nsources = "{about.source}"\n' for name in sorted(tables)),
            encoding="utf-8",
        )
        load_world(fresh)
        if out.exists():
            shutil.rmtree(out)
        fresh.rename(out)
    return out
