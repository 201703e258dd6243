"""The model against observed flows, as tables and as JSON. Observed and modelled stand in columns of their own."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from isthmus.trust.constants import Constant
from isthmus.trust.folds import Folds
from isthmus.trust.margins import Margin
from isthmus.trust.shares import Share
from isthmus.trust.validation import Comparison, Score, Validation

Json = dict[str, object]

_UNIT = "Mt a year"


def validation_to_json(found: Validation) -> Json:
    """Return a validation in the form of `schema/validate.json`."""
    return {
        "world": found.world,
        "flows": [_flow(c) for c in found.flows],
        "scores": {name: _plain(score) for name, score in found.scores.items()},
        "constants": [_plain(constant) for constant in found.constants],
        "left_out": [{"id": flow, "reason": reason} for flow, reason in found.left_out],
        "modal_split": [_plain(share) for share in found.shares if share.group == "modal_split"],
        "modal_split_left_out": [{"id": name, "reason": reason} for name, reason in found.shares_left_out],
        "checks": [_plain(share) for share in found.shares if share.group == "named"],
        "margins": [_plain(margin) for margin in found.margins],
    }


def _plain(row: Share | Margin | Constant | Score) -> Json:
    return {field: getattr(row, field) for field in row.__slots__}


def _flow(c: Comparison) -> Json:
    target = c.target
    return {
        "id": target.flow,
        "what": target.what,
        "corridor": target.corridor,
        "year": target.year,
        "observed": target.observed_mt,
        "modelled": c.modelled_mt,
        "least_cost": c.least_cost_mt,
        "uncalibrated": c.uncalibrated_mt,
        "unit": _UNIT,
        "ratio": c.modelled_mt / target.observed_mt,
        "used": target.used,
        "treatment": target.treatment,
        "conversion": target.conversion,
        "reason": target.reason,
    }


def flow_rows(found: Validation) -> list[dict[str, object]]:
    """Return the flows as flat rows, for CSV."""
    return [_flow(c) for c in found.flows]


def folds_to_json(world: str, found: Folds) -> Json:
    """Return flows predicted without their corridor, in the form of `schema/validate.json`."""
    return {"world": world, "folds": fold_rows(found), "score": _plain(found.score)}


def fold_rows(found: Folds) -> list[dict[str, object]]:
    """Return the predicted flows as flat rows."""
    return [{**_flow(c), "fold": fold + 1} for c, fold in zip(found.flows, found.fold, strict=True)]


def print_folds(world: str, found: Folds, console: Console) -> None:
    """Print every flow as predicted by constants of other corridors, and the score."""
    console.print(f"[bold]{world}[/bold]: freight in {_UNIT}, predicted by constants fitted to other corridors alone")
    table = Table("observed flow", "corridor", "year", "fold")
    for column in ("observed", "predicted", "ratio", "least cost, ratio", "uncalibrated, ratio"):
        table.add_column(column, justify="right")
    for c, fold in sorted(zip(found.flows, found.fold, strict=True), key=lambda row: (row[1], row[0].target.flow)):
        seen = c.target.observed_mt
        ratios = (f"{value / seen:.2f}" for value in (c.modelled_mt, c.least_cost_mt, c.uncalibrated_mt))
        table.add_row(
            c.target.flow, c.target.corridor, str(c.target.year), str(fold + 1), f"{seen:.2f}", f"{c.modelled_mt:.2f}",
            *ratios,
        )  # fmt: skip
    console.print(table)
    console.print(_score_line("out of fold", found.score))


def print_validation(found: Validation, console: Console) -> None:
    """Print every flow, the scores of both groups, the constants, and what is left out."""
    console.print(
        f"[bold]{found.world}[/bold]: freight in {_UNIT}; observed against modelled (network and demand of the year)"
    )
    table = Table("observed flow", "corridor", "year", "used")
    for column in ("observed", "modelled", "ratio", "least cost, ratio", "uncalibrated, ratio"):
        table.add_column(column, justify="right")
    for c in sorted(found.flows, key=lambda c: (c.target.used, c.target.corridor, c.target.flow)):
        table.add_row(
            c.target.flow, c.target.corridor, str(c.target.year), c.target.used, f"{c.target.observed_mt:.2f}",
            f"{c.modelled_mt:.2f}", f"{c.modelled_mt / c.target.observed_mt:.2f}",
            f"{c.least_cost_mt / c.target.observed_mt:.2f}", f"{c.uncalibrated_mt / c.target.observed_mt:.2f}",
        )  # fmt: skip
    console.print(table)
    for name, score in found.scores.items():
        console.print(_score_line(name, score))
    _print_constants(found.constants, console)
    _print_shares("Named checks", [s for s in found.shares if s.group == "named"], console)
    _print_shares("Modal split", [s for s in found.shares if s.group == "modal_split"], console)
    _print_margins(found.margins, console)
    console.print(
        f"{len(found.left_out)} observed flows and {len(found.shares_left_out)} rows of modal splits are left out; "
        "--format json says why."
    )


def _print_shares(title: str, shares: list[Share], console: Console) -> None:
    table = Table("what", "year", title=f"{title}: published beside modelled")
    for column in ("published", "modelled"):
        table.add_column(column, justify="right")
    table.add_column("unit")
    table.add_column("remark")
    for s in shares:
        table.add_row(s.what, str(s.year), f"{s.observed:.2f}", f"{s.modelled:.2f}", s.unit, s.remark)
    console.print(table)


def _print_margins(margins: tuple[Margin, ...], console: Console) -> None:
    table = Table("what", "year", title="Freight over value, percent: published; modelled with the value of time")
    for column in ("published", "modelled"):
        table.add_column(column, justify="right")
    table.add_column("measure")
    for m in margins:
        table.add_row(m.what, str(m.year), f"{m.published:.1f}", f"{m.modelled:.1f}", m.measure)
    console.print(table)


def _score_line(name: str, score: Score) -> str:
    factor = math.exp(score.median)
    return (
        f"{name}: {score.count} flows, median absolute log error {score.median:.2f} (a factor of {factor:.2f}), "
        f"least cost {score.least_cost_median:.2f}, without constants {score.uncalibrated_median:.2f}: "
        f"{100 * score.reduction:.0f} % below least cost (90 % interval of corridors drawn anew {100 * score.low:.0f} "
        f"to {100 * score.high:.0f}); {100 * score.within_three:.0f} % within a factor of 3"
    )


def _print_constants(constants: tuple[Constant, ...], console: Console) -> None:
    if not constants:
        console.print("This world has no calibrated constants.")
        return
    table = Table("constant", "kind", "unit", title="Calibrated constants, on top of the facts")
    for column in ("value", "prior", "prior sd", "bound", "links"):
        table.add_column(column, justify="right")
    for c in constants:
        table.add_row(
            c.name, c.kind, c.unit, f"{c.value:+.1f}", f"{c.prior:.0f}", f"{c.prior_sd:.0f}", f"{c.bound:.0f}",
            str(c.links),
        )  # fmt: skip
    console.print(table)


def print_studies(rows: list[Json], console: Console) -> None:
    """Print others' studies beside ours; those the model does not speak of come last, with the reason."""
    table = Table(
        "study", "measure", "theirs", "scenario", title="Others' studies: theirs beside ours (modelled, base of 2022)"
    )
    table.add_column("ours", justify="right")
    table.add_column("unit")
    table.add_column("remark")
    told = [row for row in rows if isinstance(row["ours"], float)]
    for row in told:
        cells = [str(row[key]) for key in ("study", "measure", "theirs", "scenario")]
        table.add_row(*cells, f"{row['ours']:,.2f}", str(row["unit"]), str(row["remark"]))
    console.print(table)
    for row in rows:
        if row not in told:
            console.print(f"{row['id']}: not held against the model: {row['remark']}")


def print_shift(rows: list[Json], console: Console) -> None:
    """Print the corridors before and after February 2022, observed and modelled."""
    table = Table("corridor", "what", title="Since February 2022: network of 2021-12-31 and of 2023-12-31, Mt a year")
    heads = ("observed_before", "observed_after", "before", "after", "after_without_premia")
    for head in heads:
        table.add_column(head.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(str(row["corridor"]), str(row["what"]), *(f"{row[head]:.2f}" for head in heads))
    console.print(table)
