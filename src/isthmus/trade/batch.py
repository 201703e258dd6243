"""solve_trade_batch: real income under many scenarios on one baseline.

What leverage, matrices and draws use. Scenarios are solved side by side: flows that a scenario cuts are
sparse corrections on shares that all have in common, and a scenario that has converged leaves the batch.
With mobile factors and 20 scenarios or more, steps are chord-Newton with the baseline's Leontief inverse
(formed once per table, about 5 s, kept on disk); else damped sweeps. Both are mixed by Anderson. What
does not converge there falls back to the other, then to a single solve with its own fallbacks; what
fails even so is nan, never a number. A scenario with tariffs, export taxes, deficits or latent trade of
its own, or one that kills or idles something, is solved singly from the start; `method` tells.

Use::

    baseline = trade_baseline(world, "long")
    shocks = [cut_trade([(i, n), (n, i)], len(baseline.theta)) for n in targets]
    batch = solve_trade_batch(baseline, shocks, LONG)
    batch.real_income_change            # (scenario, economy) hats; nan where converged is False

`cut_trade` takes positions of economies and of sectors, with access of a flow from 0 (embargo) to 1;
`join` puts instruments together; a `TradeShock` goes as well. Order is kept. Results do not depend on
how many scenarios share a batch beyond the tolerance (1e-10 on the largest relative residual).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from isthmus.errors import Infeasible, InputError, ModelError, NotConverged
from isthmus.trade.anderson import BatchMixer
from isthmus.trade.bundle import Bundle, Posed, Shared, Swept, pose_sparse
from isthmus.trade.chord import Chord, is_cheap
from isthmus.trade.equilibrium import balance, solve_trade
from isthmus.trade.problem import Problem, pose
from isthmus.trade.shares import TradeBaseline
from isthmus.trade.shock import LONG, TradeSettings, TradeShock, check_shock
from isthmus.trade.sparse import SparseShock, make_sparse
from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze

Method = Literal["auto", "chord", "anderson"]

#: Scenarios side by side: more are bound by memory, fewer by overhead.
WIDTH = 64
#: Changed flows side by side.
_MOST_ENTRIES = 1_500_000
#: Scenarios from which chord steps pay, and from which it pays to form an inverse that is not on disk.
_FEW, _MANY = 20, 80
#: Steps before a scenario is handed on.
_LIMIT = {"chord": 40, "anderson": 400}


@dataclass(frozen=True, eq=False, slots=True)
class TradeBatch:
    """Real income under many scenarios, each with its certificate; arrays are read-only."""

    real_income_change: FloatArray  # W (scenario, economy) hat, equation (10); nan where not converged
    residual: FloatArray  # (scenario,) largest relative change that a plain sweep would still make
    iterations: IntArray  # (scenario,) sweeps, all stages together
    converged: BoolArray  # (scenario,)
    method: tuple[str, ...]  # (scenario,) "chord", "anderson" or that of a single solve
    backstop_share: FloatArray  # (scenario,) largest share of a cell's purchases met at the choke price
    failure: tuple[str, ...]  # (scenario,) why there is no number; "" where there is one

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.method)

    def __repr__(self) -> str:
        return f"<TradeBatch: {int(self.converged.sum())} of {len(self)} scenarios solved>"

    def require(self) -> TradeBatch:
        """Return the batch itself.

        Raises
        ------
        NotConverged
            Some scenario has no number; `partial` is the batch.
        """
        if not self.converged.all():
            first = int((~self.converged).argmax())
            raise NotConverged(
                f"Trade batch: {int((~self.converged).sum())} of {len(self)} scenarios have no answer, first "
                f"{first}: {self.failure[first]}",
                partial=self,
            )
        return self


class _Sheet:
    """Results under construction, by scenario."""

    def __init__(self, scenarios: int, economies: int) -> None:
        self.income = np.full((scenarios, economies), np.nan)
        self.residual = np.full(scenarios, np.inf)
        self.iterations = np.zeros(scenarios, dtype=np.int64)
        self.backstop = np.zeros(scenarios)
        self.method = [""] * scenarios
        self.failure = ["not solved"] * scenarios

    def close(self) -> TradeBatch:
        return TradeBatch(
            real_income_change=self.income,
            residual=self.residual,
            iterations=self.iterations,
            converged=np.array([text == "" for text in self.failure], dtype=bool),
            method=tuple(self.method),
            backstop_share=self.backstop,
            failure=tuple(self.failure),
        )


def solve_trade_batch(
    baseline: TradeBaseline,
    shocks: Sequence[SparseShock | TradeShock],
    settings: TradeSettings = LONG,
    *,
    method: Method = "auto",
    progress: Callable[[int], None] | None = None,
) -> TradeBatch:
    """Return real income under each of many shocks.

    Parameters
    ----------
    baseline : TradeBaseline
        The reference year, or a world already changed (`rebase`).
    shocks : sequence of SparseShock or TradeShock
        One per scenario.
    settings : TradeSettings
        `LONG` by default; with `SHORT`, a baseline of short elasticities.
    method : {"auto", "chord", "anderson"}
        What to begin with; chord needs mobile factors (kap = inf).
    progress : callable, optional
        Told how many scenarios are done.

    Returns
    -------
    TradeBatch
        In the order of `shocks`. Nothing is raised for a scenario without an answer: its row is nan and
        `failure` says why. `require()` raises.

    Raises
    ------
    InputError
        A shock has a wrong shape or a value out of range; chord steps asked for with immobile factors.
    NotConverged
        The closure `balanced` finds no balanced world.
    """
    if method == "chord" and not np.isinf(settings.kap):
        raise InputError(f"method 'chord' needs mobile factors (kap = inf), not kap = {settings.kap:g}. Use 'auto'.")
    _check(baseline, shocks)
    if settings.closure == "balanced" and baseline.deficit.any():
        baseline = balance(baseline, settings)
    still = pose(baseline, TradeShock(), settings)
    shared = Shared.of(baseline, still)
    sheet = _Sheet(len(shocks), len(baseline.expenditure))
    singles: list[int] = []
    posed: dict[int, Posed] = {}
    for number, shock in enumerate(shocks):
        _sort(number, shock, shared, baseline, sheet, posed, singles)
    stages = _stages(method, settings, still, len(posed))
    done = len(shocks) - len(posed) - len(singles)
    for numbers in _chunks(posed):
        left = numbers
        for steps in stages:
            left = _solve_side_by_side(shared, posed, left, steps, sheet)
        singles += left
        done += len(numbers) - len(left)
        if progress is not None:
            progress(done)
    for number in singles:
        _solve_singly(number, shocks[number], baseline, settings, sheet)
        done += 1
        if progress is not None:
            progress(done)
    return sheet.close()


def _check(baseline: TradeBaseline, shocks: Sequence[SparseShock | TradeShock]) -> None:
    """Raise `InputError` for the first shock that cannot be."""
    n, s = baseline.output.shape
    for number, shock in enumerate(shocks):
        try:
            if isinstance(shock, TradeShock):
                check_shock(shock, n, s)
            else:
                shock.check(n, s)
        except InputError as error:
            raise InputError(f"scenario {number}: {error}") from None


def _sort(
    number: int,
    shock: SparseShock | TradeShock,
    shared: Shared,
    baseline: TradeBaseline,
    sheet: _Sheet,
    posed: dict[int, Posed],
    singles: list[int],
) -> None:
    """Put a scenario among those solved side by side, or singly, or among those without an answer."""
    sparse = make_sparse(shock) if isinstance(shock, TradeShock) else shock
    taxed = baseline.tariff is not None or baseline.export_tax is not None
    if sparse is None or taxed:
        singles.append(number)
        return
    try:
        one = pose_sparse(shared, sparse)
    except Infeasible as error:
        sheet.failure[number] = str(error)
        return
    if one is None:
        singles.append(number)
    else:
        posed[number] = one


def _stages(method: Method, settings: TradeSettings, still: Problem, scenarios: int) -> list[_Steps]:
    """Return what is tried side by side, in order."""
    sweeps = _Sweeps(still)
    if not np.isinf(settings.kap) or method == "anderson" or not scenarios:
        return [sweeps]
    if method == "auto" and (scenarios < _FEW or (scenarios < _MANY and not is_cheap(still))):
        return [sweeps]
    return [_Chords(Chord.of(still)), sweeps]


class _Sweeps:
    """Damped plain sweeps."""

    name = "anderson"
    memory = 6

    def __init__(self, still: Problem) -> None:
        self.step = still.step

    def advance(self, bundle: Bundle, state: FloatArray, swept: Swept) -> FloatArray:
        return bundle.damp(state, swept.moved, self.step)


class _Chords:
    """Chord-Newton steps."""

    name = "chord"
    memory = 5

    def __init__(self, chord: Chord) -> None:
        self.chord = chord

    def advance(self, bundle: Bundle, state: FloatArray, swept: Swept) -> FloatArray:
        still = self.chord.still
        lc, y, lw = bundle.unpack(state)
        lc_to, y_to, _ = bundle.unpack(swept.moved)
        scale = (still.Y0 + 1e-9)[..., None]
        r_Y = (y_to - y) * scale
        r_w = swept.excess_pay - (still.al[..., None] * r_Y).sum(axis=0)
        earned = (still.VA.sum(axis=0)[:, None] * bundle.endowment * np.exp(lw[0])).sum(axis=0)
        dc, dY, dw = self.chord.step(lc_to - lc, r_Y, r_w, 1.0 - earned)
        out = np.empty_like(state)
        lc_out, y_out, lw_out = bundle.unpack(out)
        lc_out[:] = lc + np.clip(dc, -2.0, 2.0)
        y_out[:] = y + dY / scale
        lw_out[:] = lw + np.clip(dw, -0.5, 0.5)
        return out


_Steps = _Sweeps | _Chords


def _chunks(posed: dict[int, Posed]) -> Iterator[list[int]]:
    """Return numbers of scenarios to solve side by side: few enough, and with few enough changed flows."""
    chunk: list[int] = []
    entries = 0
    for number, one in posed.items():
        if chunk and (len(chunk) == WIDTH or entries + len(one.phi) > _MOST_ENTRIES):
            yield chunk
            chunk, entries = [], 0
        chunk.append(number)
        entries += len(one.phi)
    if chunk:
        yield chunk


def _solve_side_by_side(
    shared: Shared, posed: dict[int, Posed], numbers: list[int], steps: _Steps, sheet: _Sheet
) -> list[int]:
    """Solve scenarios together, note those that converge, and return the numbers of the rest."""
    if not numbers:
        return []
    tolerance = shared.still.settings.tolerance
    before = shared.still.evaluate(shared.still.start())
    level = before.income * np.exp(-before.lpc)
    active = np.array(numbers)
    bundle = Bundle.of(shared, [posed[i] for i in numbers])
    mixer = BatchMixer(steps.memory)
    state = bundle.start()
    best = np.full(len(active), np.inf)
    live = np.ones(len(active), dtype=bool)  # neither converged nor astray
    left: list[int] = []
    for _ in range(_LIMIT[steps.name]):
        swept = bundle.sweep(state)
        sheet.iterations[active[live]] += 1
        done = live & (swept.residual <= tolerance)
        for b in np.flatnonzero(done).tolist():
            _note(sheet, int(active[b]), swept, b, level, steps.name)
        astray = live & ~done & ~(swept.residual < 1e4 * best)
        left += active[astray].tolist()
        live &= ~done & ~astray
        if not live.any():
            return left
        best = np.fmin(best, swept.residual)
        moved = mixer.mix(state, steps.advance(bundle, state, swept))
        # Taking scenarios out costs about a sweep, so that it waits until a tenth has gone.
        if live.sum() <= 0.9 * len(live):
            which = np.flatnonzero(live)
            active, best, live = active[which], best[which], live[which]
            bundle, moved = bundle.keep(which), moved[:, which]
            mixer.keep(which)
        state = moved
    left += active[live].tolist()
    return left


def _note(sheet: _Sheet, number: int, swept: Swept, b: int, level: FloatArray, method: str) -> None:
    sheet.income[number] = swept.real_income[:, b] / level
    sheet.residual[number] = swept.residual[b]
    sheet.backstop[number] = swept.backstop[b]
    sheet.method[number] = method
    sheet.failure[number] = ""


def _solve_singly(
    number: int, shock: SparseShock | TradeShock, baseline: TradeBaseline, settings: TradeSettings, sheet: _Sheet
) -> None:
    """Solve one scenario by itself, with the whole chain of fallbacks."""
    if isinstance(shock, SparseShock):
        shock = shock.dense(*baseline.output.shape)
    try:
        solution = solve_trade(baseline, shock, replace(settings, closure=_kept(settings)))
    except ModelError as error:
        partial = getattr(error, "partial", None)
        if partial is not None:
            sheet.residual[number] = partial.residual
            sheet.iterations[number] += partial.iterations
            sheet.method[number] = partial.method
        sheet.failure[number] = str(error)
        return
    sheet.income[number] = solution.real_income_change
    sheet.residual[number] = solution.residual
    sheet.iterations[number] += solution.iterations
    sheet.backstop[number] = float(solution.backstop_share.max())
    sheet.method[number] = solution.method
    sheet.failure[number] = ""


def _kept(settings: TradeSettings) -> Literal["scaled", "held"]:
    """Return the closure of a single solve on a baseline that is balanced already."""
    return "held" if settings.closure == "balanced" else settings.closure
