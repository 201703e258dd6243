"""The deterministic limit of the cyclic form against the published user equilibrium of Sioux Falls.

Reference data are for academic use and not part of this repository; the test looks for them beside it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus.routing.capacity import solve_delays
from isthmus.routing.cyclic import CyclicLogit, Roads, bpr_curves, relative_gap

FOLDER = Path(__file__).parents[3] / "shared/oracles/tntp_siouxfalls"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="reference data of Sioux Falls are not beside the repository")
def test_sioux_falls_as_the_scale_goes_to_zero() -> None:
    links, demand, expected = (pd.read_csv(FOLDER / f"{name}.csv") for name in ("links", "demand", "expected_flow"))
    q = np.zeros((24, 24))
    q[demand["o"] - 1, demand["d"] - 1] = demand["q"]
    free = links["fft"].to_numpy()
    roads = Roads(
        links["i"].to_numpy() - 1, links["j"].to_numpy() - 1, free.copy(), q, np.ones(24, dtype=bool)
    )  # fmt: skip
    capacity = links["capacity"].to_numpy()
    curves = bpr_curves(free, capacity, b=links["b"].to_numpy(), power=links["power"].to_numpy())
    own, traffic = np.arange(len(links)), capacity.copy()
    for scale in (1.0, 0.1, 0.01, 0.001):
        found = solve_delays(CyclicLogit(roads, own, scale), curves, traffic)
        traffic = found.traffic
    published = links.merge(expected, on=["i", "j"])["flow"].to_numpy()
    assert found.gap <= 1e-8
    assert traffic == pytest.approx(published, rel=1e-3)
    assert abs(relative_gap(roads, free + found.delay, traffic)) < 1e-3
