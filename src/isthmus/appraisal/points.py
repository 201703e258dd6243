"""Points of a scrambled Sobol sequence, and where they lie in a range: the draws of all that is uncertain.

Point i depends on the seed and i alone, whatever the number of draws, so that runs can be extended and compared pair
by pair (Owen 1998; SciPy's `qmc.Sobol`).
"""

from __future__ import annotations

import math

import numpy as np

from isthmus.world.accounts import FloatArray


def place(u: float | FloatArray, low: FloatArray | float, central: FloatArray | float,
          high: FloatArray | float) -> FloatArray:  # fmt: skip
    """Return the value at position u: low at 0, central at 0.5, high at 1, log-linear between (linear from 0 down)."""
    a, b, c = (np.asarray(v, dtype=float) for v in (low, central, high))
    t = 2.0 * np.asarray(u, dtype=float)
    start, end, part = np.where(t < 1, a, b), np.where(t < 1, b, c), np.where(t < 1, t, t - 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = start * (end / start) ** part
    value: FloatArray = np.where(start > 0, log, start + (end - start) * part)
    return value


def sobol_points(dimensions: int, draws: int, seed: int) -> FloatArray:
    """Return (draw, dimension) points in (0, 1): the first `draws` of one endless sequence."""
    from scipy.stats import qmc

    power = max(0, math.ceil(math.log2(max(draws, 1))))
    sampler = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    points: FloatArray = sampler.random_base2(power)[:draws]
    return np.clip(points, 1e-6, 1.0 - 1e-6)


def sobol_point(dimensions: int, number: int, seed: int) -> FloatArray:
    """Return (dimension,) point `number`, counted from 1, of the sequence of `sobol_points`."""
    from scipy.stats import qmc

    sampler = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    if number > 1:
        sampler.fast_forward(number - 1)
    point: FloatArray = sampler.random(1)[0]
    return np.clip(point, 1e-6, 1.0 - 1e-6)
