"""Anderson mixing of a fixed-point iteration."""

from __future__ import annotations

import numpy as np

from isthmus.world.accounts import FloatArray


class Mixer:
    """Combines the last few steps so that the combined step is smallest (type II).

    References
    ----------
    Walker and Ni 2011, SIAM J. Numer. Anal. 49:4, 1715-1735.
    """

    def __init__(self, memory: int, *, exact: bool = False) -> None:
        """Keep `memory` steps; `exact` solves for them by SVD: ten times dearer, safe on nearly parallel ones."""
        self.memory = memory
        self.exact = exact
        self._states: list[FloatArray] = []
        self._steps: list[FloatArray] = []

    def forget(self) -> None:
        """Drop all earlier steps."""
        self._states.clear()
        self._steps.clear()

    def mix(self, state: FloatArray, moved: FloatArray) -> FloatArray:
        """Return the next state from a state and where one step takes it."""
        self._states.append(state)
        self._steps.append(moved - state)
        if len(self._states) > self.memory + 1:
            del self._states[0], self._steps[0]
        step = self._steps[-1]
        if len(self._steps) == 1:
            return moved
        d_step = np.diff(self._steps, axis=0)
        d_state = np.diff(self._states, axis=0)
        weight = np.linalg.lstsq(d_step.T, step, rcond=1e-13)[0] if self.exact else _solve_normal(d_step, step)
        if weight is None or not np.isfinite(weight).all() or np.abs(weight).sum() > 1e4:
            return moved
        mixed: FloatArray = moved - weight @ (d_state + d_step)
        return mixed


def _solve_normal(rows: FloatArray, target: FloatArray) -> FloatArray | None:
    """Return the weights whose combination of rows is nearest to the target; None if they cannot be told."""
    length = np.sqrt(np.einsum("ms,ms->m", rows, rows))
    if not (length > 0).all() or not np.isfinite(length).all():
        return None
    # Rows of one length, and a trace of ridge, keep nearly parallel ones from blowing the weights up.
    gram = (rows @ rows.T) / np.outer(length, length)
    gram[np.diag_indices_from(gram)] *= 1.0 + 1e-14
    try:
        weight = np.linalg.solve(gram, (rows @ target) / length) / length
        # One correction regains digits that forming the normal equations lost.
        left = target - weight @ rows
        corrected: FloatArray = weight + np.linalg.solve(gram, (rows @ left) / length) / length
    except np.linalg.LinAlgError:
        return None
    return corrected
