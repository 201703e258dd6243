"""Fifty people at once for a minute: nothing is lost, memory stays bounded, and work that nobody waits for ends."""

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isthmus.report import is_built

pytest.importorskip("uvicorn", reason="the extra web is not installed")

USERS = 50
SECONDS = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    if not is_built():
        pytest.skip("the front end is not built")
    log = tmp_path_factory.mktemp("server") / "log"
    words = [sys.executable, "-m", "isthmus.cli", "serve", "--world", "toy", "--port", "0"]
    with log.open("w") as stream:
        process = subprocess.Popen(words, stderr=stream, stdout=stream, env=os.environ)
    try:
        for _ in range(600):
            time.sleep(0.1)
            told = log.read_text(encoding="utf-8")
            if "http://" in told:
                break
        yield told.split(" on ")[1].split("/ ")[0], process.pid
    finally:
        process.terminate()
        process.wait(20)


def ask(address: str, path: str, body: Any = None) -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data=data, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
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


def use(address: str, seed: int, end: float, seen: Counter[str], wrong: list[str]) -> None:
    rng = random.Random(seed)
    while time.monotonic() < end:
        kind = rng.choice(
            ["page", "about", "network", "run", "document", "table", "check", "bad", "events", "leverage"]
        )
        try:
            if kind in ("run", "document", "check"):
                status, body = ask(address, f"/api/{kind}", line(rng))
            elif kind == "table":
                status, body = ask(address, "/api/tables/real_income.csv", line(rng))
            elif kind == "bad":
                status, body = ask(address, "/api/run", {"name": "nothing"})
            elif kind == "leverage":
                status, body = ask(address, f"/api/leverage?coercer=AAA&target={rng.choice(['BBB', 'CCC', 'DDD'])}")
            else:
                path = {"page": "/", "events": "/api/events?query=target%3DARM"}.get(kind, f"/api/{kind}")
                status, body = ask(address, path)
        except OSError as error:
            wrong.append(f"{kind}: {error!r}")
            continue
        seen[kind] += 1
        if status != (400 if kind == "bad" else 200) or not body:
            wrong.append(f"{kind}: {status} {body[:100]!r}")


def resident_mb(pid: int) -> float:
    for row in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if row.startswith("VmHWM"):
            return float(row.split()[1]) / 1024
    return 0.0


@pytest.mark.slow
def test_fifty_people_lose_nothing(server: tuple[str, int]) -> None:
    address, pid = server
    ask(address, "/api/run", line(random.Random(0)))  # the base, and compiled kernels
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    end = time.monotonic() + SECONDS
    people = [threading.Thread(target=use, args=(address, n, end, seen, wrong)) for n in range(USERS)]
    for one in people:
        one.start()
    for one in people:
        one.join(SECONDS + 180)
    print(f"{sum(seen.values())} requests: {dict(seen)}; {resident_mb(pid):.0f} MB at most")
    assert wrong == []
    assert min(seen.values()) >= 10
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
