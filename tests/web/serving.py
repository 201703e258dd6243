"""A real server for tests: uvicorn in a thread, on a free port of loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import isthmus as ist
from isthmus.report import is_built

if TYPE_CHECKING:
    from isthmus.web.engine import Engine


@contextmanager
def served(
    world: ist.World, settings: ist.Settings | None = None, *, engine: type[Engine] | None = None, **limits: float
) -> Iterator[str]:
    """Yield the address of a server over a world; it ends with the block. With an engine of one's own it prepares."""
    uvicorn = pytest.importorskip("uvicorn", reason="the extra web is not installed")
    pytest.importorskip("starlette", reason="the extra web is not installed")
    if not is_built():
        pytest.skip("the front end is not built")
    from isthmus.web.engine import Engine
    from isthmus.web.server import make_app
    from isthmus.web.work import Limits

    made = (engine or Engine)(world, settings)
    app = make_app(made, limits=Limits(**limits), ready=engine is not None)  # type: ignore[arg-type]
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        for _ in range(1000):
            if server.started:
                break
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
