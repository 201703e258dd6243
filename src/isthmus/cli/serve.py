"""`isthmus serve`: pages in a browser, and a JSON twin for each."""

from __future__ import annotations

import socket

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
@click.option("--route-draws", type=click.IntRange(1, 64), default=4, show_default=True, help="Fewer are faster.")
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
    route_draws: int,
    quiet: bool,
) -> None:
    """Serve pages over a WORLD in a browser, on this machine only unless told otherwise."""
    try:
        import uvicorn

        from isthmus.web.server import LOOPBACK, make_app
    except ImportError as error:
        raise QueryError(f"serve needs the extra web ({error}). Run: pip install 'isthmus[web]'.") from None
    from isthmus.web.engine import Engine
    from isthmus.web.memory import spare_memory
    from isthmus.web.work import Limits

    spare_memory()
    progress_teller(quiet)("loading")
    settings = ist.Settings(routing=ist.RoutingSettings(draws=route_draws))
    engine = Engine(ist.load_world(world, as_of=as_of), settings)
    limits = Limits(workers=workers, waiting=waiting, seconds=seconds)
    app = make_app(engine, hosts=(*LOOPBACK, host, *allow_host), limits=limits, ready=True)
    with _listen(host, port) as listener:
        where = f"[{host}]" if ":" in host else host
        address = f"http://{where}:{listener.getsockname()[1]}/"
        click.echo(f"isthmus: {engine.world.name} on {address} (Ctrl-C ends it)", err=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5))
        server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    QueryError
        The address is taken, or is none of this machine.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise QueryError(
            f"serve cannot listen on {host} port {port}: {error}. Give another --port or --host."
        ) from None
