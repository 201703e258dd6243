"""Leverage as JSON and as tables; losses and costs are percent of real income."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from rich.console import Console
from rich.table import Table

from isthmus.leverage import Grip, Leverage, LostFees, Matrix, Point, Row
from isthmus.report.layout import make_table

Json = dict[str, object]

#: Rows shown of the table of single instruments, beside those that are no ban.
_MOST = 15


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
    kept = ("coercer", "target", "before_percent", "after_percent", "own_cost_percent", "after_with_latent_percent")
    return [{key: grip_to_json(grip)[key] for key in kept} for grip in grips]


def row_to_json(row: Row) -> Json:
    """Return one target, or one day."""
    return {
        "coercer": "+".join(row.coercers),
        "target": row.target,
        "as_of": row.as_of,
        "loss_percent": _percent(row.loss),
        "own_cost_percent": _percent(row.own_cost),
        "lost_fees_percent": _percent(row.lost_fees),
        "loss_without_transit_percent": _percent(row.loss_without_transit),
        "unsolved": row.unsolved or None,
    }


def matrix_to_json(matrix: Matrix) -> Json:
    """Return a matrix: rows are coercers, columns targets."""
    return {
        "world": matrix.world,
        "year": matrix.year,
        "horizon": matrix.horizon,
        "basis": "modelled: embargo of all trade between the two",
        "economies": list(matrix.economies),
        "loss_percent": [[100.0 * float(v) for v in row] for row in matrix.loss],
    }


def matrix_rows(matrix: Matrix) -> list[Json]:
    """Return a matrix as rows of coercer, target, loss and the coercer's own loss, percent."""
    names = matrix.economies
    return [
        {
            "coercer": a,
            "target": b,
            "loss_percent": 100.0 * float(matrix.loss[x, y]),
            "own_cost_percent": 100.0 * float(matrix.loss[y, x]),
        }
        for x, a in enumerate(names)
        for y, b in enumerate(names)
        if x != y
    ]


def print_leverage(found: Leverage, grips: Sequence[Grip], console: Console) -> None:
    """Print the headline, single instruments, what each budget buys in words, and grips."""
    front, who = found.frontier, "+".join(found.coercers)
    under = f", with {found.measure} in place" if found.measure else ""
    console.print(f"[bold]Leverage of {who} over {found.target}{under}[/bold]")
    console.print(
        f"World {found.world}, trade of {found.year}, network of {found.as_of}, horizon {found.horizon}. Modelled; "
        "percent of real income."
    )
    console.print(
        f"All {len(found.instruments)} instruments together: {found.target} loses {100 * found.loss:.3f} % "
        f"(USD {found.loss * found.target_income_usd_m:,.0f} m of {found.year}), {who} "
        f"{100 * found.own_cost:.4f} % (USD {found.own_cost * found.coercer_income_usd_m:,.0f} m)"
        + (f", ratio {found.loss / found.own_cost:.1f}." if found.own_cost > 0 else ".")
    )
    console.print(
        f"{found.target} can take {100 * found.back_loss:.4f} % from {who}: asymmetry "
        f"{100 * found.asymmetry:+.3f} points."
    )
    console.print(
        f"Losses of single instruments add up to {100 * front.additive_loss:.3f} %, "
        f"{100 * (front.additive_loss - found.loss):+.3f} points against the joint solve. "
        + (
            f"All {front.evaluated} sets were solved: the frontier is exact."
            if front.enumerated
            else f"{front.evaluated} sets were solved; a better one may exist."
        )
    )
    if found.denied is not None:
        console.print(
            f"Denial of transit touches {found.denied.touched_mt:.3f} Mt a year of {found.target}'s freight with third "
            f"countries: {found.denied.stranded_mt:.3f} Mt lose every route, the rest pays "
            f"{found.denied.extra_usd_per_t:.1f} USD/t more; main crossings: {found.denied.words}."
        )
    if found.fees is not None:
        console.print(_fees_words(found.fees, who, found.year))
    console.print(_instrument_table(found))
    table = make_table(
        "Most that can be taken at a cost to oneself",
        "own cost at most, %",
        "loss, %",
        "own cost, %",
        "of it fees, %",
        "how",
    )
    for budget in found.budgets:
        point = front.best(budget)
        fees = _fee_cell(found.fees_in(point))
        table.add_row(
            f"{100 * budget:g}", f"{100 * point.loss:.3f}", f"{100 * point.cost:+.4f}", fees, found.words(point)
        )
    console.print(table)
    if grips:
        console.print(grip_table(grips))


def _fees_words(fees: LostFees, who: str, year: int) -> str:
    """Return a sentence on the transit fees that own costs hold."""
    margin = fees.margin
    return (
        f"It forgoes transit revenue of {who} of USD {fees.revenue_usd_m:,.1f} m of {year}; a margin of "
        f"{margin.value:g} ({margin.low:g} to {margin.high:g}) makes USD {fees.usd_m:,.1f} m ({fees.low_usd_m:,.1f} to "
        f"{fees.high_usd_m:,.1f}) of lost fees, counted in own cost."
    )


def _instrument_table(found: Leverage) -> Table:
    table = make_table(
        "Instruments by loss (each alone)", "instrument", "stops, USD m", "loss, %", "own cost, %", "of it fees, %"
    )
    singles = found.frontier.singles
    ranked = sorted(range(len(singles)), key=lambda k: -singles[k].loss)
    for place, k in enumerate(ranked):
        one = found.instruments[k]
        if place >= _MOST and one.kind not in {"transit", "transfers", "migrants"}:
            continue
        value = f"{one.value_usd_m:,.1f}" if one.value_usd_m else "-"
        table.add_row(
            found.name(k), value, f"{100 * singles[k].loss:.4f}", f"{100 * singles[k].cost:+.5f}",
            _fee_cell(found.fees_in(singles[k])),
        )  # fmt: skip
    if found.bundle is not None:
        together = sum(found.instruments[k].value_usd_m for k in found.bundle.members)
        table.add_row(
            "all energy together",
            f"{together:,.1f}",
            f"{100 * found.bundle.loss:.4f}",
            f"{100 * found.bundle.cost:+.5f}",
            "-",
        )
    return table


def _fee_cell(share: float) -> str:
    return f"{100 * share:.5f}" if share else "-"


def grip_table(grips: Sequence[Grip]) -> Table:
    """Return grips without and with a measure, as a table."""
    table = make_table(
        "Grip without and with a corridor", "corridor", "pair", "before, %", "with it, %", "points removed",
        "with latent*", "USD m capex", "points per USD bn",
    )  # fmt: skip
    for grip in grips:
        latent = "-" if grip.points_removed_latent is None else f"{grip.points_removed_latent:+.4f}"
        rate = "-" if grip.points_per_usd_bn is None else f"{grip.points_per_usd_bn:+.4f}"
        capex = f"{grip.capex_usd_m:,.0f}" if grip.capex_usd_m else "-"
        if grip.links:
            capex += f" ({grip.links_with_capex} of {grip.links} links)"
        table.add_row(
            grip.scenario,
            f"{'+'.join(grip.coercers)} on {grip.target}",
            f"{100 * grip.before.target:.3f}",
            f"{100 * grip.after.target:.3f}",
            f"{grip.points_removed:+.4f}",
            latent,
            capex,
            rate,
        )
    table.caption = "*counting trade that opened borders set free (estimated)"
    return table


def print_rows(rows: Sequence[Row], title: str, console: Console) -> None:
    """Print one coercer against all targets, or one pair on several days."""
    table = make_table(
        title, "coercer", "target", "network of", "loss, %", "own cost, %", "of it lost transit fees, %",
        "loss without transit, %",
    )  # fmt: skip
    for row in rows:
        if row.unsolved:
            table.add_row("+".join(row.coercers), row.target, row.as_of, "no answer", "-", "-", row.unsolved)
            continue
        table.add_row(
            "+".join(row.coercers),
            row.target,
            row.as_of,
            f"{100 * row.loss:.3f}",
            f"{100 * row.own_cost:+.4f}",
            _fee_cell(row.lost_fees),
            f"{100 * row.loss_without_transit:.3f}",
        )
    console.print(table)


def print_matrix(matrix: Matrix, console: Console) -> None:
    """Print the largest entries of a matrix, or all of a small one."""
    title = f"Loss of the target under an embargo of all trade, % of real income ({matrix.horizon}, {matrix.year})"
    if len(matrix.economies) <= 12:
        table = make_table(title, "coercer", *matrix.economies)
        for name, row in zip(matrix.economies, matrix.loss, strict=True):
            table.add_row(name, *(f"{100 * v:.3f}" if v else "-" for v in row))
    else:
        table = make_table(title + ", largest", "coercer", "target", "loss, %", "own cost, %")
        rows = sorted(matrix_rows(matrix), key=lambda row: -float(str(row["loss_percent"])))[:40]
        for row in rows:
            table.add_row(
                str(row["coercer"]),
                str(row["target"]),
                f"{float(str(row['loss_percent'])):.3f}",
                f"{float(str(row['own_cost_percent'])):.4f}",
            )
    console.print(table)
