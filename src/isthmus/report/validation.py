"""The model against observed flows, as tables and as JSON. Observed and modelled stand in columns of their own."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from isthmus.trust.constants import Constant
from isthmus.trust.validation import Comparison, Score, Validation

Json = dict[str, object]

_UNIT = "Mt a year"


def validation_to_json(found: Validation) -> Json:
    """Return a validation in the form of `schema/validate.json`."""
    return {
        "world": found.world,
        "flows": [_flow(c) for c in found.flows],
        "scores": {name: _score(score) for name, score in found.scores.items()},
        "constants": [{field: getattr(c, field) for field in c.__slots__} for c in found.constants],
        "left_out": [{"id": flow, "reason": reason} for flow, reason in found.left_out],
    }


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
        "unit": _UNIT,
        "ratio": c.modelled_mt / target.observed_mt,
        "used": target.used,
        "treatment": target.treatment,
        "conversion": target.conversion,
        "reason": target.reason,
    }


def _score(score: Score) -> Json:
    return {field: getattr(score, field) for field in score.__slots__}


def flow_rows(found: Validation) -> list[dict[str, object]]:
    """Return the flows as flat rows, for CSV."""
    return [_flow(c) for c in found.flows]


def print_validation(found: Validation, console: Console) -> None:
    """Print every flow, the scores of both groups, the constants, and what is left out."""
    console.print(
        f"[bold]{found.world}[/bold]: freight in {_UNIT}; observed against modelled (network and demand of the year)"
    )
    table = Table("observed flow", "corridor", "year", "used")
    for column in ("observed", "modelled", "ratio", "least cost, ratio"):
        table.add_column(column, justify="right")
    for c in sorted(found.flows, key=lambda c: (c.target.used, c.target.corridor, c.target.flow)):
        table.add_row(
            c.target.flow, c.target.corridor, str(c.target.year), c.target.used, f"{c.target.observed_mt:.2f}",
            f"{c.modelled_mt:.2f}", f"{c.modelled_mt / c.target.observed_mt:.2f}",
            f"{c.least_cost_mt / c.target.observed_mt:.2f}",
        )  # fmt: skip
    console.print(table)
    for name, score in found.scores.items():
        console.print(_score_line(name, score))
    _print_constants(found.constants, console)
    console.print(f"{len(found.left_out)} observed flows are left out; --format json says why.")


def _score_line(name: str, score: Score) -> str:
    factor = math.exp(score.median)
    return (
        f"{name}: {score.count} flows, median absolute log error {score.median:.2f} (a factor of {factor:.2f}), least "
        f"cost {score.least_cost_median:.2f}: {100 * score.reduction:.0f} % lower (90 % interval of corridors drawn "
        f"anew {100 * score.low:.0f} to {100 * score.high:.0f}); {100 * score.within_three:.0f} % within a factor of 3"
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
