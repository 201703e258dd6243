"""What every command shares: errors to exit codes, options, progress, tables as CSV."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import click
from rich.console import Console

from isthmus.errors import InputError, IsthmusError, QueryError
from isthmus.solve import QUEUES, Queues

if TYPE_CHECKING:
    from isthmus.routing import Delay, RoutingSettings
    from isthmus.world import World

P = ParamSpec("P")

#: What a command may print.
FORMATS = click.Choice(["table", "json", "csv"])
#: The same of commands that also write a workbook.
FORMATS_XLSX = click.Choice(["table", "json", "csv", "xlsx"])


def told(command: Callable[P, None]) -> Callable[P, None]:
    """Turn an error into one message on standard error and an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except IsthmusError as error:
            click.echo(f"isthmus: {error}", err=True)
            sys.exit(2 if isinstance(error, InputError) else 1)
        except OSError as error:
            click.echo(f"isthmus: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("isthmus: interrupted; nothing was half-written", err=True)
            sys.exit(130)

    return run


def world_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--world` and `--as-of`."""
    command = click.option("--as-of", default=None, help="State of the network on this day (YYYY-MM-DD).")(command)
    return click.option("--world", default="eurasia-2022", show_default=True, help="Shipped world or a folder.")(
        command
    )


def queues_option(default: Queues = "solved", words: tuple[Queues, ...] = QUEUES) -> Callable[..., Callable[..., None]]:
    """Return what adds `--queues` to a command: the whole choice, or the words that it knows."""
    said = {
        "solved": "solved to equilibrium", "held": "held at the base's delays", "off": "off (capacities do not bind)",
    }  # fmt: skip
    told = "Queues at full links: " + ", ".join(said[word] for word in words) + "."
    return click.option("--queues", type=click.Choice(words), default=default, show_default=True, help=told)


def delay_of(world: World, settings: RoutingSettings, queues: Queues, tell: Callable[[str], None]) -> Delay | None:
    """Return the delays of a world's base, from the cache or solved now; None with queues off."""
    from isthmus.routing import find_base

    return None if queues == "off" else find_base(world, settings, tell).delay


def progress_teller(quiet: bool) -> Callable[[str], None]:
    """Return what tells progress: lines on a terminal's standard error, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda line: click.echo(f"  {line} ...", err=True)


def sweep_teller(quiet: bool) -> Callable[[int, int, str], None] | None:
    """Return what tells the progress of a sweep: lines on a terminal's standard error, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        return None
    return lambda done, whole, what: click.echo(f"  {done} of {whole} parts: {what}", err=True)


def make_console() -> Console:
    """Return a console as wide as the terminal, or 150 columns where there is none."""
    return Console(width=None if sys.stdout.isatty() else 150)


def page_or_none(make: Callable[[], str]) -> str | None:
    """Return a report, or None, said on standard error, in a checkout whose front end was never built."""
    from isthmus.report import is_built

    if is_built():
        return make()
    click.echo("isthmus: no report.html: the front end is not built (`python hatch_build.py`)", err=True)
    return None


def share_of(text: str, option: str, example: str) -> float:
    """Return a share between 0 and 1 from "0.1%" or "0.001".

    Raises
    ------
    QueryError
        It is neither.
    """
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise QueryError(f"{option}: {text!r} is no share. Write {example}.")
    return value


def emit_csv(rows: list[dict[str, object]]) -> None:
    """Print rows as CSV with a header."""
    if not rows:
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    click.echo(text.getvalue(), nl=False)
