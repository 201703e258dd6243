"""Headline tables of the library as text, drawn and compared line by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import isthmus as ist
from isthmus.scenario import Scenario
from isthmus.solve import solve_unrouted
from isthmus.world.accounts import FloatArray

FOLDER = Path(__file__).parents[1] / "golden" / "library"
#: Taste draws of the tables with routing: one antithetic pair, half the work of the default four.
DRAWS = 2
#: Economies told: the most moved in percent, the most in money.
_MOST = (6, 4)
_LEAST_PERCENT = 0.0005


def _income_lines(name: str, economies: tuple[str, ...], change: FloatArray, income: FloatArray) -> list[str]:
    percent, money = 100.0 * (change - 1.0), income * (change - 1.0)
    chosen = {*np.argsort(-np.abs(percent))[: _MOST[0]].tolist(), *np.argsort(-np.abs(money))[: _MOST[1]].tolist()}
    told = [n for n in sorted(chosen, key=lambda n: -abs(percent[n])) if abs(percent[n]) >= _LEAST_PERCENT]
    return [f"{name} {economies[n]} {percent[n]:+.4f} % {money[n]:+.1f} USD m" for n in told]


def _title(scenario: Scenario, world: ist.World, as_of: str, more: str = "") -> str:
    return f"# {scenario.name}: {scenario.title} ({scenario.horizon}, {as_of}, {world.name} of {world.year}{more})"


def unrouted_lines(world: ist.World, scenario: Scenario) -> list[str]:
    """Return the table of a scenario that leaves freight costs as they are."""
    _, baseline, solution = solve_unrouted(world, scenario)
    lines = _income_lines("real_income", world.economies, solution.real_income_change, baseline.income)
    return [_title(scenario, world, world.as_of), *lines]


def routed_lines(world: ist.World, scenario: Scenario) -> list[str]:
    """Return the table of a scenario solved with routing: real income, latent trade, corridors."""
    result = ist.solve(world, scenario, settings=ist.Settings(routing=ist.RoutingSettings(draws=DRAWS)))
    income = result.income_usd_m
    lines = [_title(scenario, world, result.as_of, f", {DRAWS} draws")]
    lines += _income_lines("real_income", result.economies, result.real_income_change, income)
    if result.latent is not None:
        lines += _income_lines("with_latent", result.economies, result.latent.real_income_change, income)
    for row in result.corridor_table.itertuples():
        if abs(row.after_mt - row.before_mt) >= 0.05:  # type: ignore[operator]
            lines.append(f"corridor {row.id} {row.before_mt:.2f} {row.after_mt:.2f} Mt")
    return lines


def draw(name: str, lines: list[str]) -> None:
    """Write a table, whole or not at all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.txt"
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(path)


def compare(name: str, lines: list[str]) -> list[str]:
    """Return what differs from the recorded table by more than 2 % of a number or its last shown digits."""
    path = FOLDER / f"{name}.txt"
    if not path.is_file():
        return [f"{path.name} is not drawn: pytest --redraw"]
    recorded = _read(path.read_text(encoding="utf-8").splitlines())
    found = _read(lines)
    wrong = [f"no longer told: {key}" for key in recorded.keys() - found.keys() if _counts(recorded[key])]
    wrong += [f"told anew: {key}" for key in found.keys() - recorded.keys() if _counts(found[key])]
    for key in recorded.keys() & found.keys():
        for old, new in zip(recorded[key], found[key], strict=True):
            if abs(old - new) > 0.02 * abs(old) + 0.02 and abs(old - new) > 0.002 + 0.02 * abs(old):
                wrong.append(f"{key}: {old:g} before, {new:g} now")
    return wrong


def _counts(numbers: list[float]) -> bool:
    """Tell whether a line is far from the edge below which it is not shown."""
    return abs(numbers[0]) >= 4 * _LEAST_PERCENT


def _read(lines: list[str]) -> dict[str, list[float]]:
    out = {}
    for line in lines:
        words = line.split()
        if words and words[0] != "#":
            out[" ".join(words[:2])] = [float(w) for w in words[2:] if w not in ("%", "USD", "m", "Mt")]
    return out
