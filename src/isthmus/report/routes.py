"""Alternative routes of one pair, as a table and as JSON. All figures are modelled; USD of the rates table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from isthmus.routing import Option, Route
from isthmus.world.names import names_of
from isthmus.world.world import World

Json = dict[str, object]


def tell_route(world: World, route: Route) -> Route:
    """Return a route whose places and links are called as people read them."""
    net, called = world.network, names_of(world)
    places = dict(zip(net.node_names, called.places, strict=True))
    links = dict(zip(net.link_names, called.links, strict=True))
    return replace(
        route,
        legs=tuple(
            replace(leg, start=places.get(leg.start, leg.start), end=places.get(leg.end, leg.end)) for leg in route.legs
        ),
        waits=tuple((links.get(name, name), hours) for name, hours in route.waits),
        gauge_changes=tuple(links.get(name, name) for name in route.gauge_changes),
    )


def routes_to_json(
    routes: Sequence[Route], ends: list[str], klass: str, as_of: str, options: Sequence[Option] = ()
) -> Json:
    """Return routes in the form of `schema/routes.json`."""
    return {
        "from": ends[0],
        "to": ends[1],
        "class": klass,
        "as_of": as_of,
        "routes": [_route_to_json(route) for route in routes],
        "not_used": [{field: getattr(option, field) for field in Option.__slots__} for option in options],
        "cut": [],
    }


def way_to_json(route: Route, dearer: float) -> Json:
    """Return the best way over a link."""
    return _route_to_json(route) | {"dearer_usd_per_t": dearer}


def _route_to_json(route: Route) -> Json:
    return {
        "share": route.share,
        "cost_usd_per_t": route.cost_usd_per_t,
        "cost_parts": route.cost_parts,
        "km": route.km,
        "hours": route.hours,
        "territories": list(route.territories),
        "waits": [{"name": name, "hours": hours} for name, hours in route.waits],
        "gauge_changes": list(route.gauge_changes),
        "legs": [{field: getattr(leg, field) for field in leg.__slots__} for leg in route.legs],
        "why_not": None,
    }


def print_routes(routes: Sequence[Route], ends: list[str], klass: str, as_of: str, console: Console) -> None:
    """Print routes as a forwarder reads them: legs by mode and territory with km, hours and cost, waits, gauges."""
    console.print(f"[bold]{ends[0]} to {ends[1]}[/bold], {klass}, network of {as_of} (modelled)")
    for number, route in enumerate(routes, start=1):
        _print_route(route, f"{number}. {100 * route.share:.1f} % of trips", console)


def print_way(route: Route, dearer: float, via: str, console: Console) -> None:
    """Print the cheapest way over a link."""
    _print_route(route, f"Cheapest over {via}: {dearer:+.1f} USD/t against the best", console)


def _print_route(route: Route, head: str, console: Console) -> None:
    parts = ", ".join(f"{name} {value:.1f}" for name, value in route.cost_parts.items() if value >= 0.05)
    console.print(
        f"\n{head}, {route.cost_usd_per_t:.0f} USD/t, {route.km:,.0f} km, "
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
    if route.waits:
        console.print("   waits: " + ", ".join(f"{name} {hours:.0f} h" for name, hours in route.waits))
    if route.gauge_changes:
        console.print("   gauge changes: " + ", ".join(route.gauge_changes))


def print_options(options: Sequence[Option], console: Console) -> None:
    """Print what is not used and why."""
    if not options:
        return
    table = Table(title="Not used, or hardly (at mean tastes, against the best way)", title_justify="left")
    for column in ("what", "name"):
        table.add_column(column)
    table.add_column("USD/t", justify="right")
    table.add_column("why")
    for option in options:
        dearer = option.dearer_usd_per_t
        table.add_row(option.what, option.name, f"{dearer:+.1f}" if abs(dearer) < 1e9 else "a way at all", option.why)
    console.print()
    console.print(table)
