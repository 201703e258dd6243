"""The table of sectors: freight class, trade elasticities of both horizons, unit values, each with its range."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.accounts.axes import AT, GOODS, SECTORS, number, read_facts, read_sector_names

#: Aggregate elasticity towards which single estimates shrink (Caliendo and Parro 2015), and the spread
#: of true sector values around it (assumption; the estimates themselves spread by 4, much of it noise).
_CENTRE, _SPREAD = 4.55, 3.0
_LEAST, _MOST = 1.5, 12.0

#: Names of Caliendo and Parro (2015, table 1) by sector.
_NAMES = {
    "A01": "Agriculture", "A02": "Agriculture", "A03": "Agriculture",
    "B05": "Mining", "B06O": "Mining", "B06G": "Mining", "B07": "Mining", "B08": "Mining",
    "C10T12": "Food", "C13T15": "Textile", "C16": "Wood", "C17_18": "Paper", "C19": "Petroleum",
    "C20": "Chemicals", "C21": "Chemicals", "C22": "Plastic", "C23": "Minerals (non-metallic)",
    "C24A": "Basic metals", "C24B": "Basic metals", "C25": "Metal products", "C26": "Communication",
    "C27": "Electrical", "C28": "Machinery n.e.c.", "C29": "Auto", "C301": "Other transport",
    "C302T309": "Other transport", "C31T33": "Other",
}  # fmt: skip

#: Horizon of months: (value, low, high, what it rests on), `facts/elasticities.csv`.
_SHORT_GOODS = (0.76, 0.5, 1.2, "short run 0.76: Boehm, Levchenko and Pandalai-Nayar 2023")
_SHORT_BULK = (1.5, 0.8, 3.0, "short run 1.5: assumption for homogeneous bulk goods")
#: Fixed by one episode: with it in all energy sectors the stop of Russian energy costs Germany 1.22 % of spending
#: at the horizon of months, the geometric middle of 0.5 to 3 %, which the ends of the range give
#: (`isthmus.trust.energy_stop.fit_energy_theta`).
_SHORT_ENERGY = (
    0.72, 0.34, 1.63,
    "short run 0.72: fitted so that a stop of Russian energy costs Germany 1.2 % (0.5 to 3: Bachmann et al. 2022)",
)  # fmt: skip
_SHORT_SERVICES = (0.76, 0.3, 1.2, "short run as goods: assumption")
_SHORT = {"A01": _SHORT_BULK, **dict.fromkeys(("B05", "B06O", "B06G", "C19", "D"), _SHORT_ENERGY)}

_CLASS = {"C19": "products", "B06O": "liquid", "B06G": "gas"}


def make_sectors() -> pd.DataFrame:
    """Return the table `sectors` of the world, one row per sector in the order of the axis."""
    prices = read_facts("unit_values")
    prices = prices[(prices["role"] == "recommended") & (prices["product"] == "")].set_index("icio_sector")
    names = read_sector_names()
    rows = []
    for code in SECTORS:
        long, low, high, source = _long(code)
        short, short_low, short_high, short_source = _short(code)
        price = prices.loc[code] if code in prices.index else None
        kind = "none" if price is None else _CLASS.get(code, str(price["commodity_class"]))
        freight = price is not None and kind != "none"
        rows.append(
            {
                "sector": code,
                "name": names[code],
                "commodity_class": kind,
                "theta_long": long,
                "theta_long_low": low,
                "theta_long_high": high,
                "theta_short": min(short, long),
                "theta_short_low": min(short_low, low),
                "theta_short_high": min(short_high, high),
                "unit_value_usd_per_t": number(price["usd_per_tonne"]) if price is not None and freight else np.nan,
                "unit_value_low": number(price["low"]) if price is not None and freight else np.nan,
                "unit_value_high": number(price["high"]) if price is not None and freight else np.nan,
                "basis": "source" if code in _NAMES else "assumption",
                "source": source
                + "; "
                + short_source
                + (f"; unit value: {price['source']} ({price['basis']})" if price is not None and freight else ""),
            }
        )
    return pd.DataFrame(rows)


def _long(code: str) -> tuple[float, float, float, str]:
    """Return the shrunken elasticity of a sector with its 95 % range and source.

    Precision weights: theta = (x/se^2 + c/s^2) / (1/se^2 + 1/s^2), clipped to [1.5, 12].
    """
    if code not in _NAMES:
        what = "services" if not GOODS[AT[code]] else "electricity"
        return _CENTRE, 2.0, 8.0, f"long run: aggregate of all tradables for {what} (assumption, wide range)"
    table = read_facts("elasticities")
    table = table[table["parameter"] == "trade elasticity (theta, long run)"].set_index("sector_or_product")
    row = table.loc[_NAMES[code]]
    estimate, error = number(row["value"]), (number(row["high"]) - number(row["value"])) / 1.96
    own, prior = 1.0 / error**2, 1.0 / _SPREAD**2
    theta = (own * estimate + prior * _CENTRE) / (own + prior)
    half = 1.96 / np.sqrt(own + prior)
    value, low, high = (float(np.clip(v, _LEAST, _MOST)) for v in (theta, theta - half, theta + half))
    source = f"long run: Caliendo and Parro 2015, {_NAMES[code]} {estimate:g} (s.e. {error:.2f}) shrunk to {_CENTRE}"
    return round(value, 3), round(low, 3), round(high, 3), source


def _short(code: str) -> tuple[float, float, float, str]:
    if code in _SHORT:
        return _SHORT[code]
    return _SHORT_GOODS if GOODS[AT[code]] else _SHORT_SERVICES
