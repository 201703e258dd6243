"""`isthmus sweep`: many solves that survive anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from isthmus.cli.shared import FORMATS, emit_csv, make_console, sweep_teller, told
from isthmus.errors import QueryError


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--store", type=click.Path(path_type=Path), default=None, help="Folder of the parts [FILE.sweep].")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes on this machine.")
@click.option("--scheduler", default=None, help="Address of a Dask scheduler instead (extra `cluster`).")
@click.option("--insecure", is_flag=True, help="Allow a scheduler off this machine without TLS.")
@click.option("--shard", default="1/1", show_default=True, help="k/N: every Nth batch from the kth, for job arrays.")
@click.option("--resume", is_flag=True, help="Go on with a sweep that was begun.")
@click.option("--status", "only_status", is_flag=True, help="Tell how far it is; solve nothing.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def sweep(
    file: Path,
    store: Path | None,
    workers: int,
    scheduler: str | None,
    insecure: bool,
    shard: str,
    resume: bool,
    only_status: bool,
    form: str,
    quiet: bool,
) -> None:
    """Solve what FILE crosses: scenarios, days, horizons, draws.

    With --status FILE may be the folder of the parts too.
    """
    from isthmus.trust.sweep import DaskEngine, LocalEngine, create_store, open_store, read_plan, run_sweep
    from isthmus.trust.sweep.unit import solve_unit

    folder = store or (file if only_status and file.is_dir() else Path(f"{file.stem}.sweep"))
    if not only_status:
        part = read_shard(shard)
        plan = read_plan(file)
        held = open_store(folder, plan) if resume else create_store(folder, plan)
        engine = DaskEngine(scheduler, insecure=insecure) if scheduler else LocalEngine(workers)
        try:
            run_sweep(held, engine, solve_unit, shard=part, tell=sweep_teller(quiet))
        except KeyboardInterrupt:
            click.echo(f"isthmus: interrupted; go on with: isthmus sweep {file} --store {folder} --resume", err=True)
            sys.exit(130)
    _show(folder, form)


def _show(folder: Path, form: str) -> None:
    from isthmus.report.bands import print_sweep, sweep_rows, sweep_to_json
    from isthmus.trust.sweep import open_store, read_sweep, sweep_status
    from isthmus.world import load_world

    status = sweep_status(folder)
    rows = read_sweep(folder) if status.published else None
    if form == "json":
        click.echo(json.dumps(sweep_to_json(status, rows, str(folder)), indent=2))
    elif form == "csv":
        emit_csv([] if rows is None else sweep_rows(rows))
    else:
        print_sweep(status, rows, load_world(open_store(folder).plan.world).year, make_console())
    if status.quarantined:
        sys.exit(1)


def read_shard(text: str) -> tuple[int, int]:
    """Return (k, N) of `k/N`."""
    k, _, n = text.partition("/")
    if not (k.isdigit() and n.isdigit() and 1 <= int(k) <= int(n)):
        raise QueryError(f"--shard {text!r}: write k/N with 1 <= k <= N, for instance 3/16.")
    return int(k), int(n)
