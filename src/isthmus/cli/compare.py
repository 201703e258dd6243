"""`isthmus compare`: two scenarios beside each other."""

from __future__ import annotations

import json
from pathlib import Path

import click

import isthmus as ist
from isthmus.cli.shared import (
    FORMATS,
    emit_csv,
    make_console,
    page_or_none,
    progress_teller,
    queues_option,
    told,
    world_options,
)
from isthmus.solve import Queues


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@world_options
@click.option("--horizon", type=click.Choice(["long", "short"]), default=None, help="For both; wins over their own.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for summary.json and report.html.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the taste draws.")
@click.option("--route-draws", type=click.IntRange(1, 64), default=4, show_default=True, help="Taste draws of routing.")
@click.option("--openness", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Latent trade set free.")
@queues_option()
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def compare(
    first: str,
    second: str,
    world: str,
    as_of: str | None,
    horizon: str | None,
    form: str,
    out: Path | None,
    seed: int,
    route_draws: int,
    openness: float,
    queues: Queues,
    quiet: bool,
) -> None:
    """Solve scenarios A and B against the same world and set them beside each other."""
    from isthmus.report.comparison import comparison_to_json, make_comparison_report, print_comparison
    from isthmus.report.run import write_folder

    tell = progress_teller(quiet)
    scenarios = [ist.read_scenario(name) for name in (first, second)]
    tell("loading")
    loaded = ist.load_world(world)
    settings = ist.Settings(
        routing=ist.RoutingSettings(seed=seed, draws=route_draws),
        openness=openness,
        both_horizons=out is not None,
        queues=queues,
    )
    results = [
        ist.solve(loaded, scenario, settings=settings, horizon=horizon, as_of=as_of, progress=tell)
        for scenario in scenarios
    ]
    found = comparison_to_json(*results)
    if out is not None:
        about: dict[str, object] = {"seed": seed, "route_draws": route_draws, "openness": openness, "queues": queues}
        a, b = zip(scenarios, results, strict=True)
        page = page_or_none(lambda: make_comparison_report(loaded, a, b, about))
        manifest = {"scenarios": [s.name for s in scenarios], "world": world, "world_sha256": loaded.sha256}
        files = {"summary.json": json.dumps(found, indent=2)} | ({"report.html": page} if page else {})
        write_folder(out, {**manifest, "settings": about}, files)
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    elif form == "csv":
        emit_csv(_rows(results))
    else:
        print_comparison(results[0], results[1], make_console())


def _rows(results: list[ist.Result]) -> list[dict[str, object]]:
    from isthmus.report.comparison import both_incomes

    joint = both_incomes(*results).reset_index()
    return [{str(key): value for key, value in row.items()} for row in joint.to_dict("records")]
