"""Alternative routes of one pair, as a table and as JSON. All figures are modelled; USD of the rates table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from isthmus.routing import Route

Json = dict[str, object]


def routes_to_json(routes: Sequence[Route], ends: list[str], klass: str, as_of: str) -> Json:
    """Return routes in the form of `schema/routes.json`."""
    return {
        "from": ends[0],
        "to": ends[1],
        "class": klass,
        "as_of": as_of,
        "routes": [
            {
                "share": route.share,
                "cost_usd_per_t": route.cost_usd_per_t,
                "cost_parts": route.cost_parts,
                "km": route.km,
                "hours": route.hours,
                "territories": list(route.territories),
                "legs": [{field: getattr(leg, field) for field in leg.__slots__} for leg in route.legs],
                "why_not": None,
            }
            for route in routes
        ],
        "cut": [],
    }


def print_routes(routes: Sequence[Route], ends: list[str], klass: str, as_of: str, console: Console) -> None:
    """Print routes as a forwarder reads them: legs by mode and territory with km, hours and cost."""
    console.print(f"[bold]{ends[0]} to {ends[1]}[/bold], {klass}, network of {as_of} (modelled)")
    for number, route in enumerate(routes, start=1):
        parts = ", ".join(f"{name} {value:.1f}" for name, value in route.cost_parts.items() if value >= 0.05)
        console.print(
            f"\n{number}. {100 * route.share:.1f} % of trips, {route.cost_usd_per_t:.0f} USD/t, {route.km:,.0f} km, "
            f"{route.hours:.0f} h, through {' '.join(route.territories)}\n   {parts} USD/t"
        )
        table = Table("mode", "from", "to", "territory")
        for column in ("km", "hours", "wait h", "USD/t"):
            table.add_column(column, justify="right")
        for leg in route.legs:
            table.add_row(
                leg.mode, leg.start, leg.end, leg.territory or "sea", f"{leg.km:,.0f}", f"{leg.hours:.1f}",
                f"{leg.wait_hours:.1f}", f"{leg.cost_usd_per_t:.1f}",
            )  # fmt: skip
        console.print(table)
