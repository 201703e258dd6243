"""A sweep that is killed, filled up, cut short or poisoned ends as an undisturbed one, or says why it cannot."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from isthmus.errors import SweepError
from isthmus.trust.sweep import (
    Ask,
    EngineLost,
    LocalEngine,
    Plan,
    Receipt,
    Store,
    create_store,
    make_plan,
    open_store,
    read_sweep,
    run_batch,
    run_sweep,
    sweep_status,
)

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # workers are spawned with this path
import sweep_units  # noqa: E402


@pytest.fixture(scope="module")
def plan() -> Plan:
    ask = Ask(title="faults", scenarios=("tripp",), draws=39, seed=3, batch=3, world="toy")
    return dataclasses.replace(make_plan(ask), scenarios=("toy",))


@pytest.fixture
def store(plan: Plan, tmp_path: Path) -> Store:
    return create_store(tmp_path / "sweep", plan)


@pytest.fixture(scope="module")
def expected(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of every part of an undisturbed serial run."""
    store = create_store(tmp_path_factory.mktemp("undisturbed") / "sweep", plan)
    assert run_sweep(store, Serial(), sweep_units.quick) == 0
    return parts(store)


class Serial:
    """In this process, one after another."""

    def run(self, task: Callable[[int], Receipt], batches: list[int]) -> Iterator[Receipt]:
        yield from map(task, batches)

    def alone(self, call: Callable[[], str]) -> str:
        return call()


def parts(store: Store) -> dict[str, bytes]:
    folder = store.folder / "parts"
    assert not [p for p in folder.rglob("*") if p.is_file() and p.name.startswith(".")], "a temporary file was left"
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def check(store: Store, expected: dict[str, bytes]) -> None:
    """No draw lost, none doubled, the same bytes."""
    assert parts(store) == expected
    table = read_sweep(store.folder)
    assert len(table) == 3 * store.plan.units
    assert not table.duplicated(["draw", "key"]).any()
    assert sweep_status(store.folder).published


def drive(store: Store, unit: str, workers: int = 2, notes: Path | None = None, *more: str) -> subprocess.Popen[bytes]:
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]),
        "SWEEP_NOTES": str(notes or store.folder),
    }
    with (store.folder.parent / "driver.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, str(HERE / "drive.py"), str(store.folder), unit, str(workers), *more],
            env=env, start_new_session=True, stderr=log,
        )  # fmt: skip


def wait_for(done: Callable[[], object], seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.02)


def workers_of(notes: Path) -> list[int]:
    return [int(p.name) for p in notes.iterdir() if p.name.isdigit() and Path(f"/proc/{p.name}").exists()]


def test_two_workers_give_the_bytes_of_a_serial_run(store: Store, expected: dict[str, bytes]) -> None:
    run_sweep(store, LocalEngine(2), sweep_units.quick)
    check(store, expected)


def test_order_does_not_matter(store: Store, expected: dict[str, bytes]) -> None:
    for batch in np.random.default_rng(1).permutation(store.plan.batches).tolist():
        run_batch(str(store.folder), store.plan.id, batch, sweep_units.quick)
    run_sweep(store, Serial(), sweep_units.quick)
    check(store, expected)


def test_a_killed_worker_costs_nothing(
    store: Store, expected: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv("SWEEP_NOTES", str(notes))
    # The driver as a thread: a process of its own would only import the same once more.
    with ThreadPoolExecutor(1) as thread:
        driver = thread.submit(run_sweep, store, LocalEngine(2), sweep_units.slow)
        wait_for(lambda: workers_of(notes))
        os.kill(workers_of(notes)[0], signal.SIGKILL)
        assert driver.result(120) == 0
    assert len(list(notes.iterdir())) > 2  # others took over
    check(store, expected)


@pytest.mark.slow
def test_a_killed_driver_is_resumed_while_an_old_worker_still_writes(
    store: Store, expected: dict[str, bytes], tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    driver = drive(store, "slow", 2, notes)
    wait_for(lambda: len(parts_there(store)) >= 2)
    driver.kill()
    driver.wait()
    orphans = workers_of(notes)
    again = drive(store, "slow", 2, notes)
    # What an orphan does at its worst: it commits a batch that the new driver commits, too.
    late = next(b for b in range(store.plan.batches) if not store.holds(b))
    run_batch(str(store.folder), store.plan.id, late, sweep_units.quick)
    assert again.wait(120) == 0, (store.folder.parent / "driver.log").read_text()
    wait_for(lambda: not set(workers_of(notes)) & set(orphans))  # orphans end by themselves
    check(store, expected)


def parts_there(store: Store) -> list[Path]:
    return [p for p in store.folder.rglob("*.parquet") if not p.name.startswith(".")]


@pytest.mark.slow
def test_ctrl_c_ends_at_once_and_the_rest_is_resumed(store: Store, expected: dict[str, bytes], tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    driver = drive(store, "slow", 2, notes)
    wait_for(lambda: len(parts_there(store)) >= 2)
    os.killpg(driver.pid, signal.SIGINT)
    started = time.monotonic()
    driver.wait(30)
    assert time.monotonic() - started < 10
    wait_for(lambda: not workers_of(notes))
    run_sweep(store, LocalEngine(2), sweep_units.quick)
    check(store, expected)


@pytest.mark.slow
def test_a_draw_that_always_crashes_is_quarantined_and_the_others_complete(store: Store, plan: Plan) -> None:
    assert run_sweep(store, LocalEngine(2), sweep_units.poison) == 1
    told = store.quarantined()
    assert [(row["draw"], row["unit"]) for row in told] == [(5, 5)]
    assert "died" in str(told[0]["reason"])
    table = read_sweep(store.folder)
    assert sorted(set(table["draw"])) == [d for d in range(plan.draws + 1) if d != 5]
    assert not table.duplicated(["draw", "key"]).any()


@pytest.mark.slow
def test_a_draw_that_raises_is_quarantined_with_its_reason(store: Store) -> None:
    assert run_sweep(store, LocalEngine(1), sweep_units.wrong) == 1
    assert "draw 5 is beyond the model" in str(store.quarantined()[0]["reason"])


def test_quarantine_is_told_and_skips_one_draw(store: Store, plan: Plan) -> None:
    assert run_sweep(store, Serial(), sweep_units.wrong) == 1
    assert [row["draw"] for row in store.quarantined()] == [5]
    assert sorted(set(read_sweep(store.folder)["draw"])) == [d for d in range(plan.draws + 1) if d != 5]


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "foreign"])
def test_a_damaged_part_is_solved_again(store: Store, expected: dict[str, bytes], plan: Plan, damage: str) -> None:
    run_sweep(store, Serial(), sweep_units.quick)
    path = store.part(4)
    whole = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "foreign":
        table = pq.read_table(path)
        pq.write_table(table.replace_schema_metadata({"plan": "another", "rows": str(table.num_rows)}), path)
    else:
        middle = bytearray(whole)
        middle[40] ^= 0xFF
        path.write_bytes(bytes(middle))
        with pytest.raises(SweepError, match="not the part that the manifest lists"):
            read_sweep(store.folder)
        with pytest.raises(SweepError, match="1 of 14 parts are missing or damaged, first batch 4"):
            store.publish()
    run_sweep(store, Serial(), sweep_units.quick)
    check(store, expected)


def test_killed_between_last_part_and_manifest(store: Store, expected: dict[str, bytes]) -> None:
    for batch in range(store.plan.batches):
        run_batch(str(store.folder), store.plan.id, batch, sweep_units.quick)
    with pytest.raises(SweepError, match="0 of 14 parts are not there yet"):
        read_sweep(store.folder)
    run_sweep(store, Serial(), sweep_units.quick)
    check(store, expected)


def test_a_second_driver_is_refused_and_shards_cooperate(
    store: Store, expected: dict[str, bytes], tmp_path: Path
) -> None:
    first = drive(store, "slow", 1, tmp_path, "1", "2")
    wait_for(lambda: parts_there(store))
    with pytest.raises(SweepError, match=r"another driver is at work on shard 1/2 \(process \d+ on "):
        run_sweep(store, Serial(), sweep_units.quick, shard=(1, 2))
    run_sweep(store, Serial(), sweep_units.quick, shard=(2, 2))
    assert first.wait(60) == 0
    check(store, expected)


def test_changed_world_or_code_is_refused_with_the_reason(store: Store, plan: Plan) -> None:
    for field, value in (("world_sha256", "f00"), ("code_sha256", "ba5"), ("seed", 4), ("libraries", ("numpy 1",))):
        with pytest.raises(SweepError, match=f"no longer the sweep that was begun: {field} was .* and is"):
            open_store(store.folder, dataclasses.replace(plan, **{field: value}))
    assert open_store(store.folder, plan) == store


def test_a_worker_that_meets_another_plan_stops_the_sweep(store: Store) -> None:
    receipt = run_batch(str(store.folder), "another", 0, sweep_units.quick)
    assert receipt.fatal and "another plan" in receipt.failure


def test_a_store_is_not_laid_over_other_files(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SweepError, match="holds other files"):
        create_store(tmp_path, plan)
    with pytest.raises(SweepError, match="no sweep there"):
        open_store(tmp_path)


def test_workers_that_die_at_once_end_the_sweep(store: Store) -> None:
    class Hopeless(Serial):
        def run(self, task: Callable[[int], Receipt], batches: list[int]) -> Iterator[Receipt]:
            raise EngineLost([])
            yield

    with pytest.raises(SweepError, match="5 rounds without a new part"):
        run_sweep(store, Hopeless(), sweep_units.quick)


def test_a_full_disk_is_told_and_nothing_is_half_written(
    store: Store, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync
    left = iter([True] * 9)

    def fsync(handle: int) -> None:
        if not next(left, False):
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(SweepError, match="No space left on device"):
        run_sweep(store, Serial(), sweep_units.quick)
    monkeypatch.undo()
    assert 0 < len(parts(store)) < store.plan.batches
    run_sweep(store, Serial(), sweep_units.quick)
    check(store, expected)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_file_system(plan: Plan, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted: {mounted.stderr.decode().strip()}")
    try:
        store = create_store(small / "sweep", plan)
        with pytest.raises(SweepError, match="cannot be written"):
            run_sweep(store, LocalEngine(2), sweep_units.big)
        assert parts(store)
        for batch in range(store.plan.batches):
            assert store.holds(batch) or not store.part(batch).exists()
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        run_sweep(store, LocalEngine(2), sweep_units.big)
        assert len(read_sweep(store.folder)) == 20_000 * plan.units
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.slow
def test_workers_use_one_thread_and_nothing_listens(store: Store, plan: Plan) -> None:
    engine = LocalEngine(1)
    before = dict(os.environ)
    assert engine.alone(partial(os.getenv, "OPENBLAS_NUM_THREADS", "")) == "1"
    assert dict(os.environ) == before
    driver = drive(store, "slow", 2)
    wait_for(lambda: parts_there(store))
    listening = _listening(driver.pid)
    driver.wait(60)
    assert not listening


def _listening(group: int) -> list[str]:
    """Return the TCP sockets in state LISTEN that processes of a session hold."""
    inodes = {
        line.split()[9]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    held = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == group:
                held += [str(fd.readlink()) for fd in (entry / "fd").iterdir()]
        except OSError:
            continue
    return [link for link in held if link.startswith("socket:[") and link[8:-1] in inodes]


def test_status_as_json_is_complete(store: Store) -> None:
    status = dataclasses.asdict(sweep_status(store.folder))
    assert json.loads(json.dumps(status))["done"] == 0 and status["batches"] == 14 and not status["published"]
