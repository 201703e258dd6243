"""Anderson mixing of a fixed-point iteration."""

from __future__ import annotations

import numpy as np

from isthmus.world.accounts import FloatArray


class Mixer:
    """Combines the last few steps so that the combined step is smallest (type II)."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self._states: list[FloatArray] = []
        self._steps: list[FloatArray] = []

    def mix(self, state: FloatArray, moved: FloatArray) -> FloatArray:
        """Return the next state from a state and where one step takes it."""
        self._states.append(state)
        self._steps.append(moved - state)
        if len(self._states) > self.memory + 1:
            del self._states[0], self._steps[0]
        step = self._steps[-1]
        if len(self._steps) == 1:
            return moved
        d_step = np.stack([later - earlier for earlier, later in zip(self._steps, self._steps[1:], strict=False)])
        d_state = np.stack([later - earlier for earlier, later in zip(self._states, self._states[1:], strict=False)])
        gram = d_step @ d_step.T
        # A trace of ridge keeps nearly parallel steps from blowing the weights up.
        gram[np.diag_indices_from(gram)] *= 1.0 + 1e-12
        try:
            weight = np.linalg.solve(gram, d_step @ step)
        except np.linalg.LinAlgError:
            return moved
        if not np.isfinite(weight).all() or np.abs(weight).sum() > 1e4:
            return moved
        mixed: FloatArray = moved - weight @ (d_state + d_step)
        return mixed
