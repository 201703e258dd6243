"""Trade elasticities of a world: both horizons, their ranges, and what they rest on."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from isthmus.world.world import World


def elasticity_rows(world: World) -> list[dict[str, object]]:
    """Return one row a sector: theta of years and of months, each with low and high, basis and source."""
    s = world.sectors
    return [
        {
            "sector": code,
            "name": s.names[k],
            "theta_long": float(s.theta_long[k]),
            "theta_long_low": float(s.theta_long_range[k, 0]),
            "theta_long_high": float(s.theta_long_range[k, 1]),
            "theta_short": float(s.theta_short[k]),
            "theta_short_low": float(s.theta_short_range[k, 0]),
            "theta_short_high": float(s.theta_short_range[k, 1]),
            "basis": s.basis[k] if s.basis else "",
            "source": s.sources[k] if s.sources else "",
        }
        for k, code in enumerate(s.codes)
    ]


def print_elasticities(world: World, console: Console) -> None:
    """Print the table of elasticities; what sources say of unit values is left out."""
    console.print(
        f"Trade elasticities of {world.name} (theta, without unit; the Armington elasticity is 1 + theta). "
        "Ranges are 95 % intervals of the long run, and spans of sources or assumptions of the short run."
    )
    table = Table("sector", "name", "years", "range", "months", "range", "basis", "source")
    for row in elasticity_rows(world):
        table.add_row(
            str(row["sector"]),
            str(row["name"]),
            f"{row['theta_long']:.2f}",
            f"{row['theta_long_low']:.2f}-{row['theta_long_high']:.2f}",
            f"{row['theta_short']:.2f}",
            f"{row['theta_short_low']:.2f}-{row['theta_short_high']:.2f}",
            str(row["basis"]),
            str(row["source"]).split("; unit value:")[0],
        )
    console.print(table)
