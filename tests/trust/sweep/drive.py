"""A driver to be killed: python drive.py STORE UNIT WORKERS [k N]."""

from __future__ import annotations

import sys
from pathlib import Path

import sweep_units

from isthmus.errors import SweepError
from isthmus.trust.sweep import LocalEngine, open_store, run_sweep


def main() -> int:
    store, unit, workers, *shard = sys.argv[1:]
    try:
        left = run_sweep(
            open_store(Path(store)),
            LocalEngine(int(workers)),
            getattr(sweep_units, unit),
            shard=(int(shard[0]), int(shard[1])) if shard else (1, 1),
        )
    except SweepError as error:
        print(f"isthmus: {error}", file=sys.stderr)
        return 2
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
