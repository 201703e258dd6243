"""What is asked of the trade model: elasticities and closure (settings), and what changes (shock)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from isthmus.errors import InputError
from isthmus.world.accounts import FloatArray, freeze

Closure = Literal["scaled", "held", "balanced"]
CLOSURES: tuple[Closure, ...] = ("scaled", "held", "balanced")

#: Largest residual that any result may carry; the solvers aim lower (`TradeSettings.tolerance`).
CERTIFIED = 1e-8


@dataclass(frozen=True, slots=True)
class TradeSettings:
    """Elasticities of the upper nests, mobility, closure and tolerances.

    The closure says what becomes of an economy's trade deficit D. `scaled`: D' = kappa D with kappa the
    share of base trade that the scenario leaves open, the larger side scaled down until the world is
    balanced; remittances between economies that no trade joins stop. `held`: D' = D in units of world
    factor income. `balanced`: D is first taken to 0 by a solve of its own, and hats are against that
    balanced world (as Caliendo and Parro do).
    """

    eps: float = 1.0  # value added against inputs
    sM: float = 1.0  # among inputs
    sC: float = 1.0  # among final goods
    kap: float = float("inf")  # factor mobility: inf mobile, 1 fixed in sectors
    closure: Closure = "scaled"
    tolerance: float = 1e-10
    max_iterations: int = 1000  # of each stage of the fallback chain
    choke: float | None = 10.0  # backstop price over home cost in cells that the scenario cuts

    def __post_init__(self) -> None:
        for name in ("eps", "sM", "sC"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)!r}: an elasticity is above 0. Use 0.05 or more.")
        if not self.kap >= 1.0:
            raise InputError(f"kap is {self.kap!r}: factor mobility starts at 1 (fixed). Use 1 to inf.")
        if self.choke is not None and not self.choke > 1.0:
            raise InputError(f"choke is {self.choke!r}: a backstop costs more than home supply. Use 5 to 30, or None.")
        if not 0 < self.tolerance <= CERTIFIED:
            raise InputError(
                f"tolerance is {self.tolerance!r}: no result is given above a residual of {CERTIFIED:g}. Use 1e-12 to "
                f"{CERTIFIED:g}."
            )
        if self.closure not in CLOSURES:
            raise InputError(f"closure is {self.closure!r}. Use 'scaled', 'held' or 'balanced'.")


#: Caliendo and Parro (2015): years, factors move between sectors, Cobb-Douglas upper nests.
LONG = TradeSettings()
#: Months: factors fixed in sectors, inputs hard to replace. Use with the short trade elasticities.
SHORT = TradeSettings(eps=0.5, sM=0.2, kap=1.0)


@dataclass(frozen=True, eq=False, slots=True)
class TradeShock:
    """What changes; None leaves a channel as it is. Bilateral axes are (origin, destination, sector)."""

    trade_cost_change: FloatArray | None = None  # tau hat, in (0, inf]; inf cuts
    access: FloatArray | None = None  # in [0, 1], multiplies phi: share of the flow's products still let through
    tariff: FloatArray | None = None  # t', ad valorem, of the importer
    export_tax: FloatArray | None = None  # x', ad valorem, of the exporter
    remittances: FloatArray | None = None  # R' (payer, recipient), money of the baseline
    endowment: FloatArray | None = None  # L (economy,) hat
    deficit: FloatArray | None = None  # D' (economy,), money of the baseline, sums to 0; overrides the closure
    latent_access: FloatArray | None = None  # weight of latent trade: openness x (tau/tau_open)^-theta

    def __post_init__(self) -> None:
        freeze(self)


#: Allowed values of each channel: lowest, lowest itself allowed, highest, and what is said of a breach.
_RANGES: dict[str, tuple[float, bool, float, str]] = {
    "trade_cost_change": (0.0, False, np.inf, "a trade cost change is above 0 (1 unchanged, inf cut off)"),
    "access": (0.0, True, 1.0, "access is 0 (embargo) to 1 (open)"),
    "tariff": (-1.0, False, np.inf, "an ad valorem rate is above -1 (0.05 is 5 %)"),
    "export_tax": (-1.0, False, np.inf, "an ad valorem rate is above -1 (0.05 is 5 %)"),
    "remittances": (0.0, True, np.inf, "a transfer is 0 or more"),
    "endowment": (0.0, False, np.inf, "an endowment change is above 0 (1 unchanged)"),
    "latent_access": (0.0, True, np.inf, "a weight is 0 or more"),
}


def check_shock(shock: TradeShock, economies: int, sectors: int) -> None:
    """Raise `InputError` if an array of a shock has a wrong shape or a value out of range; all are told at once."""
    cube = (economies, economies, sectors)
    shapes = {"remittances": cube[:2], "endowment": cube[:1], "deficit": cube[:1]}
    arrays = {name: getattr(shock, name) for name in TradeShock.__dataclass_fields__}
    check_arrays("Trade shock", arrays, {name: shapes.get(name, cube) for name in arrays})


def check_arrays(what: str, arrays: dict[str, FloatArray | None], shapes: dict[str, tuple[int, ...]]) -> None:
    """Raise `InputError` for channels of a wrong shape or out of range; None is no channel."""
    problems = []
    for name, array in arrays.items():
        if array is None:
            continue
        if array.shape != shapes[name]:
            problems.append(f"{name} has shape {array.shape}, not {shapes[name]}")
        elif name == "deficit":
            if not abs(array.sum()) <= 1e-9 * np.abs(array).sum():
                problems.append(f"deficit sums to {array.sum():g} over the world, not 0")
        elif array.size:
            problems += _breach(name, array)
    if problems:
        raise InputError(f"{what}: " + "; ".join(problems) + ".")


def _breach(name: str, array: FloatArray) -> list[str]:
    low, closed, high, rule = _RANGES[name]
    least, most = float(array.min()), float(array.max())  # nan if any is nan
    if (least >= low if closed else least > low) and most <= high:
        return []
    good = ((array >= low) if closed else (array > low)) & (array <= high)
    where = tuple(int(v) for v in np.argwhere(~good)[0])
    return [
        f"{name} is out of range in {int((~good).sum())} of {array.size} cells, "
        f"first {array[where]:g} at {where}: {rule}"
    ]
