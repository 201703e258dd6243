"""The desk: one bounded queue of solves, shared by all who ask, cancelled when nobody waits any more.

A job is a function of a callback that it calls between its stages. Those who ask for the same key share
one job and one answer; recent answers are kept. A job whose last asker has left stops at its next stage, or between
two pieces of routing.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from isthmus.interrupt import interruptible

T = TypeVar("T")
Tell = Callable[[str], None]


class Busy(Exception):
    """The queue is full; ask again later."""


class Cancelled(Exception):
    """Nobody waits for the job any more."""


class TooLong(Exception):
    """The job ran past its time limit."""


@dataclass(eq=False)
class _Job(Generic[T]):
    future: asyncio.Future[T]
    askers: int = 0
    dropped: bool = False
    stages: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    started: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a desk takes on."""

    workers: int = 1  # solves at a time; each uses all of numba's threads
    waiting: int = 64  # jobs queued beyond those that run
    seconds: float = 300.0  # a job's running time
    kept: int = 32  # answers kept
    megabytes: float = 160.0  # what kept answers may weigh; the last one is kept whatever it weighs


class Desk(Generic[T]):
    """Runs jobs one after the other; to be used from one event loop."""

    def __init__(
        self,
        limits: Limits | None = None,
        weigh: Callable[[T], float] | None = None,
        rest: Callable[[], None] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._weigh = weigh or (lambda _: 0.0)  # megabytes of an answer
        self._rest = rest or (lambda: None)  # what is done after each job
        self._pool = ThreadPoolExecutor(self.limits.workers, thread_name_prefix="isthmus")
        self._jobs: dict[str, _Job[T]] = {}
        self._answers: OrderedDict[str, T] = OrderedDict()

    @property
    def load(self) -> int:
        """Number of jobs that run or wait."""
        return len(self._jobs)

    async def ask(self, key: str, work: Callable[[Tell], T], seconds: float | None = None) -> T:
        """Return the answer of a job, kept, shared or new; being cancelled gives up one's interest in it.

        `seconds` is what a new job may take in place of the desk's limit.

        Raises
        ------
        Busy
            The queue is full.
        TooLong
            The job ran past its time limit.
        """
        async for stage, answer in self.follow(key, work, seconds):
            if stage is None:
                assert answer is not None
                return answer
        raise Cancelled

    async def follow(
        self, key: str, work: Callable[[Tell], T], seconds: float | None = None
    ) -> AsyncIterator[tuple[str | None, T | None]]:
        """Yield (stage, None) while a job goes on, then (None, answer)."""
        if key in self._answers:
            self._answers.move_to_end(key)
            yield None, self._answers[key]
            return
        job = self._jobs.get(key)
        if job is None or job.dropped:
            job = self._start(key, work, self.limits.seconds if seconds is None else seconds)
        job.askers += 1
        try:
            told = 0
            while not job.future.done():
                waiter = asyncio.ensure_future(job.changed.wait())
                both: set[asyncio.Future[Any]] = {job.future, waiter}
                try:
                    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waiter.cancel()
                job.changed.clear()
                for stage in job.stages[told:]:
                    yield stage, None
                told = len(job.stages)
            yield None, job.future.result()
        finally:
            job.askers -= 1
            if job.askers == 0 and not job.future.done():
                job.dropped = True

    def _start(self, key: str, work: Callable[[Tell], T], seconds: float) -> _Job[T]:
        if self.load >= self.limits.workers + self.limits.waiting:
            raise Busy
        loop = asyncio.get_running_loop()
        job: _Job[T] = _Job(loop.create_future())
        self._jobs[key] = job

        def look() -> None:
            if job.dropped:
                raise Cancelled
            if time.monotonic() - job.started > seconds:
                raise TooLong

        def tell(stage: str) -> None:
            look()
            loop.call_soon_threadsafe(self._note, job, stage)

        def run() -> T:
            job.started = time.monotonic()
            tell("starting")
            try:
                with interruptible(look):
                    return work(tell)
            finally:
                self._rest()

        running = loop.run_in_executor(self._pool, run)
        running.add_done_callback(lambda done: self._finish(key, job, done))
        self._note(job, "waiting for the solve before it" if self.load > self.limits.workers else "queued")
        return job

    @staticmethod
    def _note(job: _Job[T], stage: str) -> None:
        job.stages.append(stage)
        job.changed.set()

    def _finish(self, key: str, job: _Job[T], done: asyncio.Future[T]) -> None:
        if self._jobs.get(key) is job:
            del self._jobs[key]
        if job.future.done():
            return
        if done.cancelled():
            job.future.cancel()
            return
        error = done.exception()
        if error is not None:
            job.future.set_exception(error)
            job.future.exception()  # looked at: nobody may be left to fetch it
            return
        self._answers[key] = done.result()
        self._make_room()
        job.future.set_result(done.result())

    def _make_room(self) -> None:
        """Let go of the answers asked for longest ago, beyond what is kept."""
        weight = sum(self._weigh(answer) for answer in self._answers.values())
        while len(self._answers) > 1 and (len(self._answers) > self.limits.kept or weight > self.limits.megabytes):
            weight -= self._weigh(self._answers.popitem(last=False)[1])

    def close(self) -> None:
        """Drop all jobs and wait for the one that runs to reach its next stage."""
        for job in self._jobs.values():
            job.dropped = True
        self._pool.shutdown(wait=True, cancel_futures=True)
