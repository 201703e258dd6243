"""`isthmus skims`: cost, time and distance between all zones."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

import isthmus as ist
from isthmus.cli.shared import delay_of, progress_teller, queues_option, told, world_options
from isthmus.solve import Queues


@click.command()
@world_options
@click.option("--class", "klass", default="all", show_default=True, help="Freight classes, with commas.")
@click.option("--scenario", default=None, help="After this scenario.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File: .csv, .parquet or .npz.")
@click.option("--route-draws", type=click.IntRange(1, 64), default=4, show_default=True, help="Taste draws of routing.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the taste draws.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="What is printed.")  # fmt: skip
@queues_option("off", ("held", "off"))
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def skims(
    world: str,
    as_of: str | None,
    klass: str,
    scenario: str | None,
    out: Path,
    route_draws: int,
    seed: int,
    form: str,
    queues: Queues,
    quiet: bool,
) -> None:
    """Write the expected cost, hours and kilometres between all zones, by freight class."""
    from isthmus.report.pairs import check_suffix, write_skims
    from isthmus.routing import class_named, route_pairs
    from isthmus.world.network import CLASSES

    check_suffix(out)
    tell = progress_teller(quiet)
    day = as_of or (ist.read_scenario(scenario).as_of if scenario else None)
    loaded = ist.load_world(world, as_of=day)
    settings = ist.RoutingSettings(draws=route_draws, seed=seed)
    delay = delay_of(loaded, settings, queues, progress_teller(quiet))
    if scenario is not None:
        loaded = ist.apply_scenario(loaded, ist.read_scenario(scenario)).world
    words = CLASSES if klass == "all" else tuple(word.strip() for word in klass.split(","))
    classes = [class_named(word) for word in words]
    zones = len(loaded.network.zones.ids)
    demand = np.zeros((len(CLASSES), zones, zones))
    demand[classes] = 1.0 - np.eye(zones)
    tell(f"routing {zones} zones, {', '.join(words)}")
    pairs = route_pairs(loaded, demand, settings, delay)
    write_skims(loaded, pairs, classes, out)
    joined = {name: int(np.isfinite(pairs.hours[w]).sum()) for w, name in zip(classes, words, strict=True)}
    about = {
        "file": str(out), "as_of": loaded.as_of, "zones": zones, "pairs": zones * (zones - 1),
        "with_route": joined, "route_draws": route_draws,
    }  # fmt: skip
    if form == "json":
        click.echo(json.dumps(about, indent=2))
        return
    for name, count in joined.items():
        click.echo(f"{name}: {count:,} of {about['pairs']:,} pairs have a route (network of {loaded.as_of}, modelled)")
    click.echo(f"wrote {out}: USD per tonne, hours, km; mean over {route_draws} taste draws")
