"""`isthmus validate`: the model against observed flows, and against published outcomes of episodes."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, progress_teller, told


@click.command()
@click.option("--world", default="eurasia-2022", show_default=True, help="Shipped world or a folder.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@click.option(
    "--route-draws",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Taste draws of routing; every year settles its own queues.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the taste draws.")
@click.option("--studies", is_flag=True, help="Run the scenarios of others' studies instead, ours beside theirs.")
@click.option("--shift", is_flag=True, help="The move from the Northern to the Middle Corridor since 2022 instead.")
@click.option("--folds", is_flag=True, help="Every corridor predicted by constants fitted to other corridors instead.")
@click.option("--episodes", is_flag=True, help="Against published outcomes of episodes instead.")
@click.option("--routed", is_flag=True, help="With --episodes: solve those that touch the network too.")
@click.option("--horizon", type=click.Choice(["short", "long"]), default="short", show_default=True,
              help="Of the episodes.")  # fmt: skip
@click.option("--store", is_flag=True, help="Keep it in the world's folder: reports of this world show it.")
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def validate(
    world: str,
    form: str,
    route_draws: int,
    seed: int,
    studies: bool,
    shift: bool,
    folds: bool,
    episodes: bool,
    routed: bool,
    horizon: str,
    store: bool,
    quiet: bool,
) -> None:
    """Hold the model against every observed flow it can model, each in the network and demand of its year."""
    from isthmus.report.stored import store_validation
    from isthmus.report.validation import flow_rows, print_validation, validation_to_json
    from isthmus.trust.validation import validate_world

    tell = progress_teller(quiet)
    tell("loading")
    if episodes:
        _validate_episodes(ist.load_world(world), form, horizon=horizon, routed=routed, tell=tell)
        return
    settings = ist.RoutingSettings(draws=route_draws, seed=seed)
    if studies or shift:
        _validate_others(ist.load_world(world), settings, form, studies=studies, tell=tell)
        return
    loaded = ist.load_world(world)
    if folds:
        _validate_folds(loaded, settings, form, tell)
        return
    found = validate_world(loaded, settings, tell)
    if store:
        click.echo(f"isthmus: wrote {store_validation(loaded, found, settings)}", err=True)
    if form == "json":
        click.echo(json.dumps(validation_to_json(found), indent=2))
    elif form == "csv":
        emit_csv(flow_rows(found))
    else:
        print_validation(found, make_console())


def _validate_folds(world: ist.World, settings: ist.RoutingSettings, form: str, tell: Callable[[str], None]) -> None:
    """Print every flow as constants of other corridors predict it."""
    from isthmus.report.validation import fold_rows, folds_to_json, print_folds
    from isthmus.trust.folds import cross_validate

    found = cross_validate(world, settings, tell)
    if form == "json":
        click.echo(json.dumps(folds_to_json(world.name, found), indent=2))
    elif form == "csv":
        emit_csv(fold_rows(found))
    else:
        print_folds(world.name, found, make_console())


def _validate_others(
    world: ist.World, settings: ist.RoutingSettings, form: str, *, studies: bool, tell: Callable[[str], None]
) -> None:
    """Print others' studies, or the shift of corridors, beside the model."""
    from isthmus.report.validation import print_shift, print_studies
    from isthmus.trust.shift import find_shift
    from isthmus.trust.studies import compare_studies

    found = compare_studies(world, settings, tell) if studies else find_shift(world, settings, tell)
    rows = [{field: getattr(row, field) for field in row.__slots__} for row in found]
    if form == "json":
        click.echo(json.dumps({"world": world.name, "studies" if studies else "shift": rows}, indent=2))
    elif form == "csv":
        emit_csv(rows)
    elif studies:
        print_studies(rows, make_console())
    else:
        print_shift(rows, make_console())


def _validate_episodes(world: ist.World, form: str, *, horizon: str, routed: bool, tell: Callable[[str], None]) -> None:
    from isthmus.report.episode_tests import outcome_rows, outcomes_to_json, print_outcomes
    from isthmus.trust.episodes import compare_episodes

    tests = compare_episodes(world, horizon=horizon, routed=routed, tell=tell)
    if form == "json":
        click.echo(json.dumps(outcomes_to_json(world.name, world.year, tests), indent=2))
    elif form == "csv":
        emit_csv(outcome_rows(tests))
    else:
        print_outcomes(world.name, world.year, tests, make_console())
