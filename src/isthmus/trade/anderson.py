"""Anderson mixing of a fixed-point iteration."""

from __future__ import annotations

import numpy as np

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
        self._held = 0  # differences so far; the oldest is overwritten
        self._moves = self._steps = np.zeros((memory, 0, 0), dtype=np.float32)  # (memory, state, scenario)
        self._gram = np.zeros((0, memory, memory))  # (scenario, memory, memory)

    def keep(self, which: IntArray) -> None:
        """Drop all scenarios but some."""
        if self._last is not None:
            self._last = (self._last[0][:, which], self._last[1][:, which])
            self._moves, self._steps = self._moves[:, :, which], self._steps[:, :, which]
            self._gram = self._gram[which]

    def mix(self, state: FloatArray, moved: FloatArray) -> FloatArray:
        """Return the next states from states (state, scenario) and where one step takes them.

        A scenario that runs away does so alone; what is not finite is for the caller to see.
        """
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self._mix(state, moved)

    def _mix(self, state: FloatArray, moved: FloatArray) -> FloatArray:
        step = moved - state
        if self._last is None:
            self._moves = np.zeros((self.memory, *state.shape), dtype=np.float32)
            self._steps = np.zeros_like(self._moves)
            self._gram = np.zeros((state.shape[1], self.memory, self.memory))
        else:
            self._remember(moved, step, *self._last)
        self._last = (state, step)
        size = min(self._held, self.memory)
        if not size:
            return moved
        along = np.einsum("mdb,db->mb", self._steps[:size], step.astype(np.float32)).astype(float).T
        weight = np.ascontiguousarray(self._solve(along, size).T, dtype=np.float32)
        mixed: FloatArray = moved - np.einsum("mdb,mb->db", self._moves[:size], weight)
        return mixed

    def _remember(self, moved: FloatArray, step: FloatArray, last: FloatArray, last_step: FloatArray) -> None:
        """Keep a difference of moved states and one of steps, with the Gram matrix of steps beside them."""
        at = self._held % self.memory
        self._moves[at] = moved - last - last_step
        self._steps[at] = step - last_step
        self._held += 1
        size = min(self._held, self.memory)
        new = np.einsum("mdb,db->mb", self._steps[:size], self._steps[at]).astype(float).T
        self._gram[:, at, :size] = self._gram[:, :size, at] = new

    def _solve(self, along: FloatArray, size: int) -> FloatArray:
        """Return weights (scenario, memory); 0 where they cannot be told."""
        gram = self._gram[:, :size, :size]
        length = np.sqrt(np.maximum(np.einsum("bmm->bm", gram), 1e-300))
        gram = gram / (length[:, :, None] * length[:, None, :])
        gram[:, np.arange(size), np.arange(size)] += 1e-10
        good = np.isfinite(gram).all(axis=(1, 2)) & np.isfinite(along).all(axis=1)
        weight = np.zeros_like(along)
        try:
            weight[good] = np.linalg.solve(gram[good], (along / length)[good][..., None])[..., 0] / length[good]
        except np.linalg.LinAlgError:
            return weight
        told = np.isfinite(weight).all(axis=1) & (np.abs(weight).sum(axis=1) < 1e4)
        return np.where(told[:, None], weight, 0.0)
