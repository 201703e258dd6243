"""`isthmus run`: solve a scenario."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import click

import isthmus as ist
from isthmus.cli.shared import (
    FORMATS_XLSX,
    emit_csv,
    make_console,
    page_or_none,
    progress_teller,
    queues_option,
    sweep_teller,
    told,
    world_options,
)
from isthmus.errors import QueryError
from isthmus.leverage import EmbargoGrip, Grip, Terms
from isthmus.scenario import read_episode
from isthmus.solve import QUEUES, Queues, Solved
from isthmus.trade.shock import CLOSURES, Closure
from isthmus.trust.headlines import headlines
from isthmus.trust.sensitivity import check_draws
from isthmus.trust.sweep import Ask
from isthmus.trust.sweep.plan import DESIGNS
from isthmus.trust.uncertainty import Uncertainty, compute_uncertainty


@click.command()
@click.argument("scenario", required=False)
@click.option("--episode", default=None, help="Replay what is modelled of an episode of coercion, for instance P12.")
@world_options
@click.option("--horizon", type=click.Choice(["long", "short"]), default=None, help="Wins over the scenario's own.")
@click.option(
    "--format", "form", type=FORMATS_XLSX, default="table", show_default=True, help="What is printed, or NAME.xlsx."
)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for tables and report.html.")
@click.option("--map", "map_file", type=click.Path(path_type=Path), default=None, help="SVG map of the freight.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the taste draws.")
@click.option("--route-draws", type=click.IntRange(1, 64), default=4, show_default=True, help="Taste draws of routing.")
@click.option("--openness", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Latent trade set free.")
@click.option("--closure", type=click.Choice(list(CLOSURES)), default=None, help="What becomes of trade deficits.")
@click.option("--no-backstop", is_flag=True, help="No choke price: what is cut has no substitute.")
@click.option("--decompose", is_flag=True, help="Say where each change of real income comes from.")
@click.option("--leverage", "pairs", default=None, help="Grips without and with it: RUS:ARM,RUS:AZE.")
@click.option("--draws", type=click.IntRange(0), default=0, show_default=True, help="Ranges from N draws; 0: none.")
@click.option("--draw-queues", type=click.Choice(QUEUES), default=None,
              help="Queues in the draws: held at the base's delays [default], solved (10 x slower), off.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes for the draws.")
@click.option("--sensitivity", is_flag=True, help="Say which assumptions matter most (grouped: extra `sensitivity`).")
@click.option("--design", type=click.Choice(list(DESIGNS)), default="sobol", show_default=True,
              help="Layout of the draws; grouped: Sobol indices of groups.")  # fmt: skip
@click.option("--both-horizons/--one-horizon", "both", default=None,
              help="Real income in the other horizon too; both with --out.")  # fmt: skip
@queues_option()
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def run(
    scenario: str | None,
    episode: str | None,
    world: str,
    as_of: str | None,
    horizon: str | None,
    form: str,
    out: Path | None,
    map_file: Path | None,
    seed: int,
    route_draws: int,
    openness: float,
    closure: Closure | None,
    no_backstop: bool,
    decompose: bool,
    pairs: str | None,
    draws: int,
    draw_queues: Queues | None,
    workers: int,
    sensitivity: bool,
    design: str,
    both: bool | None,
    queues: Queues,
    quiet: bool,
) -> None:
    """Solve SCENARIO, a name of the library or a TOML file, or an episode of coercion."""
    from isthmus.report import Beside, draw_flow_map, make_report, write_run
    from isthmus.solve import solve_whole

    changes = _chosen(scenario, episode)
    if sensitivity:
        check_draws(draws)
    tell = progress_teller(quiet)
    tell("loading")
    loaded = ist.load_world(world)
    settings = ist.Settings(
        routing=ist.RoutingSettings(seed=seed, draws=route_draws),
        openness=openness,
        closure=closure,
        decompose=decompose,
        backstop=not no_backstop,
        both_horizons=out is not None if both is None else both,
        queues=queues,
    )
    solved = solve_whole(loaded, changes, settings=settings, horizon=horizon, as_of=as_of, progress=tell)
    result = solved.result
    grips = _grips(loaded, changes, pairs, Terms(settings=settings, horizon=result.horizon, as_of=as_of), tell)
    ask = None if not draws else Ask(
        scenarios=(_named(scenario),), horizons=(result.horizon,), as_of=(result.as_of,), draws=draws, design=design,
        seed=seed, route_draws=route_draws, world=world,
        queues=draw_queues or ("off" if queues == "off" else "held"),
        leverage=tuple(pairs.split(",")) if pairs else (),
    )  # fmt: skip
    doubt = (
        None
        if ask is None
        else compute_uncertainty(
            ask, own=headlines(result, grips), workers=workers, sensitivity=sensitivity, tell=sweep_teller(quiet)
        )
    )
    if out is not None:
        about: dict[str, object] = {"seed": seed, "route_draws": route_draws, "openness": openness, "queues": queues}
        about["closure"] = result.closure
        if draws:
            about["draws"] = draws
        beside = Beside(grips, _embargoes(solved, tell), doubt)
        page = page_or_none(lambda: make_report(loaded, changes, result, about, beside))
        write_run(result, out, {**about, "world_sha256": loaded.sha256}, page, grips, doubt)
    if map_file is not None:
        draw_flow_map(loaded, result, map_file)
    _show(result, form, out, grips, doubt)


def _show(result: ist.Result, form: str, out: Path | None, grips: Sequence[Grip], doubt: Uncertainty | None) -> None:
    """Print a result in the form asked for, or write it as a workbook into the run folder or the current one."""
    from isthmus.report import print_result, result_to_json, write_workbook
    from isthmus.report.bands import print_uncertainty, with_bands
    from isthmus.report.leverage import grip_table

    if form == "json":
        summary = result_to_json(result, grips)
        click.echo(json.dumps(summary if doubt is None else with_bands(summary, doubt), indent=2))
    elif form == "csv":
        emit_csv([{str(k): v for k, v in row.items()} for row in result.real_income.reset_index().to_dict("records")])
    elif form == "xlsx":
        click.echo(write_workbook(result, (out or Path()) / f"{result.scenario}.xlsx"))
    else:
        print_result(result, make_console())
        if grips:
            make_console().print(grip_table(grips))
        if doubt is not None:
            print_uncertainty(doubt, result.year, make_console())


def _grips(
    world: ist.World, scenario: ist.Scenario, pairs: str | None, terms: Terms, tell: Callable[[str], None]
) -> tuple[Grip, ...]:
    """Return what the scenario does to the grips asked for; none by default, since each is routed four times."""
    from isthmus.leverage import compute_grips

    if pairs is None:
        return ()
    words = [tuple(word.split(":")) for word in pairs.split(",")]
    wrong = [":".join(word) for word in words if len(word) != 2]
    if wrong:
        raise QueryError(f"--leverage: {wrong[0]!r} is no pair. Write coercer:target, for instance RUS:ARM,RUS:AZE.")
    return compute_grips(world, [(by, on) for by, on in words], [scenario], terms=terms, progress=tell)


def _embargoes(solved: Solved, tell: Callable[[str], None]) -> tuple[EmbargoGrip, ...]:
    """Return what the scenario does to a few grips, by trade embargo alone: no routing."""
    from isthmus.leverage import embargo_grips

    tell("solving embargoes without and with the scenario")
    return embargo_grips(solved)


def _named(scenario: str | None) -> str:
    if scenario is None:
        raise QueryError(
            "--draws: an episode has no file that workers could read. Save it as a scenario and name that."
        )
    return scenario


def _chosen(scenario: str | None, episode: str | None) -> ist.Scenario:
    if (scenario is None) == (episode is None):
        raise QueryError("run: name one SCENARIO, or one --episode (`isthmus scenarios --episodes` lists them).")
    return ist.read_scenario(scenario) if scenario is not None else read_episode(str(episode))
