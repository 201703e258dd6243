"""The desk shares, bounds, drops and times out its jobs."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable

import pytest

from isthmus.routing import RoutingSettings
from isthmus.routing.choice import in_threads
from isthmus.web.work import Busy, Cancelled, Desk, Limits, Tell, TooLong


def test_the_same_question_is_solved_once_and_kept() -> None:
    calls: list[int] = []
    gate = threading.Event()

    def work(tell: Tell) -> int:
        calls.append(1)
        gate.wait(5)
        return 7

    async def main() -> None:
        desk: Desk[int] = Desk()
        asks = [asyncio.create_task(desk.ask("a", work)) for _ in range(20)]
        await asyncio.sleep(0.05)
        gate.set()
        assert await asyncio.gather(*asks) == [7] * 20
        assert await desk.ask("a", work) == 7
        assert len(calls) == 1
        assert desk.load == 0
        desk.close()

    asyncio.run(main())


def test_a_job_that_nobody_waits_for_stops_at_its_next_stage() -> None:
    started, stopped, go = threading.Event(), threading.Event(), threading.Event()

    def work(tell: Tell) -> int:
        started.set()
        go.wait(5)
        try:
            tell("next stage")
        except Cancelled:
            stopped.set()
            raise
        return 1

    async def main() -> None:
        desk: Desk[int] = Desk()
        ask = asyncio.create_task(desk.ask("a", work))
        await asyncio.to_thread(started.wait, 5)
        ask.cancel()
        await asyncio.gather(ask, return_exceptions=True)
        go.set()
        await asyncio.to_thread(stopped.wait, 5)
        assert stopped.is_set()
        assert await desk.ask("b", lambda _: 2) == 2  # the worker is free again
        assert await desk.ask("a", lambda _: 3) == 3  # and the dropped job left no answer
        desk.close()

    asyncio.run(main())


def test_one_of_two_askers_may_leave() -> None:
    go = threading.Event()

    def work(tell: Tell) -> int:
        go.wait(5)
        tell("on")
        return 5

    async def main() -> None:
        desk: Desk[int] = Desk()
        first, second = (asyncio.create_task(desk.ask("a", work)) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        go.set()
        assert await second == 5
        desk.close()

    asyncio.run(main())


def test_the_queue_is_bounded() -> None:
    go = threading.Event()

    def work(tell: Tell) -> int:
        go.wait(5)
        return 1

    async def main() -> None:
        desk: Desk[int] = Desk(Limits(workers=1, waiting=2))
        asks = [asyncio.create_task(desk.ask(str(i), work)) for i in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await desk.ask("one too many", work)
        go.set()
        assert await asyncio.gather(*asks) == [1, 1, 1]
        desk.close()

    asyncio.run(main())


def test_a_job_past_its_time_is_stopped_unless_its_own_limit_lets_it_go_on() -> None:
    def work(tell: Tell) -> int:
        for _ in range(10):
            threading.Event().wait(0.02)
            tell("on and on")
        return 1

    async def main() -> None:
        desk: Desk[int] = Desk(Limits(seconds=0.05))
        with pytest.raises(TooLong):
            await desk.ask("a", work)
        assert await desk.ask("b", work, seconds=math.inf) == 1
        desk.close()

    asyncio.run(main())


def test_stages_are_told_in_order_and_answers_are_few() -> None:
    def work(tell: Tell) -> int:
        for stage in ("one", "two", "three"):
            tell(stage)
        return 9

    async def main() -> None:
        desk: Desk[int] = Desk(Limits(kept=2))
        seen = [stage async for stage, _ in desk.follow("a", work)]
        assert seen[-1] is None
        assert [s for s in seen if s in ("one", "two", "three")] == ["one", "two", "three"]
        for key in "bcd":
            await desk.ask(key, lambda _: 1)
        assert await desk.ask("a", lambda _: 10) == 10  # forgotten, so solved again
        desk.close()

    asyncio.run(main())


def test_an_error_reaches_all_askers_and_is_not_kept() -> None:
    def work(tell: Tell) -> int:
        raise ValueError("no")

    async def main() -> None:
        desk: Desk[int] = Desk()
        answers = await asyncio.gather(*(desk.ask("a", work) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(answer, ValueError) for answer in answers)
        assert await desk.ask("a", lambda _: 4) == 4
        desk.close()

    asyncio.run(main())


def test_routing_that_nobody_waits_for_stops_between_two_pieces() -> None:
    started, stopped = threading.Event(), threading.Event()
    done: list[int] = []

    def piece(number: int) -> int:
        started.set()
        threading.Event().wait(0.02)
        done.append(number)
        return number

    def work(tell: Tell) -> int:
        try:
            return len(list(in_threads(RoutingSettings(threads=2), piece, list(range(500)))))
        except Cancelled:
            stopped.set()
            raise

    async def main() -> None:
        desk: Desk[int] = Desk()
        asking = asyncio.create_task(desk.ask("a", work))
        await asyncio.to_thread(started.wait, 5)
        asking.cancel()
        await asyncio.to_thread(stopped.wait, 5)
        desk.close()

    asyncio.run(main())
    assert stopped.is_set()
    assert len(done) < 250


def test_without_anybody_to_ask_routing_goes_on() -> None:
    assert list(in_threads(RoutingSettings(), lambda n: 2 * n, [1, 2, 3])) == [2, 4, 6]


def test_answers_asked_for_longest_ago_make_room_by_weight() -> None:
    calls: list[str] = []

    def job(name: str, weight: float) -> Callable[[Tell], float]:
        def work(_: Tell) -> float:
            calls.append(name)
            return weight

        return work

    async def main() -> None:
        desk: Desk[float] = Desk(Limits(megabytes=10.0), weigh=float)
        for name, weight in (("a", 4.0), ("b", 4.0), ("a", 4.0), ("c", 4.0)):
            await desk.ask(name, job(name, weight))
        assert calls == ["a", "b", "c"]
        await desk.ask("a", job("a", 4.0))  # asked for later than b: still there
        await desk.ask("b", job("b", 4.0))
        assert calls == ["a", "b", "c", "b"]
        await desk.ask("large", job("large", 99.0))  # the last one is kept whatever it weighs
        await desk.ask("large", job("large", 99.0))
        assert calls[-1] == "large"
        assert calls.count("large") == 1
        desk.close()

    asyncio.run(main())


def test_what_is_done_after_each_job_is_done_after_failures_too() -> None:
    rests: list[int] = []

    def fail(_: Tell) -> int:
        raise ValueError

    async def main() -> None:
        desk: Desk[int] = Desk(rest=lambda: rests.append(1))
        assert await desk.ask("a", lambda _: 1) == 1
        with pytest.raises(ValueError):
            await desk.ask("b", fail)
        desk.close()

    asyncio.run(main())
    assert len(rests) == 2
