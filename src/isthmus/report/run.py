"""A result as JSON and as a run folder."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.leverage import Grip
from isthmus.report.bands import with_bands
from isthmus.report.leverage_json import run_leverage_to_json
from isthmus.report.names import with_names
from isthmus.result import OtherHorizon, Result
from isthmus.trust.uncertainty import Uncertainty
from isthmus.version import __version__
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES

#: Kinds of trip on a new line.
TRIPS = ("domestic", "regional", "transit")

Json = dict[str, object]


def result_to_json(result: Result, grips: Sequence[Grip] = ()) -> Json:
    """Return a result in the form of `schema/run.json`; money is USD million of the world's year."""
    result = with_names(result)
    income = result.real_income
    latent = None
    if result.latent is not None:
        latent = {
            "basis": "estimated",
            "openness": result.latent.openness,
            "trade_usd_m": {
                f"{a}-{b}": float(v) for (a, b), v in zip(result.latent.pairs, result.latent.trade_usd_m, strict=True)
            },
            "real_income": {
                str(e): {"percent": float(row["percent_with_latent"]), "usd_m": float(row["usd_m_with_latent"])}
                for e, row in income.iterrows()
            },
        }
    return {
        "scenario": result.scenario,
        "title": result.title,
        "world": result.world,
        "year": result.year,
        "horizon": result.horizon,
        "as_of": result.as_of,
        "version": __version__,
        "converged": result.converged,
        "residual": result.residual,
        "iterations": result.iterations,
        "method": result.method,
        "closure": result.closure,
        "passes": result.passes,
        "seconds": round(result.seconds, 3),
        "real_income": {
            str(e): {"percent": float(row["percent"]), "usd_m": float(row["usd_m"])} for e, row in income.iterrows()
        },
        "corridors": _records(result.corridor_table),
        "links": _known(_records(result.link_table)),
        "new_lines": _new_lines(result),
        "transit_revenue": {
            str(row["territory"]): {key: float(str(value)) for key, value in row.items() if key != "territory"}
            for row in _records(result.transit_table)
        },
        "co2": {
            str(row["mode"]): {"before_kt": row["before_kt"], "after_kt": row["after_kt"]}
            for row in _records(result.co2_table)
        },
        "backstop": [] if result.backstop is None else _records(result.backstop),
        "chokes": {} if result.chokes is None else _by_economy(result.chokes),
        "closures": None if result.closures is None else _by_economy(result.closures),
        "decomposition": None if result.decomposition is None else _by_economy(result.decomposition),
        "leverage": run_leverage_to_json(grips),
        "latent": latent,
        "other_horizon": None if result.other is None else _other_horizon(result, result.other),
        "stranded": list(result.stranded),
        "not_modelled": list(result.not_modelled),
        "warnings": list(result.warnings),
    }


def _other_horizon(result: Result, other: OtherHorizon) -> Json:
    """Return real income in the other horizon, at the freight costs of the one asked for."""

    def incomes(hat: FloatArray) -> Json:
        return {
            economy: {"percent": 100.0 * (float(w) - 1.0), "usd_m": (float(w) - 1.0) * float(income)}
            for economy, w, income in zip(result.economies, hat, other.income_usd_m, strict=True)
        }

    return {
        "horizon": other.horizon,
        "failure": other.failure or None,
        "seconds": round(other.seconds, 3),
        "real_income": {} if other.failure else incomes(other.real_income_change),
        "real_income_with_latent": None if other.latent_change is None else incomes(other.latent_change),
    }


def _new_lines(result: Result) -> list[Json]:
    return [
        {
            "id": line.id,
            "name": line.name,
            "mt": {
                klass: {trip: float(line.mt[w, t]) for t, trip in enumerate(TRIPS)}
                for w, klass in enumerate(CLASSES)
                if line.mt[w].any()
            },
        }
        for line in result.new_lines
    ]


def _by_economy(table: pd.DataFrame) -> Json:
    """Return rows by economy; nan is null."""
    return {
        str(economy): {str(key): None if pd.isna(value) else float(value) for key, value in row.items()}
        for economy, row in table.iterrows()
    }


def _known(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return rows with None for numbers that are not known."""
    return [{key: None if str(value) == "nan" else value for key, value in row.items()} for row in rows]


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def write_run(
    result: Result,
    folder: Path,
    settings: Json,
    page: str | None = None,
    grips: Sequence[Grip] = (),
    uncertainty: Uncertainty | None = None,
) -> Path:
    """Write manifest.json, summary.json, tables and report of a run; the folder appears whole or not at all.

    Parameters
    ----------
    result : Result
    folder : Path
        Replaced if it holds an earlier run.
    settings : dict
        What steered the run, for the manifest.
    page : str, optional
        HTML for report.html.
    grips : sequence of Grip
        What the scenario does to grips, for the summary.
    uncertainty : Uncertainty, optional
        Ranges of the headlines, for the summary.

    Returns
    -------
    Path
        The folder.
    """
    summary = result_to_json(result, grips)
    if uncertainty is not None:
        summary = with_bands(summary, uncertainty)
    manifest = {key: summary[key] for key in ("scenario", "world", "year", "horizon", "as_of", "version")}
    files = {"summary.json": json.dumps(summary, indent=2)}
    files |= {f"tables/{name}.csv": table.to_csv(index=False) for name, table in run_tables(result).items()}
    if page is not None:
        files["report.html"] = page
    return write_folder(folder, manifest | {"settings": settings}, files)


def write_folder(folder: Path, manifest: Json, files: dict[str, str]) -> Path:
    """Write manifest.json and text files; the folder appears whole or not at all, over an earlier run only.

    Raises
    ------
    FileExistsError
        The folder holds files that are no run.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        fresh = Path(scratch) / "run"
        for name, text in {"manifest.json": json.dumps(manifest, indent=2), **files}.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if folder.exists():
            if any(folder.iterdir()) and not (folder / "manifest.json").exists():
                raise FileExistsError(f"{folder}: holds files that are no run. Name another folder.")
            shutil.rmtree(folder)
        fresh.rename(folder)
    return folder


def run_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return the tables of a run by the names of their files."""
    tables = {
        "real_income": result.real_income.reset_index(),
        "corridors": result.corridor_table,
        "links": with_names(result).link_table,
        "transit_revenue": result.transit_table,
        "co2": result.co2_table,
        "trade": _trade_table(result),
    }
    parts = (("closures", result.closures), ("decomposition", result.decomposition), ("chokes", result.chokes))
    for name, table in parts:
        if table is not None and len(table):
            tables[name] = table.reset_index()
    if result.backstop is not None and len(result.backstop):
        tables["backstop"] = result.backstop
    return tables


def _trade_table(result: Result) -> pd.DataFrame:
    """Return flows whose cost or volume changes by more than a millionth."""
    moved = np.abs(np.log(np.maximum(result.quantity_change, 1e-300))) > 1e-6
    moved &= result.flow_after > 0
    i, n, k = np.nonzero(moved)
    return pd.DataFrame(
        {
            "origin": np.array(result.economies, dtype=object)[i],
            "destination": np.array(result.economies, dtype=object)[n],
            "sector": np.array(result.sectors, dtype=object)[k],
            "after_usd_m": result.flow_after[i, n, k],
            "quantity_change_percent": 100 * (result.quantity_change[i, n, k] - 1),
            "trade_cost_change_percent": 100 * (result.trade_cost_change[i, n, k] - 1),
        }
    )
