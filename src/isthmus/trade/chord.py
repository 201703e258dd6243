r"""Chord-Newton steps for mobile factors: the baseline's Jacobian, solved by its blocks.

At the baseline prices respond as (I - Om)^-1 with Om[(n,j),(i,k)] = (1 - al_nj) gam_kj,n pi_ikn, and
quantities as its transpose; what is left is one small matrix for wages. The inverse hangs on the table
alone, not on elasticities, and single precision suffices, since residuals are in double: it is formed
once per table and kept on disk.

With r the residuals of unit costs, outputs and pay, K and P the responses of outputs and of pay to
prices (c) and wages (w) at the baseline, L the inverse and A the sum of al over an economy's sectors::

    dc = L r_c + L al dw,    dY = L' (r_Y + K_c dc + K_w dw)
    -[P_w + P_c L al + A L' (K_c L al + K_w)] dw = r_w + P_c L r_c + A L' (r_Y + K_c L r_c)

The last matrix has no unique inverse (Walras), so that the numeraire is added to it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from isthmus.cache import cache_folder, make_key, recall
from isthmus.trade import equations as eq
from isthmus.trade.problem import Problem
from isthmus.world.accounts import Arrays, FloatArray

Single = NDArray[np.float32]

#: Nodes up to which the inverse is formed anew rather than kept.
_SMALL = 600


def inverse_key(still: Problem) -> str:
    """Return the cache key of a baseline's inverse: the content of the shares that it hangs on."""
    digest = hashlib.sha256()
    for array in (still.base_weight, still.gam, still.be):
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return make_key(["leontief", digest.hexdigest()], [Path(__file__)])


def is_cheap(still: Problem) -> bool:
    """Return whether the inverse of a baseline costs next to nothing: small, or on disk."""
    return still.a.size <= _SMALL or (cache_folder() / f"{inverse_key(still)}.npz").is_file()


def leontief_inverse(still: Problem) -> Single:
    """Return (I - Om)^-1 over nodes (sector, economy) in single precision, from the cache if it is there."""

    def compute() -> Arrays:
        s, n = still.a.shape
        om = np.empty((s, n, s, n), dtype=np.float32)
        for economy in range(n):
            uses = (still.gam[economy] * still.be[:, economy]).T  # (user, input)
            om[:, economy] = uses[:, :, None] * still.base_weight[None, :, :, economy]
        left = -om.reshape(s * n, s * n)
        left[np.diag_indices_from(left)] += 1.0
        inverse = linalg.inv(left, overwrite_a=True, check_finite=False)
        return {"inverse": cast(FloatArray, inverse)}

    arrays = recall(inverse_key(still), compute)[0] if still.a.size > _SMALL else compute()
    return np.asarray(arrays["inverse"], dtype=np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class Chord:
    """The factorised Jacobian of one baseline and set of elasticities."""

    still: Problem
    inverse: Single  # (node, node)
    cost_by_wage: FloatArray  # L al (node, economy)
    output_by_wage: FloatArray  # L' (K_c L al + K_w) (node, economy)
    wages: FloatArray  # (economy, economy), with the numeraire

    @classmethod
    def of(cls, still: Problem) -> Chord:
        """Return the Jacobian of a baseline; its elasticities are those of the problem."""
        inverse = leontief_inverse(still)
        s, n = still.a.shape
        al = np.zeros((s, n, n))
        al[:, np.arange(n), np.arange(n)] = still.al
        cost = _times(inverse, al)
        eye = np.eye(n)
        output = _times(inverse.T, _outputs(still, cost, eye))
        paid = (still.al[..., None] * output).sum(axis=0) + _pay(still, cost, eye)
        factors = still.VA.sum(axis=0)
        wages = np.diag(factors) - paid + factors[None, :]
        return cls(still, inverse, cost.reshape(s * n, n), output.reshape(s * n, n), wages)

    def step(self, r_c: FloatArray, r_Y: FloatArray, r_w: FloatArray, short: FloatArray) -> tuple[FloatArray, ...]:
        """Return the Newton step of ln c, Y (sector, economy, scenario) and ln w (economy, scenario).

        Parameters
        ----------
        r_c, r_Y : (sector, economy, scenario) arrays
            What a sweep would change of ln c and Y.
        r_w : (economy, scenario) array
            Demand for factors less their income, at the outputs before the sweep.
        short : (scenario,) array
            What world factor income lacks of 1.
        """
        still = self.still
        none = np.zeros(r_w.shape)
        dc = _times(self.inverse, r_c)
        dY = _times(self.inverse.T, r_Y + _outputs(still, dc, none))
        owed = r_w + _pay(still, dc, none) + (still.al[..., None] * dY).sum(axis=0) + short
        dw = np.linalg.solve(self.wages, owed)
        dc += (self.cost_by_wage @ dw).reshape(dc.shape)
        dY += (self.output_by_wage @ dw).reshape(dY.shape)
        return dc, dY, dw


def _times(matrix: Single, values: FloatArray) -> FloatArray:
    """Return a (node, node) matrix times (sector, economy, scenario) values."""
    flat = values.reshape(matrix.shape[0], -1).astype(np.float32)
    return (matrix @ flat).astype(float).reshape(values.shape)


def _outputs(p: Problem, lc: FloatArray, lw: FloatArray) -> FloatArray:
    """Return the first-order response of (7) to ln c and ln w at the baseline, outputs of users given."""
    s = p.settings
    X0 = _purchases(p)[..., None]
    lp = p.base_weight.transpose(0, 2, 1) @ lc
    demand = p.a[..., None] * (p.VA.sum(axis=0)[:, None] * lw)
    spent = np.zeros_like(lc)
    E = (p.VA.sum(axis=0) + p.net_remittances + p.deficit)[:, None]
    if s.sC != 1.0:
        lpc = (p.a[..., None] * lp).sum(axis=0)
        demand = demand + p.a[..., None] * E * (1.0 - s.sC) * (lp - lpc)
    if s.sM != 1.0:
        inputs = (p.be * p.Y0)[..., None]
        lpm = eq.input_price(lp, p.gam, 1.0)
        bought = eq.input_demand(lp, lpm, p.gam, np.broadcast_to(inputs, lp.shape), 1.0)
        demand = demand + (1.0 - s.sM) * lp * bought
        spent = spent - (1.0 - s.sM) * lpm * inputs
    if s.eps != 1.0:
        spent = spent - (1.0 - s.eps) * (p.al * p.Y0)[..., None] * (lw - lc)
    if s.sM != 1.0 or s.eps != 1.0:
        demand = demand + eq.input_demand(lp, lp, p.gam, spent, 1.0)
    th = p.th[:, None, None]
    sold: FloatArray = p.base_weight @ (th * X0 * lp + demand) - th * p.Y0[..., None] * lc
    return sold


def _pay(p: Problem, lc: FloatArray, lw: FloatArray) -> FloatArray:
    """Return the first-order response of al' Y summed over sectors (economy, scenario), outputs given."""
    if p.settings.eps == 1.0:
        return np.zeros(lc.shape[1:])
    gain: FloatArray = ((1.0 - p.settings.eps) * (p.al * p.Y0)[..., None] * (lw - lc)).sum(axis=0)
    return gain


def _purchases(p: Problem) -> FloatArray:
    """Return baseline X (good, economy)."""
    E = p.VA.sum(axis=0) + p.net_remittances + p.deficit
    spent = (p.be * p.Y0).T[:, :, None]
    bought: FloatArray = p.a * E + (p.gam @ spent)[:, :, 0].T
    return bought
