"""A border tax on a part of a sector's flow, as one tax on the whole flow and a loss of access.

A share s of the flow pays the rate t, with u = 1/(1 + t) and elasticity th:

    phi      = 1 - s + s u^th                      competitiveness of the whole flow
    s'       = s u^th / phi                        share of spending that still pays
    1/(1+T)  = 1 - s' (1 - u)                      one rate T with the same revenue
    access   = phi (1 + T)^th                      at most 1; 1 where s is 0 or 1

so that spending and revenue are those of the two parts apart.
"""

from __future__ import annotations

import numpy as np

from isthmus.world.accounts import FloatArray


def spread_tax(rate: FloatArray, cover: FloatArray, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the rate on the whole flow and the access that stand for a rate on a share of it.

    Parameters
    ----------
    rate, cover : (origin, destination, sector) array
        Ad valorem rate, and the share of the flow that pays it (0 to 1).
    theta : (sector,) array
        Trade elasticity.

    Returns
    -------
    rate, access : (origin, destination, sector) array
        Ad valorem rate T, exactly `rate` where all pay; factor on phi, exactly 1 where all or none pay.
    """
    whole, none = cover >= 1.0, (cover <= 0.0) | (rate == 0.0)
    u = 1.0 / (1.0 + rate)
    kept = cover * u**theta
    phi = 1.0 - cover + kept
    tax = 1.0 / (1.0 - kept / phi * (1.0 - u)) - 1.0
    access = phi * (1.0 + tax) ** theta
    total: FloatArray = np.where(whole, rate, np.where(none, 0.0, tax))
    return total, np.where(whole | none, 1.0, np.minimum(access, 1.0))
