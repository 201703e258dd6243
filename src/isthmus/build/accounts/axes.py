"""The axes of the accounts: economies, sectors, and how product groups of the facts map to sectors."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.world.accounts import BoolArray, FloatArray

FACTS = Path(__file__).parent.parent / "facts"

#: Economies that OECD ICIO lacks, in the order in which they follow the 80; then the rest of the world.
ADDED = ("ARM", "AZE", "GEO", "IRN", "UZB", "TKM", "KGZ", "TJK", "MNG", "MDA", "IRQ", "AFG", "SRB")
ROW = "ROW"

#: ICIO 2025 sectors, with B06 split into crude (B06O) and gas (B06G).
SECTORS = [
    "A01",
    "A02",
    "A03",
    "B05",
    "B06O",
    "B06G",
    "B07",
    "B08",
    "B09",
    "C10T12",
    "C13T15",
    "C16",
    "C17_18",
    "C19",
    "C20",
    "C21",
    "C22",
    "C23",
    "C24A",
    "C24B",
    "C25",
    "C26",
    "C27",
    "C28",
    "C29",
    "C301",
    "C302T309",
    "C31T33",
    "D",
    "E",
    "F",
    "G",
    "H49",
    "H50",
    "H51",
    "H52",
    "H53",
    "I",
    "J58T60",
    "J61",
    "J62_63",
    "K",
    "L",
    "M",
    "N",
    "O",
    "P",
    "Q",
    "R",
    "S",
    "T",
]
K = len(SECTORS)
AT = {code: k for k, code in enumerate(SECTORS)}

#: Goods of the trade statistics: everything up to electricity, save the mining support service.
GOODS: BoolArray = np.array([k <= AT["D"] and code != "B09" for k, code in enumerate(SECTORS)])

#: Sectors whose cells by pair BACI gives in full.
MINERALS = ("B05", "B06O", "B06G", "B07")
OBSERVED: BoolArray = np.isin(SECTORS, MINERALS)

#: Product groups (HS) of `facts/products.csv` to sectors; a group with several is split by the
#: profile of peer economies within them, unless weights are given (assumption).
GROUPS: dict[str, dict[str, float]] = {
    "cereals": {"A01": 1},
    "dairy": {"C10T12": 1},
    "fruit_vegetables_flowers": {"A01": 1},
    "beverages": {"C10T12": 1},
    "other_food": {"C10T12": 0.85, "A01": 0.12, "A03": 0.03},
    "refined_oil": {"C19": 1},
    "electricity": {"D": 1},
    "precious_metals_stones": {"C24B": 0.7, "C31T33": 0.3},
    "base_metals": {"C24A": 0, "C24B": 0, "C25": 0},
    "chemicals_fertilizers": {"C20": 0, "C22": 0},
    "pharma": {"C21": 1},
    "textiles_apparel": {"C13T15": 1},
    "machinery_electronics": {"C26": 0, "C27": 0, "C28": 0},
    "vehicles": {"C29": 0.93, "C302T309": 0.07},
    "other_goods": {"A02": 0, "B08": 0, "C16": 0, "C17_18": 0, "C23": 0, "C31T33": 0},
    "transport_services": {"H49": 0, "H50": 0, "H51": 0, "H52": 0, "H53": 0},
    # Tourists' purchases; not tilted by peers, whose retail margin would take most of it.
    "tourism": {"I": 0.60, "R": 0.12, "H49": 0.08, "N": 0.10, "G": 0.10},
    "other_services": {"J58T60": 0, "J61": 0, "J62_63": 0, "K": 0, "M": 0, "N": 0, "F": 0, "S": 0},
}

#: Land neighbours of the added economies (open or closed), for the gravity prior.
NEIGHBOURS = {
    "ARM": "GEO IRN",
    "AZE": "GEO RUS IRN TUR",
    "GEO": "RUS TUR ARM AZE",
    "IRN": "ARM AZE TUR IRQ AFG PAK TKM",
    "UZB": "KAZ TKM KGZ TJK AFG",
    "TKM": "KAZ UZB IRN AFG",
    "KGZ": "KAZ UZB TJK CHN",
    "TJK": "UZB KGZ CHN AFG",
    "MNG": "RUS CHN",
    "MDA": "ROU UKR",
    "IRQ": "TUR IRN SAU JOR ROW",
    "AFG": "PAK IRN TKM UZB TJK CHN",
    "SRB": "HUN ROU BGR HRV ROW",
}

EAEU = ("RUS", "ARM", "BLR", "KAZ", "KGZ")
CIS = ("ARM", "AZE", "BLR", "KAZ", "KGZ", "MDA", "RUS", "TJK", "TKM", "UZB")
SOVIET = (*CIS, "GEO", "UKR", "EST", "LVA", "LTU")
#: Organization of Turkic States, members.
OTS = ("AZE", "KAZ", "KGZ", "TUR", "UZB")
EU27 = [
    "AUT",
    "BEL",
    "BGR",
    "CYP",
    "CZE",
    "DEU",
    "DNK",
    "ESP",
    "EST",
    "FIN",
    "FRA",
    "GRC",
    "HRV",
    "HUN",
    "IRL",
    "ITA",
    "LTU",
    "LUX",
    "LVA",
    "MLT",
    "NLD",
    "POL",
    "PRT",
    "ROU",
    "SVK",
    "SVN",
    "SWE",
]

#: Pairs that closure or ban suppresses; their base trade is zero.
CLOSED = (("ARM", "AZE"), ("AZE", "ARM"), ("IRN", "ISR"), ("ISR", "IRN"))


def read_facts(name: str) -> pd.DataFrame:
    """Return one of the builder's own tables; empty cells are NaN in number columns, '' in text."""
    frame = pd.read_csv(FACTS / f"{name}.csv", keep_default_na=False, na_values=[""], encoding="utf-8")
    text = frame.select_dtypes(include=["object", "str"]).columns
    frame[text] = frame[text].fillna("")
    return frame


def number(cell: object) -> float:
    """Return a cell of a facts table as a number."""
    return float(str(cell))


@cache
def split_group(group: str) -> tuple[tuple[int, ...], FloatArray]:
    """Return the sectors of a product group and their fixed weights (all 0: split by the peers' profile)."""
    weights = GROUPS[group]
    return tuple(AT[code] for code in weights), np.array([float(v) for v in weights.values()])


@cache
def read_sector_names() -> dict[str, str]:
    """Return the names of ICIO sectors."""
    with (FACTS / "sector_names.csv").open(encoding="utf-8", newline="") as handle:
        return {row["sector"]: row["name"] for row in csv.DictReader(handle)}
