"""Congestion equilibrium: the delays at bottlenecks that their own traffic causes.

At fixed gates values are concave in delays and their gradient is traffic (DESIGN.md section 4), so that
the delays t_f = D_f(v_f(t)) are the minimum of a convex function, the dual

    Phi(t) = sum_f int v_f(s) ds - mean_r sum_od q_od V_od(t)

with v_f the inverse of D_f. Newton's method in the traffic x, t = D(x): the residual is x - v(D(x)), its
Jacobian I - H diag(D') with H = dv/dt, which is symmetric and negative. Steps are halved until the dual or
the residual falls.

References
----------
Fisk, C. (1980), Some developments in equilibrium traffic assignment, Transportation Research B 14, for the
potential; Baillon, J.-B., Cominetti, R. (2008), Markovian traffic equilibrium, Mathematical Programming 111,
for its dual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from isthmus.errors import NotConverged
from isthmus.routing.bottlenecks import Bottlenecks
from isthmus.world.accounts import BoolArray, FloatArray, freeze

#: On the largest residual over capacity.
TOLERANCE = 1e-8
_MOST_STEPS = 60
_MOST_TRIALS = 12
#: Looks back along a step that went past the lowest dual: where its slope there is above this part of the first.
_MOST_BACK, _PAST = 5, 0.3
#: A step that leaves more of the residual than this calls for a new derivative.
_GOOD = 0.2
#: Relative change of the dual below which the residual is asked instead.
_ROUNDING = 1e-11
#: Factors on the scales of choice that a cold start goes through before 1, and the gap that it wants there.
_SOFTENING, _ROUGH = (6.0, 2.0), 0.3
#: Use of capacity up to which a step is taken by traffic, not by delay.
_LIGHT = 0.7


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """How trips answer to delays; arrays are read-only."""

    traffic: FloatArray  # (facility,) Mt a year
    value: float  # the demand's term of the dual, USD million
    hessian: FloatArray  # (facility, facility) dv/dt, Mt a year per USD/t; empty if not asked for

    def __post_init__(self) -> None:
        freeze(self)


class Response(Protocol):
    """Trips at fixed gates: traffic as a function of delays."""

    def answer(self, delay: FloatArray, *, bend: bool = False, soft: float = 1.0) -> Answer:
        """Return traffic at `delay` (facility,), USD per tonne, with its derivative if `bend`."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Equilibrium:
    """Delays and traffic at bottlenecks; arrays are read-only."""

    delay: FloatArray  # (facility,) beyond observed costs, USD per tonne
    traffic: FloatArray  # (facility,) Mt a year
    gap: float  # largest |x - v(D(x))| over capacity
    steps: int  # Newton steps
    hessian: FloatArray  # (facility, facility) derivative of traffic by delays, at or near the equilibrium
    cut: BoolArray  # (facility,) where the ceiling holds the delay down
    worst: int  # facility of the gap

    def __post_init__(self) -> None:
        freeze(self)


def no_equilibrium() -> Equilibrium:
    """Return the equilibrium of no facility at all."""
    nothing = np.zeros(0)
    return Equilibrium(nothing, nothing, 0.0, 0, np.zeros((0, 0)), nothing > 0, -1)


def solve_delays(
    response: Response,
    curves: Bottlenecks,
    start: FloatArray,
    *,
    ceiling: FloatArray | None = None,
    hessian: FloatArray | None = None,
    cold: bool = False,
    tolerance: float = TOLERANCE,
) -> Equilibrium:
    """Return the equilibrium at fixed gates.

    Parameters
    ----------
    response : Response
    curves : Bottlenecks
    start : (facility,) array
        Traffic to start from, Mt a year.
    ceiling : (facility,) array, optional
        Delays are cut off here, USD per tonne: gates are only valid near the delays they were made at.
    hessian : (facility, facility) array, optional
        Derivative of traffic by delays at a state nearby, to begin with; renewed where a step with it is poor.
    cold : bool
        Whether `start` is far off: then choices are softened first, for traffic saturates over a few scales
        of choice, and hardened step by step.
    tolerance : float
        On the largest residual over capacity.

    Raises
    ------
    NotConverged
        The residual does not fall any more above the tolerance, or steps run out; `partial` holds the
        Equilibrium reached.
    """
    bent = _Cut.at(curves, ceiling)
    x, before, known = np.maximum(start, 0.0), 0, hessian
    for soft in _SOFTENING if cold else ():
        state, known, steps = _descend(_Task(response, bent, soft, _ROUGH), x, known, before)
        x, before = state.x, before + steps
    state, last, steps = _descend(_Task(response, bent, 1.0, tolerance), x, known, before)
    return _equilibrium(bent, state, before + steps, last)


def _descend(task: _Task, x: FloatArray, hessian: FloatArray | None, before: int) -> tuple[_State, FloatArray, int]:
    """Return the state within the task's goal, the last derivative and the steps that took."""
    state = _state(task, x, bend=hessian is None)
    fresh = hessian is None
    if hessian is None:
        hessian = state.hessian
    steps, hold = 0, _Hold()
    while state.gap > task.goal:
        if steps + before >= _MOST_STEPS:
            raise _stopped(task.bent, state, steps + before, f"after {steps + before} Newton steps")
        moved, hold = _step(task, state, hessian, hold)
        steps += 1
        if fresh and moved is None:
            raise _stopped(task.bent, state, steps + before, "and no step makes it smaller")
        poor = moved is None or moved.gap > _GOOD * state.gap
        state = moved or state
        fresh = poor and state.gap > task.goal
        if fresh:
            state = _state(task, state.x, bend=True)
            hessian = state.hessian
    return state, hessian, steps


@dataclass(frozen=True, eq=False, slots=True)
class _Task:
    """One minimisation."""

    response: Response
    bent: _Cut
    soft: float  # factor on the scales of choice
    goal: float  # on the gap


@dataclass(frozen=True, slots=True)
class _Hold:
    """What keeps a step where the derivative can be trusted: choice saturates over a few of its scales."""

    damping: float = 0.0  # added to the diagonal, as a share of 1/D'
    reach: float = 15.0  # most change of a delay, USD per tonne


@dataclass(frozen=True, eq=False, slots=True)
class _Cut:
    """Delay curves between their floor and a ceiling, beyond which traffic does not alter them."""

    curves: Bottlenecks
    ceiling: FloatArray  # (facility,) USD per tonne
    low: FloatArray  # (facility,) Mt a year: delay is at its floor up to here
    high: FloatArray  # (facility,) Mt a year: and at its ceiling from here

    @staticmethod
    def at(curves: Bottlenecks, ceiling: FloatArray | None) -> _Cut:
        if ceiling is None:
            return _Cut(
                curves, np.full(curves.size, np.inf), curves.traffic(curves.floor), np.full(curves.size, np.inf)
            )
        return _Cut(curves, ceiling, curves.traffic(curves.floor), curves.traffic(ceiling))

    def delay(self, x: FloatArray) -> FloatArray:
        return np.minimum(self.curves.beyond(x), self.ceiling)

    def place(self, x: FloatArray, answer: FloatArray) -> FloatArray:
        """Return `x`, where its delay is at an end moved to the traffic of the same delay nearest to `answer`."""
        out = np.where(x <= self.low, np.minimum(answer, self.low), x)
        return np.where(x >= self.high, np.maximum(answer, self.high), out)

    def flat(self, x: FloatArray, residual: FloatArray) -> BoolArray:
        """Return where the delay is at an end and the answer lies beyond it."""
        return ((x <= self.low) & (residual >= 0)) | ((x >= self.high) & (residual <= 0))

    def potential(self, x: FloatArray) -> float:
        return float(self.curves.potential(np.minimum(x, self.high)).sum())


@dataclass(frozen=True, eq=False, slots=True)
class _State:
    x: FloatArray
    residual: FloatArray
    dual: float
    gap: float
    hessian: FloatArray


def _state(task: _Task, x: FloatArray, *, bend: bool = False) -> _State:
    bent = task.bent
    answer = task.response.answer(bent.delay(x), bend=bend, soft=task.soft)
    x = bent.place(x, answer.traffic)
    residual = x - answer.traffic
    gap = float(np.max(np.abs(residual) / bent.curves.capacity, initial=0.0))
    dual = bent.potential(x) - answer.value
    if not np.isfinite(gap) or not np.isfinite(dual):
        gap = dual = np.inf
    return _State(x, residual, dual, gap, answer.hessian)


def _step(task: _Task, state: _State, hessian: FloatArray, hold: _Hold) -> tuple[_State | None, _Hold]:
    """Return the state after one step, and how the next is held; no state if none makes the dual fall.

    The step solves ((1 + damping)/D' - H) dt = v - x: whatever the damping, downhill in the dual.
    """
    bent, before = task.bent, task.bent.delay(state.x)
    for _ in range(_MOST_TRIALS):
        x = _moved(bent, state, hessian, hold)
        predicted = float(state.residual @ (bent.delay(x) - before))
        trial = _state(task, x)
        fall = trial.dual - state.dual
        if abs(fall) <= _ROUNDING * abs(state.dual):
            good = trial.gap < state.gap
        else:
            good = predicted < 0 and fall <= 1e-4 * predicted
        if good:
            trial = _back(task, state, trial, predicted)
            return trial, _Hold(0.1 * hold.damping if hold.damping > 0.05 else 0.0, 4.0 * hold.reach)
        hold = _Hold(max(5.0 * hold.damping, 0.3), 0.4 * hold.reach)
    return None, _Hold()


def _back(task: _Task, state: _State, trial: _State, predicted: float) -> _State:
    """Return the trial or, if it went far past the lowest dual on its way, a state near there, by false position.

    Where two ways cost the same, traffic changes over within cents, and full steps jump from side to side.
    """
    bent, start, end = task.bent, task.bent.delay(state.x), trial.x
    whole = bent.delay(end) - start
    light = (np.maximum(state.x, end) <= _LIGHT * bent.curves.capacity) | (whole == 0.0)
    low, high, slope = (0.0, predicted), (1.0, float(trial.residual @ whole)), float(trial.residual @ whole)
    for _ in range(_MOST_BACK if slope > -_PAST * predicted else 0):
        share = np.clip(low[1] / (low[1] - high[1]), 0.1, 0.9)
        part = low[0] + (high[0] - low[0]) * float(share)
        x = np.where(light, state.x + part * (end - state.x), bent.curves.traffic(start + part * whole))
        other = _state(task, x)
        slope = float(other.residual @ whole)
        if other.dual < trial.dual:
            trial = other
        if abs(slope) <= -_PAST * predicted:
            break
        low, high = ((part, slope), high) if slope < 0 else (low, (part, slope))
    return trial


def _moved(bent: _Cut, state: _State, hessian: FloatArray, hold: _Hold) -> FloatArray:
    """Return the traffic after a step."""
    curves, x, residual, before = bent.curves, state.x, state.residual, bent.delay(state.x)
    fixed = bent.flat(x, residual)
    # Scaled to unit diagonal: (1 + damping) I - S H S, S = sqrt(D'), is positive and never singular.
    S = np.sqrt(np.where(fixed, 0.0, _slope(bent, x, residual)))
    matrix = (1.0 + hold.damping) * np.eye(x.size) - S[:, None] * hessian * S[None, :]
    change = np.clip(S * np.linalg.solve(matrix, -S * residual), -hold.reach, hold.reach)
    linear = np.maximum(x - residual + hessian @ change, 0.0)  # traffic as it would answer
    by_delay = curves.traffic(np.clip(before + change, curves.floor, bent.ceiling))
    # Where delays are faint, traffic does not follow from them in floating point.
    light = (np.maximum(x, linear) <= _LIGHT * curves.capacity) | fixed
    part = x + (linear - x) / (1.0 + hold.damping)
    highest = curves.traffic(before + hold.reach)
    lowest = np.where(before - hold.reach > curves.floor, curves.traffic(before - hold.reach), 0.0)
    out: FloatArray = np.where(light, np.where(fixed, linear, np.clip(part, lowest, highest)), by_delay)
    return out


def _slope(bent: _Cut, x: FloatArray, residual: FloatArray) -> FloatArray:
    """Return D' (facility,); where traffic is to rise, the slope of the chord to it, up to capacity at most.

    Below capacity a tangent would promise free room: the delay rises steeply at the end of it.
    """
    curves = bent.curves
    goal = np.minimum(x - residual, np.maximum(curves.capacity, x))
    rising = goal > x + 1e-9 * np.abs(x)
    chord = (curves.loaded(goal) - curves.loaded(x)) / np.where(rising, goal - x, 1.0)
    return np.where(rising, chord, curves.slope(x))


def _equilibrium(bent: _Cut, state: _State, steps: int, hessian: FloatArray) -> Equilibrium:
    off = np.abs(state.residual) / bent.curves.capacity
    worst = int(off.argmax()) if off.size else -1
    return Equilibrium(bent.delay(state.x), state.x, state.gap, steps, hessian, state.x >= bent.high, worst)


def _stopped(bent: _Cut, state: _State, steps: int, when: str) -> NotConverged:
    curves, partial = bent.curves, _equilibrium(bent, state, steps, state.hessian)
    worst = partial.worst
    return NotConverged(
        f"congestion: traffic and delay of link {curves.names[worst]!r} disagree by {state.residual[worst]:.3g} Mt a "
        f"year (capacity {curves.capacity[worst]:.3g}) {when}. Check its capacity_mt_per_year, or the demand for it.",
        partial=partial,
    )
