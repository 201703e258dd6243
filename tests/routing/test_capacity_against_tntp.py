"""The deterministic limit of the cyclic form against the published user equilibria of Sioux Falls and Anaheim.

Reference data are for academic use and not part of this repository; the tests look for them beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus.routing.capacity import solve_delays
from isthmus.routing.cyclic import CyclicLogit, Roads, bpr_curves, relative_gap
from isthmus.world.accounts import FloatArray

FOLDER = Path(__file__).parents[3] / "shared/oracles"

needs = pytest.mark.skipif(not FOLDER.is_dir(), reason="reference road networks are not beside the repository")


@dataclass(frozen=True)
class Solved:
    """An equilibrium at a small scale beside the published one."""

    traffic: FloatArray  # (link,)
    published: FloatArray  # (link,)
    residual: float
    relative_gap: float
    scale: float


def solve_as_scale_falls(name: str, scales: tuple[float, ...], enough: float = 0.0) -> Solved:
    """Return the equilibrium of a network at the last of some scales, each started from the one before.

    It ends at the first scale whose relative gap is `enough`.
    """
    folder = FOLDER / f"tntp_{name}"
    links, trips, expected = (pd.read_csv(folder / f"{part}.csv") for part in ("links", "demand", "expected_flow"))
    first = json.loads((folder / "meta.json").read_text())["first_thru_node"]
    zones = int(trips[["o", "d"]].to_numpy().max())
    nodes = int(links[["i", "j"]].to_numpy().max())
    q = np.zeros((zones, zones))
    q[trips["o"] - 1, trips["d"] - 1] = trips["q"]
    np.fill_diagonal(q, 0.0)
    free, capacity = links["fft"].to_numpy(), links["capacity"].to_numpy()
    through = np.arange(1, nodes + 1) >= first
    roads = Roads(links["i"].to_numpy() - 1, links["j"].to_numpy() - 1, free.copy(), q, through)
    curves = bpr_curves(free, capacity, b=links["b"].to_numpy(), power=links["power"].to_numpy())
    own, traffic = np.arange(len(links)), capacity.copy()
    for scale in scales:
        found = solve_delays(CyclicLogit(roads, own, scale), curves, traffic)
        traffic = found.traffic
        gap = relative_gap(roads, free + found.delay, traffic)
        if abs(gap) <= enough:
            break
    return Solved(traffic, links.merge(expected, on=["i", "j"])["flow"].to_numpy(), found.gap, gap, scale)


@needs
def test_sioux_falls_as_the_scale_goes_to_zero() -> None:
    found = solve_as_scale_falls("siouxfalls", (1.0, 0.1, 0.01, 0.001))
    assert found.residual <= 1e-8
    assert found.traffic == pytest.approx(found.published, rel=1e-3)
    assert abs(found.relative_gap) < 1e-3


@needs
@pytest.mark.slow
def test_anaheim_as_the_scale_goes_to_zero() -> None:
    found = solve_as_scale_falls("anaheim", (1e-2, 1e-3, 1e-4, 1e-5, 3e-6, 1e-6))
    assert found.residual <= 1e-8
    assert np.abs(found.traffic - found.published).max() < 1e-3 * found.published.max()
    assert abs(found.relative_gap) < 1e-6
