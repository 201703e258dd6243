"""Engines run batches somewhere and hand back receipts, in any order, at least once or not at all.

`LocalEngine` is a pool of spawned processes; `DaskEngine` a cluster that the user names. Neither keeps
anything: when one breaks, the driver looks into the store and asks again for what is missing.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Protocol

from isthmus.errors import SweepError
from isthmus.trust.sweep.batch import ONE_THREAD, Receipt, enter_worker

#: Batches handed out per worker: one at work, one waiting.
_WINDOW = 2


class EngineLost(Exception):
    """Workers died; `batches` were in their hands."""

    def __init__(self, batches: list[int]) -> None:
        super().__init__(f"workers died over batches {batches}")
        self.batches = batches


class Engine(Protocol):
    """Where batches run."""

    def run(self, task: Callable[[int], Receipt], batches: Iterable[int]) -> Iterator[Receipt]:
        """Yield receipts of batches; raise EngineLost if workers died."""
        ...

    def alone(self, call: Callable[[], str]) -> str:
        """Return what a call returns in a worker of its own, or why that worker died."""
        ...


class LocalEngine:
    """Processes of this machine."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(self, task: Callable[[int], Receipt], batches: Iterable[int]) -> Iterator[Receipt]:
        """Yield receipts; a pool that breaks is gone, and so is what it held."""
        with _pool(self.workers) as pool:
            waiting = iter(batches)
            held: dict[Future[Receipt], int] = {}
            try:
                while True:
                    while len(held) < _WINDOW * self.workers and (batch := next(waiting, None)) is not None:
                        held[pool.submit(task, batch)] = batch
                    if not held:
                        return
                    done, _ = wait(held, return_when=FIRST_COMPLETED)
                    for future in sorted(done, key=held.__getitem__):
                        receipt = future.result()
                        del held[future]
                        yield receipt
            except BrokenProcessPool:
                raise EngineLost(sorted(held.values())) from None

    def alone(self, call: Callable[[], str]) -> str:
        """Run a call in a pool of one."""
        with _pool(1) as pool:
            try:
                return pool.submit(call).result()
            except BrokenProcessPool:
                return "its process died"


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool whose processes use one thread each; on the way out by an exception they are ended at once."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=enter_worker)
    try:
        yield pool
    except BaseException:
        # `_processes` is private, but the pool of Python 3.11 has no public way to end workers at once.
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    else:
        pool.shutdown(wait=True, cancel_futures=True)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


class DaskEngine:
    """A Dask cluster; the user gives the scheduler's address or a `distributed.Client` (extra `cluster`)."""

    def __init__(self, scheduler: str | Any, *, insecure: bool = False) -> None:
        if isinstance(scheduler, str) and not insecure:
            _refuse_open_wire(scheduler)
        try:
            import distributed
        except ImportError:
            raise SweepError("--scheduler needs Dask: pip install 'isthmus[cluster]'.") from None
        if isinstance(scheduler, str):
            try:
                self.client = distributed.Client(scheduler, timeout="10s", set_as_default=False)
            except (OSError, TimeoutError, ValueError) as error:
                raise SweepError(f"--scheduler {scheduler}: cannot be reached ({error}).") from None
        else:
            self.client = scheduler
        self._round = 0

    def run(self, task: Callable[[int], Receipt], batches: Iterable[int]) -> Iterator[Receipt]:
        """Yield receipts; Dask moves batches of dead workers by itself until one has killed several."""
        import distributed

        self._round += 1
        waiting = iter(batches)
        held: dict[str, int] = {}
        bound = _WINDOW * max(1, sum(self.client.nthreads().values()))
        turns = distributed.as_completed()
        while True:
            while len(held) < bound and (batch := next(waiting, None)) is not None:
                future = self.client.submit(task, batch, key=f"isthmus-{id(self)}-{self._round}-{batch}", pure=False)
                held[future.key] = batch
                turns.add(future)
            if not held:
                return
            future = next(turns)
            batch = held.pop(future.key)
            error = future.exception() if future.status == "error" else None
            if error is None and future.status == "finished":
                receipt = future.result()
                future.release()
                yield receipt
            else:
                raise EngineLost([batch])

    def alone(self, call: Callable[[], str]) -> str:
        """Run a call on the cluster; a worker that it kills may be one of several tries."""
        try:
            return str(self.client.submit(call, pure=False).result())
        except Exception as error:  # Dask wraps deaths in several classes of its own
            return f"its worker died ({type(error).__name__})"


def _refuse_open_wire(address: str) -> None:
    """Raise for an address off this machine without TLS: whoever reads a Dask wire can run code."""
    protocol, _, rest = address.rpartition("://")
    host = rest.rsplit(":", 1)[0].strip("[]")
    if protocol == "tls" or host == "localhost":
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    raise SweepError(
        f"--scheduler {address}: off this machine and without TLS, so that anybody on the network could run code. "
        "Use tls://, or add --insecure on a network that you trust."
    )
