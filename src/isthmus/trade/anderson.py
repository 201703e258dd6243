"""Anderson mixing of a fixed-point iteration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isthmus.world.accounts import FloatArray, IntArray


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


class BatchMixer:
    """Anderson mixing of many iterations side by side, each with weights of its own; scenarios are the last axis.

    Differences are kept in single precision: they steer the next step, the residual decides.
    """

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self._last: tuple[FloatArray, FloatArray] | None = None
        self._moves: list[NDArray[np.float32]] = []
        self._steps: list[NDArray[np.float32]] = []
        self._gram = np.zeros((0, 0, 0))  # (scenario, memory, memory)

    def keep(self, which: IntArray) -> None:
        """Drop all scenarios but some."""
        if self._last is not None:
            self._last = (self._last[0][:, which], self._last[1][:, which])
        self._moves = [one[:, which] for one in self._moves]
        self._steps = [one[:, which] for one in self._steps]
        if self._steps:
            self._gram = self._gram[which]

    def mix(self, state: FloatArray, moved: FloatArray) -> FloatArray:
        """Return the next states from states (state, scenario) and where one step takes them.

        A scenario that runs away does so alone; what is not finite is for the caller to see.
        """
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self._mix(state, moved)

    def _mix(self, state: FloatArray, moved: FloatArray) -> FloatArray:
        step = moved - state
        if self._last is not None:
            self._remember((moved - self._last[0] - self._last[1]).astype(np.float32),
                           (step - self._last[1]).astype(np.float32))  # fmt: skip
        self._last = (state, step)
        if not self._steps:
            return moved
        small = step.astype(np.float32)
        along = np.stack([np.einsum("db,db->b", one, small) for one in self._steps], axis=1).astype(float)
        weight = self._solve(along)
        mixed = moved.copy()
        for m, move in enumerate(self._moves):
            mixed -= weight[:, m] * move
        return mixed

    def _remember(self, move: NDArray[np.float32], step: NDArray[np.float32]) -> None:
        """Add a difference of moved states and one of steps; keep the Gram matrix of steps beside them."""
        if len(self._steps) == self.memory:
            del self._moves[0], self._steps[0]
            self._gram = self._gram[:, 1:, 1:]
        self._moves.append(move)
        self._steps.append(step)
        new = np.stack([np.einsum("db,db->b", one, step) for one in self._steps], axis=1).astype(float)
        size = len(self._steps)
        gram = np.empty((step.shape[1], size, size))
        if size > 1:
            gram[:, :-1, :-1] = self._gram
        gram[:, -1, :] = gram[:, :, -1] = new
        self._gram = gram

    def _solve(self, along: FloatArray) -> FloatArray:
        """Return weights (scenario, memory); 0 where they cannot be told."""
        length = np.sqrt(np.maximum(np.einsum("bmm->bm", self._gram), 1e-300))
        gram = self._gram / (length[:, :, None] * length[:, None, :])
        size = gram.shape[1]
        gram[:, np.arange(size), np.arange(size)] += 1e-10
        good = np.isfinite(gram).all(axis=(1, 2)) & np.isfinite(along).all(axis=1)
        weight = np.zeros_like(along)
        try:
            weight[good] = np.linalg.solve(gram[good], (along / length)[good][..., None])[..., 0] / length[good]
        except np.linalg.LinAlgError:
            return weight
        told = np.isfinite(weight).all(axis=1) & (np.abs(weight).sum(axis=1) < 1e4)
        return np.where(told[:, None], weight, 0.0)
