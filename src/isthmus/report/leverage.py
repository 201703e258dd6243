"""Leverage as tables for a terminal; losses and costs are percent of real income."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from isthmus.leverage import Grip, Leverage, LostFees, Matrix, Point, Row
from isthmus.leverage.losses import Ends
from isthmus.leverage.pair import TOLD
from isthmus.report.layout import make_table
from isthmus.report.leverage_json import choke_warnings
from isthmus.solve import CHOKES

#: What brackets in a table hold.
IN_BRACKETS = (
    f"in brackets: at choke prices of {CHOKES[0]:g} and {CHOKES[1]:g} times home cost, where the loss hangs on this "
    "assumption: read a range, not a figure"
)


def _ranged(loss: float, ends: Ends) -> str:
    """Return a loss in percent, with its ends in brackets where it hangs on the choke price."""
    if not ends:
        return f"{100 * loss:.3f}"
    low, high = ("no equilibrium" if np.isnan(end) else f"{100 * end:.3f}" for end in ends)
    return f"{100 * loss:.3f} ({low} to {high})"


def _cell(found: Leverage, point: Point) -> str:
    ends = found.at_chokes(point)
    return _ranged(point.loss, () if ends is None else (ends[0].loss, ends[1].loss))


def print_leverage(found: Leverage, grips: Sequence[Grip], console: Console) -> None:
    """Print the headline, single instruments, what each budget buys in words, and grips."""
    for text in _sentences(found):
        console.print(text)
    for table in (_instrument_table(found), _budget_table(found), *([grip_table(grips)] if grips else [])):
        console.print(table)


def _sentences(found: Leverage) -> Iterator[str]:
    """Yield what an answer says before its tables."""
    front, who = found.frontier, "+".join(found.coercers)
    under = f", with {found.measure} in place" if found.measure else ""
    yield f"[bold]Leverage of {who} over {found.target}{under}[/bold]"
    yield (
        f"World {found.world}, trade of {found.year}, network of {found.as_of}, horizon {found.horizon}. Modelled; "
        "percent of real income."
    )
    yield (
        f"All {len(found.instruments)} instruments together: {found.target} loses {_cell(found, front.whole)} % "
        f"(USD {found.loss * found.target_income_usd_m:,.0f} m of {found.year}), {who} "
        f"{100 * found.own_cost:.4f} % (USD {found.own_cost * found.coercer_income_usd_m:,.0f} m)"
        + (f", ratio {found.loss / found.own_cost:.1f}." if found.own_cost > 0 else ".")
    )
    for text in choke_warnings(found):
        yield f"[yellow]Warning:[/yellow] {text}."
    yield (
        f"{found.target} can take {100 * found.back_loss:.4f} % from {who}: asymmetry "
        f"{100 * found.asymmetry:+.3f} points."
    )
    yield (
        f"Losses of single instruments add up to {100 * front.additive_loss:.3f} %, "
        f"{100 * (front.additive_loss - found.loss):+.3f} points against the joint solve. "
        + (
            f"All {front.evaluated} sets were solved: the frontier is exact."
            if front.enumerated
            else f"{front.evaluated} sets were solved; a better one may exist."
        )
    )
    if found.denied is not None:
        yield (
            f"Denial of transit touches {found.denied.touched_mt:.3f} Mt a year of {found.target}'s freight with third "
            f"countries: {found.denied.stranded_mt:.3f} Mt lose every route, the rest pays "
            f"{found.denied.extra_usd_per_t:.1f} USD/t more; main crossings: {found.denied.words}."
        )
    if found.fees is not None:
        yield _fees_words(found.fees, who, found.year)


def _budget_table(found: Leverage) -> Table:
    front = found.frontier
    table = make_table(
        "Most that can be taken at a cost to oneself", "own cost at most, %", "loss, %", "own cost, %",
        "of it fees, %", "how",
    )  # fmt: skip
    for budget in found.budgets:
        point = front.best(budget)
        fees = _fee_cell(found.fees_in(point))
        table.add_row(f"{100 * budget:g}", _cell(found, point), f"{100 * point.cost:+.4f}", fees, found.words(point))
    return table


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
        if place >= TOLD and one.kind not in {"transit", "transfers", "migrants"}:
            continue
        value = f"{one.value_usd_m:,.1f}" if one.value_usd_m else "-"
        table.add_row(
            found.name(k), value, _cell(found, singles[k]), f"{100 * singles[k].cost:+.5f}",
            _fee_cell(found.fees_in(singles[k])),
        )  # fmt: skip
    if found.bundle is not None:
        together = sum(found.instruments[k].value_usd_m for k in found.bundle.members)
        table.add_row(
            "all energy together",
            f"{together:,.1f}",
            _cell(found, found.bundle),
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
            _ranged(grip.before.target, grip.before.at_chokes),
            _ranged(grip.after.target, grip.after.at_chokes),
            f"{grip.points_removed:+.4f}",
            latent,
            capex,
            rate,
        )
    table.caption = "*counting trade that opened borders set free (estimated)"
    if any(grip.before.at_chokes or grip.after.at_chokes for grip in grips):
        table.caption += f"; {IN_BRACKETS}"
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
            _ranged(row.loss, row.at_chokes),
            f"{100 * row.own_cost:+.4f}",
            _fee_cell(row.lost_fees),
            f"{100 * row.loss_without_transit:.3f}",
        )
    if any(row.at_chokes for row in rows):
        table.caption = IN_BRACKETS
    console.print(table)


def print_matrix(matrix: Matrix, console: Console) -> None:
    """Print the largest entries of a matrix, or all of a small one."""
    title = f"Loss of the target under an embargo of all trade, % of real income ({matrix.horizon}, {matrix.year})"
    if len(matrix.economies) <= 12:
        table = make_table(title, "coercer", *matrix.economies)
        for x, (name, row) in enumerate(zip(matrix.economies, matrix.loss, strict=True)):
            table.add_row(name, *(_entry(matrix, x, y) if v else "-" for y, v in enumerate(row)))
    else:
        table = make_table(title + ", largest", "coercer", "target", "loss, %", "own cost, %")
        for x, y in _largest(matrix, 40):
            names = matrix.economies
            table.add_row(names[x], names[y], _entry(matrix, x, y), f"{100 * matrix.loss[y, x]:.4f}")
    if matrix.at_chokes:
        table.caption = IN_BRACKETS
    console.print(table)
    for a, b, why in matrix.unsolved:
        console.print(f"No equilibrium between {a} and {b}: {why}")


def _largest(matrix: Matrix, count: int) -> list[tuple[int, int]]:
    """Return (coercer, target) positions of the largest losses."""
    known = np.where(np.isnan(matrix.loss), 0.0, matrix.loss)
    order = np.argsort(-known, axis=None, kind="stable")[:count]
    return [(int(at) // len(known), int(at) % len(known)) for at in order]


def _entry(matrix: Matrix, x: int, y: int) -> str:
    loss = float(matrix.loss[x, y])
    return "no equilibrium" if np.isnan(loss) else _ranged(loss, matrix.at_chokes.get((x, y), ()))
