"""`isthmus routes`: alternative routes of a pair."""

from __future__ import annotations

import json
import sys

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
    form: str,
    most: int,
) -> None:
    """Show alternative routes from ORIGIN to DESTINATION: zones, places or economies."""
    from isthmus.report.routes import print_routes, routes_to_json
    from isthmus.routing import class_named, find_routes, find_zone, lay_routing

    day = as_of or (ist.read_scenario(scenario).as_of if scenario else None)
    loaded = ist.load_world(world, as_of=day)
    if scenario is not None:
        loaded = ist.apply_scenario(loaded, ist.read_scenario(scenario)).world
    ends = [find_zone(loaded.network, loaded.economies, word) for word in (origin, destination)]
    w = class_named(klass)
    routing = lay_routing(loaded, ist.RoutingSettings())
    try:
        found = find_routes(routing, ends[0], ends[1], w, most=most)
    except NoRoute as error:
        if form == "json":
            click.echo(json.dumps({"routes": [], "cut": list(error.cut), "why_not": str(error)}, indent=2))
            sys.exit(1)
        raise
    names = [loaded.network.zones.ids[z] for z in ends]
    if form == "json":
        click.echo(json.dumps(routes_to_json(found, names, klass, loaded.as_of), indent=2))
    else:
        print_routes(found, names, klass, loaded.as_of, make_console())
