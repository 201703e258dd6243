"""Answers: JSON, errors with the command line's messages, and solves that end when their asker leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import Response, StreamingResponse

from isthmus.errors import InputError, IsthmusError
from isthmus.web.engine import Answer
from isthmus.web.reading import TooLarge
from isthmus.web.work import Busy, Cancelled, Desk, Tell, TooLong

if TYPE_CHECKING:
    from starlette.requests import Request

T = TypeVar("T")
View = Callable[["Request"], Awaitable[Response]]

JSON = "application/json"
LINES = "application/x-ndjson"
#: Errors that are told: class, status, words (its own where there are none); the first that fits.
_TOLD: tuple[tuple[type[Exception], int, str], ...] = (
    (InputError, 400, ""),
    (IsthmusError, 422, ""),
    (TooLarge, 413, "the request is too long. Send a shorter scenario."),
    (Busy, 503, "the queue is full. Ask again in a minute."),
    (TooLong, 504, "the solve ran past the server's time limit and was stopped."),
    (Cancelled, 499, "the request was cancelled."),
)
#: Seconds between looks whether the asker is still there.
_LOOK = 0.5


def json_answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a value, or bytes that are JSON already."""
    body = value if isinstance(value, bytes) else json.dumps(value, allow_nan=False).encode()
    return Response(body, status_code=status, media_type=JSON, headers=headers)


def status_of(error: Exception) -> tuple[int, str] | None:
    """Return the status and message of an error that is told; None for one that is a fault of ours."""
    for kind, status, text in _TOLD:
        if isinstance(error, kind):
            return status, text or str(error)
    return None


def told(view: View) -> View:
    """Turn errors into JSON with a status."""

    @wraps(view)
    async def wrapped(request: Request) -> Response:
        try:
            return await view(request)
        except Exception as error:
            found = status_of(error)
            if found is None:
                raise
            status, text = found
            headers = {"retry-after": "60"} if status == 503 else None
            return json_answer({"error": text, "status": status}, status, headers)

    return wrapped


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what work gives; give it up when the asker has left.

    Raises
    ------
    Cancelled
        Nobody waits any more.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK)
            if not task.done() and await request.is_disconnected():
                raise Cancelled
        return task.result()
    finally:
        task.cancel()


def wants_lines(request: Request) -> bool:
    """Return whether the asker wants to be told of stages, a JSON object a line."""
    return LINES in request.headers.get("accept", "")


def lines_answer(desk: Desk[Answer], key: str, work: Callable[[Tell], Answer], request: Request) -> Response:
    """Return an answer that tells stages as lines, then the result or the error.

    Lines are `{"stage": text}`, `{"waiting": jobs}` as a sign of life, and last `{"result": ...}` or
    `{"error": text, "status": number}`.
    """

    async def lines() -> AsyncIterator[bytes]:
        following = desk.follow(key, work)
        step: asyncio.Future[tuple[str | None, Answer | None]] | None = None
        try:
            while True:
                step = step or asyncio.ensure_future(anext(following))
                await asyncio.wait({step}, timeout=_LOOK)
                if not step.done():
                    if await request.is_disconnected():
                        return
                    yield _line({"waiting": desk.load})
                    continue
                stage, answer = step.result()
                step = None
                if stage is None and answer is not None:
                    yield b'{"result":' + answer.body + b"}\n"
                    return
                yield _line({"stage": stage})
        except Exception as error:
            status, text = status_of(error) or (500, "a fault of the server. See its log.")
            yield _line({"error": text, "status": status})
            if status == 500:
                raise
        finally:
            if step is not None:
                step.cancel()
                await asyncio.gather(step, return_exceptions=True)
            await following.aclose()  # type: ignore[attr-defined]

    return StreamingResponse(lines(), media_type=LINES)


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
