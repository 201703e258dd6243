"""Published outcomes of episodes beside the model's numbers, as a table, JSON and CSV."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from isthmus.trust.episodes import EpisodeTest, summarise

Row = dict[str, object]


def outcome_rows(tests: tuple[EpisodeTest, ...]) -> list[Row]:
    """Return one flat row a published outcome."""
    return [
        {
            "id": test.published.episode,
            "title": test.title,
            "quantity": test.published.quantity,
            "product": test.published.product,
            "when": test.published.when,
            "published_low": test.published.low,
            "published_high": test.published.high,
            "modelled": test.modelled,
            "unit": test.published.unit,
            "horizon": test.horizon,
            "used": test.used,
            "verdict": test.verdict,
            "ratio": test.ratio,
            "in_force_in_year": test.in_force,
            "basis": test.published.basis,
            "source": test.published.source,
            "why_not": test.why_not,
        }
        for test in tests
    ]


def outcomes_to_json(world: str, year: int, tests: tuple[EpisodeTest, ...]) -> Row:
    """Return the comparison in the form of `schema/validate_episodes.json`."""
    summary: Row = dict(summarise(tests))
    if math.isnan(float(str(summary["median_factor"]))):
        summary["median_factor"] = None
    return {"world": world, "year": year, "episodes": outcome_rows(tests), "summary": summary}


def print_outcomes(world: str, year: int, tests: tuple[EpisodeTest, ...], console: Console) -> None:
    """Print every published outcome beside the model's number, then how the tests went."""
    table = Table(
        "id", "title", "what", "published", "modelled", "unit", "used", "verdict",
        title=f"Episodes with a published outcome, replayed on {world} ({year})", title_justify="left",
    )  # fmt: skip
    for test in tests:
        low, high = test.published.low, test.published.high
        table.add_row(
            test.published.episode + (" *" if test.in_force else ""),
            test.title,
            f"{test.published.quantity.replace('_', ' ')}, {test.published.product.replace('_', ' ')}",
            f"{low:g}" if low == high else f"{low:g} to {high:g}",
            test.why_not if test.modelled is None else f"{test.modelled:.3g}",
            test.published.unit,
            test.used,
            test.verdict,
        )
    console.print(table)
    told = summarise(tests)
    console.print(
        f"fit: set the short elasticity of energy. test: nothing was set by it. Of {told['tests']} tests with a number "
        f"{told['within']} lie within the published span, {told['within_factor_2']} within a factor of two of it; the "
        f"median is off by a factor of {told['median_factor']:.2g}. * in force in {year}: what it did is not in that "
        "year's trade."
    )
