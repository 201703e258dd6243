"""`isthmus serve`: pages in a browser, and a JSON twin for each."""

from __future__ import annotations

import click

import isthmus as ist
from isthmus.cli.shared import progress_teller, told, world_options
from isthmus.errors import QueryError


@click.command()
@world_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; others see it if not loopback.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any free one.")
@click.option("--allow-host", multiple=True, help="A further name under which browsers may ask (Host header).")
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="Solves at a time.")
@click.option("--waiting", type=click.IntRange(0, 1000), default=64, show_default=True, help="Solves queued at most.")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=300, show_default=True, help="Limit of one solve.")
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def serve(
    world: str,
    as_of: str | None,
    host: str,
    port: int,
    allow_host: tuple[str, ...],
    workers: int,
    waiting: int,
    seconds: float,
    quiet: bool,
) -> None:
    """Serve pages over a WORLD in a browser, on this machine only unless told otherwise."""
    try:
        import uvicorn

        from isthmus.web.server import LOOPBACK, make_app
    except ImportError as error:
        raise QueryError(f"serve needs the extra web ({error}). Run: pip install 'isthmus[web]'.") from None
    from isthmus.web.engine import Engine
    from isthmus.web.work import Limits

    progress_teller(quiet)("loading")
    engine = Engine(ist.load_world(world, as_of=as_of))
    limits = Limits(workers=workers, waiting=waiting, seconds=seconds)
    app = make_app(engine, hosts=(*LOOPBACK, host, *allow_host), limits=limits)
    click.echo(f"isthmus: {engine.world.name} on http://{host}:{port}/ (Ctrl-C ends it)", err=True)
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=5)
