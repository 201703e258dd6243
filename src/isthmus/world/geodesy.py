"""Distances on the sphere."""

from __future__ import annotations

import numpy as np

from isthmus.world.accounts import FloatArray


def great_circle_km(
    lat_a: FloatArray | float, lon_a: FloatArray | float, lat_b: FloatArray | float, lon_b: FloatArray | float
) -> FloatArray:
    """Return great-circle distances on a sphere of 6,371 km, km."""
    a, b, x, y = (np.radians(np.asarray(v, dtype=float)) for v in (lat_a, lat_b, lon_a, lon_b))
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin((y - x) / 2) ** 2
    distance: FloatArray = 12742.0 * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return distance
