"""`isthmus assign`: a user's own tonnes on the network."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pandas as pd

import isthmus as ist
from isthmus.cli.shared import (
    delay_of,
    emit_csv,
    make_console,
    progress_teller,
    queues_option,
    told,
    world_options,
)
from isthmus.solve import Queues


@click.command()
@click.argument("od", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@world_options
@click.option("--scenario", default=None, help="After this scenario.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for links.csv and trips.csv.")
@click.option("--route-draws", type=click.IntRange(1, 64), default=4, show_default=True, help="Taste draws of routing.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the taste draws.")
@click.option("--top", type=click.IntRange(1, 10000), default=15, show_default=True, help="Links in the table.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
              help="What is printed; csv: the links.")  # fmt: skip
@queues_option("off", ("held", "off"))
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def assign(
    od: Path,
    world: str,
    as_of: str | None,
    scenario: str | None,
    out: Path | None,
    route_draws: int,
    seed: int,
    top: int,
    form: str,
    queues: Queues,
    quiet: bool,
) -> None:
    """Route the tonnes of OD (CSV: origin, destination, class, tonnes), without any trade model."""
    from isthmus.report.files import write_whole
    from isthmus.report.pairs import flows_frame, read_demand, trips_frame
    from isthmus.report.tables import frame_table
    from isthmus.routing import route_pairs

    day = as_of or (ist.read_scenario(scenario).as_of if scenario else None)
    loaded = ist.load_world(world, as_of=day)
    settings = ist.RoutingSettings(draws=route_draws, seed=seed)
    delay = delay_of(loaded, settings, queues, progress_teller(quiet))
    if scenario is not None:
        loaded = ist.apply_scenario(loaded, ist.read_scenario(scenario)).world
    frame, demand = read_demand(loaded, od)
    progress_teller(quiet)(f"routing {len(frame):,} rows")
    pairs = route_pairs(loaded, demand, settings, delay)
    trips, links = trips_frame(loaded, frame, pairs), flows_frame(loaded, pairs.flow)
    if out is not None:
        write_whole(out / "links.csv", lambda part: links.to_csv(part, index=False))
        write_whole(out / "trips.csv", lambda part: trips.to_csv(part, index=False))
    tonnes = trips.groupby("status")["tonnes"].sum()
    lost = stranded_rows(loaded, frame, trips)
    totals = {name: float(tonnes.get(name, 0.0)) for name in ("assigned", "inside", "stranded")}
    if form == "json":
        data = {
            "as_of": loaded.as_of,
            "tonnes": totals,
            "stranded": lost,
            "links": json.loads(links.to_json(orient="records")),
        }
        click.echo(json.dumps(data, indent=2))
    elif form == "csv":
        emit_csv([{str(k): v for k, v in row.items()} for row in links.to_dict("records")])
    else:
        console = make_console()
        console.print(
            f"Network of {loaded.as_of} (modelled), tonnes: " + ", ".join(f"{k} {v:,.0f}" for k, v in totals.items())
        )
        shown = links.head(top)[["name", "mode", "territory", "forward_t", "backward_t", "total_t"]]
        console.print(frame_table(shown, f"Links that carry most, of {len(links):,}"))
        for row in lost:
            console.print(f"[yellow]Stranded:[/yellow] line {row['line']}, {row['tonnes']:,.0f} t: {row['why']}")


def stranded_rows(world: ist.World, frame: pd.DataFrame, trips: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows without a route, and why."""
    from isthmus.routing import lay_routing
    from isthmus.routing.reach import explain_cut

    lost = (trips["status"] == "stranded").to_numpy()
    if not lost.any():
        return []
    routing = lay_routing(world, ist.RoutingSettings(draws=1))
    out: list[dict[str, object]] = []
    for line in lost.nonzero()[0].tolist():
        w, o, d = (int(frame[name].to_numpy()[line]) for name in ("w", "o", "d"))
        why = explain_cut(routing, o, d, w)
        row = trips.iloc[line]
        cells = {name: row[name] for name in ("origin", "destination", "class")}
        out.append({"line": line + 2, **cells, "tonnes": float(row["tonnes"]), "cut": list(why.cut), "why": str(why)})
    return out
