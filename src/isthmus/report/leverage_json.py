"""Leverage as JSON and as rows; losses and costs are percent of real income."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from isthmus.leverage import Grip, Leverage, LostFees, Matrix, Point, Row
from isthmus.leverage.losses import Ends
from isthmus.solve import CHOKES

Json = dict[str, object]


def _percent(share: float) -> float | None:
    return None if np.isnan(share) else 100.0 * share


def leverage_to_json(found: Leverage, grips: Sequence[Grip] = ()) -> Json:
    """Return leverage in the form of `schema/leverage.json`."""
    front = found.frontier
    return {
        "coercer": "+".join(found.coercers),
        "target": found.target,
        "world": found.world,
        "year": found.year,
        "as_of": found.as_of,
        "horizon": found.horizon,
        "scenario": found.measure or None,
        "basis": "modelled",
        "loss_percent": _percent(found.loss),
        "own_cost_percent": _percent(found.own_cost),
        "loss_usd_m": found.loss * found.target_income_usd_m,
        "own_cost_usd_m": found.own_cost * found.coercer_income_usd_m,
        "choke": found.choke,
        "choke_range": [_at_chokes(found, point) for point in choke_points(found)],
        "warnings": choke_warnings(found),
        "lost_fees": None if found.fees is None else fees_to_json(found.fees, found.coercer_income_usd_m),
        "ratio": found.loss / found.own_cost if found.own_cost > 0 else None,
        "back_loss_percent": _percent(found.back_loss),
        "asymmetry": _percent(found.asymmetry),
        "additive_loss_percent": _percent(front.additive_loss),
        "additive_gap_percent": _percent(front.additive_loss - found.loss),
        "enumerated": front.enumerated,
        "evaluated": front.evaluated,
        "instruments": [
            {
                "id": one.id,
                "kind": one.kind,
                "words": found.name(k),
                "value_usd_m": one.value_usd_m,
                **_losses(found, point),
            }
            for k, (one, point) in enumerate(zip(found.instruments, front.singles, strict=True))
        ],
        "transit": None if found.denied is None else asdict(found.denied),
        "energy_bundle": None if found.bundle is None else _point(found, found.bundle),
        "frontier": [_point(found, point) for point in front.points],
        "budgets": [
            {
                "budget_percent": _percent(budget),
                "words": found.words(front.best(budget)),
                **_point(found, front.best(budget)),
            }
            for budget in found.budgets
        ],
        "grip": [grip_to_json(grip) for grip in grips],
    }


def fees_to_json(fees: LostFees, income_usd_m: float) -> Json:
    """Return the transit fees that denial forgoes, with their range over margins."""
    return {
        "percent": _percent(fees.usd_m / income_usd_m),
        "usd_m": {"value": fees.usd_m, "low": fees.low_usd_m, "high": fees.high_usd_m},
        "revenue_usd_m": fees.revenue_usd_m,
        "margin_share": asdict(fees.margin),
    }


def choke_points(found: Leverage) -> list[Point]:
    """Return the told sets whose loss hangs on the choke price, all instruments together first."""
    front = found.frontier
    energy = [] if found.bundle is None else [found.bundle]
    best = [front.best(budget) for budget in found.budgets]
    unique = {tuple(sorted(p.members)): p for p in (front.whole, *energy, *best, *front.singles)}
    return [point for point in unique.values() if found.at_chokes(point)]


def choke_warnings(found: Leverage) -> list[str]:
    """Return the warning that losses are ranges where they hang on the choke price, with the ends."""
    points = choke_points(found)
    if not points:
        return []
    worst = points[0]
    low, high = found.at_chokes(worst) or (worst, worst)
    what = "all instruments together" if worst is found.frontier.whole else found.words(worst)
    return [
        f"read as a range, not as one figure: the loss hangs on the assumed choke price of {found.choke:g} times home "
        f"cost. At {CHOKES[0]:g} and {CHOKES[1]:g} {what} take {_end(low.loss)} and {_end(high.loss)} from "
        f"{found.target}, at an own cost of {_end(low.cost)} and {_end(high.cost)}; {len(points)} of the sets told "
        "hang on it, their ends in brackets"
    ]


def _end(share: float) -> str:
    return "what has no equilibrium" if np.isnan(share) else f"{100 * share:.3f} %"


def ends_to_json(name: str, ends: Ends) -> Json:
    """Return a loss at both ends of the range of choke prices, percent; null where it does not hang on them."""
    values = ends or (np.nan, np.nan)
    return {f"{name}_at_{choke:g}": _percent(end) for choke, end in zip(CHOKES, values, strict=True)}


def _at_chokes(found: Leverage, point: Point) -> Json:
    low, high = found.at_chokes(point) or (point, point)
    return {
        **_point(found, point),
        **ends_to_json("loss_percent", (low.loss, high.loss)),
        **ends_to_json("own_cost_percent", (low.cost, high.cost)),
    }


def _losses(found: Leverage, point: Point) -> Json:
    return {
        "loss_percent": _percent(point.loss),
        "own_cost_percent": _percent(point.cost),
        "lost_fees_percent": _percent(found.fees_in(point)),
    }


def _point(found: Leverage, point: Point) -> Json:
    return {"instruments": [found.instruments[k].id for k in point.members], **_losses(found, point)}


def grip_to_json(grip: Grip) -> Json:
    """Return one grip before and under a measure."""
    return {
        "coercer": "+".join(grip.coercers),
        "target": grip.target,
        "scenario": grip.scenario,
        "before_percent": _percent(grip.before.target),
        "after_percent": _percent(grip.after.target),
        **ends_to_json("before_percent", grip.before.at_chokes),
        **ends_to_json("after_percent", grip.after.at_chokes),
        "after_with_latent_percent": None if grip.after_latent is None else _percent(grip.after_latent.target),
        "own_cost_percent": _percent(grip.before.coercer),
        "own_cost_after_percent": _percent(grip.after.coercer),
        "points_removed": grip.points_removed,
        "points_removed_with_latent": grip.points_removed_latent,
        "gain_percent": _percent(grip.gain),
        "capex_usd_m": grip.capex_usd_m or None,
        "links_opened": grip.links,
        "links_with_capex": grip.links_with_capex,
        "points_per_usd_bn": grip.points_per_usd_bn,
    }


def run_leverage_to_json(grips: Sequence[Grip]) -> list[Json]:
    """Return the entries of a run's `leverage`: each pair's grip without and with the scenario."""
    ends = tuple(f"{when}_percent_at_{choke:g}" for when in ("before", "after") for choke in CHOKES)
    kept = (
        "coercer", "target", "before_percent", "after_percent", *ends, "own_cost_percent", "after_with_latent_percent",
    )  # fmt: skip
    return [{key: grip_to_json(grip)[key] for key in kept} for grip in grips]


def row_to_json(row: Row) -> Json:
    """Return one target, or one day."""
    return {
        "coercer": "+".join(row.coercers),
        "target": row.target,
        "as_of": row.as_of,
        "loss_percent": _percent(row.loss),
        **ends_to_json("loss_percent", row.at_chokes),
        "own_cost_percent": _percent(row.own_cost),
        "lost_fees_percent": _percent(row.lost_fees),
        "loss_without_transit_percent": _percent(row.loss_without_transit),
        "unsolved": row.unsolved or None,
    }


def matrix_to_json(matrix: Matrix) -> Json:
    """Return a matrix: rows are coercers, columns targets."""
    names = matrix.economies
    return {
        "world": matrix.world,
        "year": matrix.year,
        "horizon": matrix.horizon,
        "basis": "modelled: embargo of all trade between the two",
        "economies": list(names),
        "loss_percent": [[_percent(float(v)) for v in row] for row in matrix.loss],
        "choke_range": [
            {"coercer": names[x], "target": names[y], **ends_to_json("loss_percent", ends)}
            for (x, y), ends in sorted(matrix.at_chokes.items())
        ],
        "unsolved": [{"between": [a, b], "why": why} for a, b, why in matrix.unsolved],
    }


def matrix_rows(matrix: Matrix) -> list[Json]:
    """Return a matrix as rows of coercer, target, loss and the coercer's own loss, percent."""
    names = matrix.economies
    return [
        {
            "coercer": a,
            "target": b,
            "loss_percent": _percent(float(matrix.loss[x, y])),
            "own_cost_percent": _percent(float(matrix.loss[y, x])),
            **ends_to_json("loss_percent", matrix.at_chokes.get((x, y), ())),
        }
        for x, a in enumerate(names)
        for y, b in enumerate(names)
        if x != y
    ]
