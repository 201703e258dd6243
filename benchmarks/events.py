"""Event coincidence: 10,000 permutations under each of four nulls, against the naive loop over dates.

Run: python benchmarks/events.py. CPU seconds; the naive loop runs 200 permutations and is scaled up.
"""

from __future__ import annotations

import random
import time

import isthmus as ist
from isthmus.events.coincidence import Coincidence, measure_coincidence

PERMUTATIONS = 10_000
NAIVE = 200
QUESTION = ist.Question(
    "actor=ARM kind=alignment", "actor=RUS target=ARM kind=coercion", windows=(14, 30, 60, 90, 180), start="2005"
)


def naive(found: Coincidence) -> int:
    """Return the hits of NAIVE uniform permutations, by a plain loop over windows, triggers and responses."""
    draw = random.Random(0)
    responses = found.responses.start.tolist()
    hits = 0
    for _ in range(NAIVE):
        starts = [draw.randrange(found.period.days) for _ in range(len(found.triggers))]
        for window in found.question.windows:
            hits += sum(any(start <= day <= start + window for day in responses) for start in starts)
    return hits


def main() -> None:
    record = ist.load_events()
    measure_coincidence(record, QUESTION, permutations=99)
    begin = time.process_time()
    found = measure_coincidence(record, QUESTION, permutations=PERMUTATIONS)
    ours = time.process_time() - begin
    begin = time.process_time()
    ist.compute_coincidence(record, QUESTION, permutations=PERMUTATIONS)
    whole = time.process_time() - begin
    begin = time.process_time()
    naive(found)
    # Both sides, four nulls.
    loop = (time.process_time() - begin) * PERMUTATIONS / NAIVE * 8
    sizes = f"{len(found.triggers)} triggers, {len(found.responses)} responses, {len(QUESTION.windows)} windows"
    print(f"{sizes}; {PERMUTATIONS:,} permutations under each of 4 nulls, trigger and precursor rates")
    print(f"ours: {ours:.2f} s CPU; with sensitivities, each year left out, and verdict: {whole:.2f} s CPU")
    print(f"naive loop: {loop:.0f} s CPU (scaled up from {NAIVE}); ratio {loop / ours:.0f}")


if __name__ == "__main__":
    main()
