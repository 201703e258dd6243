"""Fifty people at once for a minute: nothing is lost, memory stays bounded, and work that nobody waits for ends.

On the toy world, and on the shipped one, where the last solves are waited for long after the minute: a scenario with
queues solved takes some 30 s of a processor, and one is solved at a time.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from isthmus.report import is_built

pytest.importorskip("uvicorn", reason="the extra web is not installed")

USERS = 50
SECONDS = 60
#: Seconds that a solve of the shipped world, and those before it in the queue, may take on a busy machine.
PATIENCE = 3000


@contextmanager
def serving(log: Path, world: str) -> Iterator[tuple[str, int]]:
    """Yield the address and process of a server of its own."""
    if not is_built():
        pytest.skip("the front end is not built")
    words = [sys.executable, "-m", "isthmus.cli", "serve", "--world", world, "--port", "0", "--seconds", str(PATIENCE)]
    with log.open("w") as stream:
        process = subprocess.Popen(words, stderr=stream, stdout=stream, env=os.environ)
    try:
        for _ in range(1200):
            time.sleep(0.1)
            told = log.read_text(encoding="utf-8")
            if "http://" in told:
                break
        yield told.split(" on ")[1].split("/ ")[0], process.pid
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with serving(tmp_path_factory.mktemp("server") / "log", "toy") as found:
        yield found


def ask(address: str, path: str, body: Any = None) -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data=data, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def line(rng: random.Random) -> dict[str, Any]:
    """Return one of many scenarios, some of them asked by several people."""
    change = {"kind": "open_link", "links": ["new-line"]}
    if rng.random() < 0.5:
        tariff = {"kind": "tariff", "by": ["AAA"], "on": ["DDD"], "rate": rng.randrange(1, 40) / 100}
        return {"scenario": {"title": "Line", "change": [change, tariff]}}
    return {"scenario": {"title": "Line", "change": [change]}}


class Asked(NamedTuple):
    """One request: its path, its body, and the status that it should have."""

    path: str
    body: Any = None
    status: int = 200


Menu = Mapping[str, Callable[[random.Random], Asked]]

_TOY: Menu = {
    "page": lambda _: Asked("/"),
    "about": lambda _: Asked("/api/about"),
    "network": lambda _: Asked("/api/network"),
    "run": lambda rng: Asked("/api/run", line(rng)),
    "document": lambda rng: Asked("/api/document", line(rng)),
    "check": lambda rng: Asked("/api/check", line(rng)),
    "table": lambda rng: Asked("/api/tables/real_income.csv", line(rng)),
    "bad": lambda _: Asked("/api/run", {"name": "nothing"}, 400),
    "events": lambda _: Asked("/api/events?query=target%3DARM"),
    "leverage": lambda rng: Asked(f"/api/leverage?coercer=AAA&target={rng.choice(['BBB', 'CCC', 'DDD'])}"),
}

_CHANGED = ("upper-lars", "sadakhlo-bagratashen")


def change(rng: random.Random) -> dict[str, Any]:
    """Return one of few small changes of the shipped world."""
    measure = {"kind": "change_link", "links": [rng.choice(_CHANGED)], "hours_factor": rng.choice((2, 3))}
    return {"scenario": {"title": "Slower crossing", "change": [measure]}}


#: Cheaper than the ferry ever was: the base is solved anew.
_FASTER = {
    "scenario": {
        "title": "Faster ferry",
        "change": [{"kind": "change_link", "links": ["ferry-alat-aktau"], "hours_factor": 0.5}],
    }
}


_SHIPPED: Menu = {
    "page": lambda _: Asked("/"),
    "about": lambda _: Asked("/api/about"),
    "network": lambda rng: Asked(f"/api/network?as_of={rng.choice(['2025-12-31', '2022-06-01'])}"),
    "scenario": lambda _: Asked("/api/scenarios/tripp"),
    "base": lambda _: Asked("/api/base"),
    "first answer": lambda rng: Asked("/api/document?queues=held", change(rng)),
    "solved": lambda _: Asked("/api/document", {"name": "tripp"}),
    "table": lambda _: Asked("/api/tables/corridors.csv", {"name": "tripp"}),
    "check": lambda rng: Asked("/api/check", change(rng)),
    "translate": lambda _: Asked("/api/translate", {"name": "crossroads"}),
    "validation": lambda _: Asked("/api/validation"),
    "dependence": lambda rng: Asked(f"/api/dependence?economy={rng.choice(['ARM', 'KAZ', 'GEO'])}"),
    "events": lambda _: Asked("/api/events?query=target%3DARM"),
    "coincide": lambda _: Asked("/api/coincide?trigger=actor%3DKAZ&response=target%3DKAZ&window=30"),
    "leverage": lambda _: Asked("/api/leverage?coercer=RUS&target=ARM"),
    "matrix": lambda _: Asked("/api/leverage/matrix?among=ARM,AZE,GEO,RUS,TUR"),
    "bad": lambda _: Asked("/api/run", {"name": "nothing"}, 400),
}


def use(address: str, menu: Menu, seed: int, end: float, seen: list[tuple[str, float]], wrong: list[str]) -> None:
    rng = random.Random(seed)
    while time.monotonic() < end:
        kind = rng.choice(list(menu))
        asked, began = menu[kind](rng), time.monotonic()
        try:
            status, body = ask(address, asked.path, asked.body)
        except OSError as error:
            wrong.append(f"{kind}: {error!r}")
            continue
        seen.append((kind, time.monotonic() - began))
        if status != asked.status or not body:
            wrong.append(f"{kind}: {status} {body[:100]!r}")


def crowd(address: str, menu: Menu) -> tuple[list[tuple[str, float]], list[str]]:
    """Return (kind, seconds) of each request of fifty people in a minute, and what went wrong."""
    seen: list[tuple[str, float]] = []
    wrong: list[str] = []
    end = time.monotonic() + SECONDS
    people = [threading.Thread(target=use, args=(address, menu, n, end, seen, wrong)) for n in range(USERS)]
    for one in people:
        one.start()
    for one in people:
        one.join(PATIENCE)
    return seen, wrong


def tell(seen: list[tuple[str, float]], pid: int) -> str:
    """Return requests, the time that 95 % of them took at most, by kind, and memory."""
    by_kind: dict[str, list[float]] = {}
    for kind, seconds in [*seen, *(("all", seconds) for _, seconds in seen)]:
        by_kind.setdefault(kind, []).append(seconds)
    rows = {
        kind: (len(times), round(sorted(times)[int(0.95 * (len(times) - 1))], 2)) for kind, times in by_kind.items()
    }
    return f"requests, 95 % within seconds: {rows}; {resident_mb(pid):.0f} MB at most"


def resident_mb(pid: int) -> float:
    for row in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if row.startswith("VmHWM"):
            return float(row.split()[1]) / 1024
    return 0.0


@pytest.mark.slow
def test_fifty_people_lose_nothing(server: tuple[str, int]) -> None:
    address, pid = server
    ask(address, "/api/run", line(random.Random(0)))  # the base, and compiled kernels
    seen, wrong = crowd(address, _TOY)
    print(tell(seen, pid))
    assert wrong == []
    assert min(Counter(kind for kind, _ in seen).values()) >= 10
    assert resident_mb(pid) < 2000
    status, body = ask(address, "/api/status")
    assert (status, json.loads(body)["jobs"]) == (200, 0)


@pytest.mark.slow
def test_fifty_people_on_the_shipped_world_lose_nothing(tmp_path: Path) -> None:
    with serving(tmp_path / "log", "eurasia-2022") as (address, pid):
        ask(address, "/api/document?queues=held", change(random.Random(0)))  # waits for what the server prepares
        seen, wrong = crowd(address, _SHIPPED)
        status, _ = ask(address, "/api/document?queues=held", _FASTER)
        assert status == 200
        print(tell(seen, pid))
        assert wrong == []
        assert {kind for kind, _ in seen} == set(_SHIPPED)
        assert resident_mb(pid) < 2000
        status, body = ask(address, "/api/status")
        assert (status, json.loads(body)["jobs"]) == (200, 0)


@pytest.mark.slow
def test_askers_that_vanish_free_the_desk(server: tuple[str, int]) -> None:
    import socket

    address, _ = server
    host, port = address.removeprefix("http://").split(":")
    for n in range(40):
        body = json.dumps(
            {"scenario": {"change": [{"kind": "tariff", "by": ["BBB"], "on": ["AAA"], "rate": 0.5 + n / 1000}]}}
        ).encode()
        head = f"POST /api/document HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        with socket.create_connection((host, int(port))) as wire:
            wire.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    for _ in range(100):
        time.sleep(0.1)
        if json.loads(ask(address, "/api/status")[1])["jobs"] == 0:
            break
    assert json.loads(ask(address, "/api/status")[1])["jobs"] == 0
    assert ask(address, "/api/run", line(random.Random(1)))[0] == 200
