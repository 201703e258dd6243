"""Memory that a solve has freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

import isthmus as ist
from isthmus.scenario.changes import ChangeLink, OpenLink
from isthmus.web.memory import give_back, spare_memory

#: Fills half the heap with arrays below the size that the library maps by itself, in threads, and frees them.
_PROBE = """
import threading
from pathlib import Path
import numpy as np
from isthmus.web.memory import give_back, spare_memory

def resident():
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1024

def fill():
    held = [np.ones(60_000) for _ in range(200)]
    pins.append([np.ones(100) for _ in range(2)])
    del held

pins = []
assert spare_memory()
before = resident()
threads = [threading.Thread(target=fill) for _ in range(4)]
for one in threads:
    one.start()
for one in threads:
    one.join()
give_back()
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of the GNU C library")
def test_freed_memory_is_given_back() -> None:
    if not spare_memory():
        pytest.skip("not the GNU C library")
    done = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True, check=True, timeout=60)
    assert float(done.stdout) < 20.0  # of 384 MB filled


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not spare_memory()
    give_back()


def test_passes_make_room_while_another_base_is_solved(toy: ist.World) -> None:
    from isthmus.web.engine import Engine

    engine, held = Engine(toy), dict[str, float]()

    def tell(stage: str) -> None:
        held[stage.split(" (", maxsplit=1)[0].partition(" of ")[0]] = engine.held_mb

    engine.prepare(None)(tell)
    held.clear()
    # Faster than any link was thought to be: node scales, and with them the base, are others.
    faster = ist.Scenario("faster", "Faster ferry", (ChangeLink(links=("lake-ferry",), hours_factor=0.2),))
    engine.run(faster, "held")(tell)
    assert engine.held_mb > 0.0
    assert held["routing the base"] == held["loading the base"] == 0.0
    held.clear()
    engine.run(faster)(tell)  # the base is on the disk now
    assert "routing the base" not in held
    assert min(held.values()) > 0.0


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/api/critical", {"economy": "CCC", "as_of": None}),
        ("/api/leverage", {"coercer": "AAA", "target": "BBB", "scenario": "line", "horizon": None, "as_of": None}),
    ],
)
def test_questions_that_take_as_much_have_the_passes_make_room(
    toy: ist.World, path: str, given: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from isthmus.web.engine import Engine
    from isthmus.web.questions import QUESTIONS

    line = ist.Scenario("line", "Line", (OpenLink(links=("new-line",)),))
    monkeypatch.setattr(Engine, "from_library", staticmethod(lambda _: line))
    engine = Engine(toy)
    engine.prepare(None)(lambda _: None)
    assert engine.held_mb > 0.0
    question = next(one for one in QUESTIONS if one.path == path)
    question.job(engine, given)(lambda _: None)
    assert engine.held_mb == 0.0
