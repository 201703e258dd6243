"""`isthmus routes`: alternative routes of a pair, and why others are not used."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import click

import isthmus as ist
from isthmus.cli.shared import make_console, told, world_options
from isthmus.errors import NoRoute


@click.command()
@click.argument("origin")
@click.argument("destination")
@world_options
@click.option("--class", "klass", default="general", show_default=True, help="Freight class.")
@click.option("--scenario", default=None, help="Routes after this scenario.")
@click.option("--avoid", multiple=True, help="Territory (ISO3) or link not to be used; may be repeated.")
@click.option("--mode", "modes", multiple=True, help="Only this mode and transfers; may be repeated.")
@click.option("--via", default=None, help="The cheapest way over this link, project or corridor too, open or not.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="What is printed.")  # fmt: skip
@click.option("--most", type=click.IntRange(1, 50), default=5, show_default=True, help="Alternatives shown.")
@told
def routes(
    origin: str,
    destination: str,
    world: str,
    as_of: str | None,
    klass: str,
    scenario: str | None,
    avoid: tuple[str, ...],
    modes: tuple[str, ...],
    via: str | None,
    form: str,
    most: int,
) -> None:
    """Show alternative routes from ORIGIN to DESTINATION: zones, places or economies."""
    from isthmus.report.routes import print_options, print_routes, print_way, routes_to_json, tell_route, way_to_json
    from isthmus.routing import (
        class_named,
        find_options,
        find_routes,
        find_way_by,
        find_zone,
        lay_routing,
        limit_network,
    )

    day = as_of or (ist.read_scenario(scenario).as_of if scenario else None)
    loaded = ist.load_world(world, as_of=day)
    if scenario is not None:
        loaded = ist.apply_scenario(loaded, ist.read_scenario(scenario)).world
    w = class_named(klass)
    ends = [find_zone(loaded.network, loaded.economies, word, w) for word in (origin, destination)]
    loaded = replace(loaded, network=limit_network(loaded.network, avoid=avoid, modes=modes))
    routing = lay_routing(loaded, ist.RoutingSettings())
    names = [loaded.network.zones.ids[z] for z in ends]
    way = None if via is None else find_way_by(routing, ends[0], ends[1], w, via)
    options = find_options(routing, ends[0], ends[1], w)
    try:
        found = find_routes(routing, ends[0], ends[1], w, most=most)
    except NoRoute as error:
        if form == "json":
            data = routes_to_json((), names, klass, loaded.as_of, options) | {
                "cut": list(error.cut), "why_not": str(error),
            }  # fmt: skip
            click.echo(json.dumps(data, indent=2))
            sys.exit(1)
        raise
    found = tuple(tell_route(loaded, route) for route in found)
    way = None if way is None else (tell_route(loaded, way[0]), way[1])
    if form == "json":
        data = routes_to_json(found, names, klass, loaded.as_of, options)
        click.echo(json.dumps(data | ({} if way is None else {"via": way_to_json(*way)}), indent=2))
        return
    console = make_console()
    print_routes(found, names, klass, loaded.as_of, console)
    if way is not None and via is not None:
        print_way(*way, via, console)
    print_options(options, console)
