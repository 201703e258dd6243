"""The headline of a result in three sentences, written from its numbers.

First what moves, then whose real income changes, then who gains or loses transit revenue. `caveat` says
beside them what the numbers rest on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from isthmus.report.figures import band_of, dollars, percent, rounded, tonnes, value_of

Json = Mapping[str, object]

#: A change of real income below this is told as none, percent.
LEAST_PERCENT = 0.0005
#: A change of transit revenue or freight below this is told as none, USD million and Mt a year.
LEAST_USD_M = 0.05
LEAST_MT = 0.0005

_SIGNS = "+\N{MINUS SIGN}"
_WHEN = {"long": "in the long run", "short": "in the first months"}


def write_headline(summary: Json, names: Mapping[str, str]) -> list[str]:
    """Return three sentences on a result.

    Parameters
    ----------
    summary : mapping
        In the form of `schema/run.json`; a figure may be `{value, low, high}`.
    names : mapping
        Economy or territory code to its name.

    Returns
    -------
    list of str
        Three sentences: freight, real income, transit revenue.
    """
    return [_freight(summary), _income(summary, names), _transit(summary, names)]


def caveat(summary: Json) -> str:
    """Return what the headline's numbers are: horizon, years, model, ranges."""
    income = _mapping(summary["real_income"])
    ranged = any(band_of(_mapping(row)["percent"]) is not None for row in income.values())
    return (
        f"Modelled {_TERMS[str(summary['horizon'])]}{_other_terms(summary)}: trade of {summary['year']}, transport "
        f"network of {summary['as_of']}, compared with the same day without the scenario. "
        + (
            "Ranges hold 5 to 95 % of the draws."
            if ranged
            else "No uncertainty range was computed for this run: read figures as orders of magnitude."
        )
    )


#: What each horizon means.
_TERMS = {
    "long": "in the long run, when firms and workers have moved",
    "short": "in the first months, before firms and workers can move (losses of this kind are a floor)",
}


def _other_terms(summary: Json) -> str:
    """Return what the other horizon is, or why it has no numbers, as the middle of a sentence."""
    other = _other(summary)
    if other is None:
        return ""
    horizon = str(other["horizon"])
    if other["failure"]:
        return f" ({_WHEN[horizon]} there is no equilibrium: {str(other['failure']).rstrip('.')})"
    return f", and {_TERMS[horizon]}"


def _freight(summary: Json) -> str:
    title = str(summary["title"])
    moves = [row for row in map(_mapping, _sequence(summary["corridors"])) if abs(_moved(row)) >= LEAST_MT]
    fresh = [row for row in moves if value_of(row["before_mt"]) < LEAST_MT]
    lines = [line for line in map(_mapping, _sequence(summary["new_lines"])) if _line_mt(line)[0] >= LEAST_MT]
    parts = []
    if fresh:
        best = max(fresh, key=_moved)
        parts.append(f"{best['name']} would carry {tonnes(best['after_mt'])} of freight a year")
    elif lines:
        busiest = max(lines, key=lambda line: _line_mt(line)[0])
        parts.append(f"the new {busiest['name']} would carry {tonnes(_line_mt(busiest)[0])} of freight a year")
    if parts and lines:
        through = max(100 * _line_mt(line)[1] / _line_mt(line)[0] for line in lines)
        parts[-1] += f", {'at most ' if len(lines) > 1 else ''}{rounded(through)} % of it in transit on any section"
    old = [row for row in moves if row not in fresh]
    if old:
        most = max(old, key=lambda row: abs(_moved(row)))
        way = "more" if _moved(most) > 0 else "less"
        before = tonnes(most["before_mt"])
        if value_of(most["after_mt"]) < LEAST_MT:
            parts.append(f"{most['name']} would carry nothing, where {before} a year pass without the scenario")
        else:
            parts.append(
                f"{most['name']} would carry {tonnes(_moved(most))} a year {way} ({before} without the scenario)"
            )
    if not fresh:
        parts[:1] = [f"{title}: {parts[0] if parts else 'freight on the named corridors does not change'}"]
    return f"{'; '.join(parts)}."


def _income(summary: Json, names: Mapping[str, str]) -> str:
    income = {code: _mapping(row) for code, row in _mapping(summary["real_income"]).items()}
    there = _other(summary)
    order = sorted(income, key=lambda code: value_of(income[code]["percent"]))
    worst, best = order[0], order[-1]
    parts = []
    if value_of(income[best]["percent"]) >= LEAST_PERCENT:
        parts.append(f"{names.get(best, best)} gains most, {_change(income[best], there, best)}")
    if value_of(income[worst]["percent"]) <= -LEAST_PERCENT:
        parts.append(f"{names.get(worst, worst)} loses most, {_change(income[worst], there, worst)}")
    if -value_of(income[worst]["percent"]) > value_of(income[best]["percent"]):
        parts.reverse()  # what weighs more comes first
    text = "; ".join(parts) or f"no economy's real income changes by as much as {LEAST_PERCENT} %"
    text += _latent(summary, names) + _other_leaders(summary, names, (best, worst))
    when = _WHEN[str(summary["horizon"])]
    return f"{when[0].upper()}{when[1:]}, {text}."


def _latent(summary: Json, names: Mapping[str, str]) -> str:
    """Return who gains most with the trade that closed borders suppress, as the end of a sentence."""
    latent = summary.get("latent")
    if not isinstance(latent, Mapping):
        return ""
    more = {code: _mapping(row) for code, row in _mapping(latent["real_income"]).items()}
    most = max(more, key=lambda code: value_of(more[code]["percent"]))
    return (
        f"; with the trade that the closed border suppresses today (an estimate) {names.get(most, most)} "
        f"gains most, {percent(more[most]['percent']).lstrip(_SIGNS)}"
    )


def _other(summary: Json) -> Json | None:
    """Return what was solved in the other horizon; None where nothing was."""
    other = summary.get("other_horizon")
    return _mapping(other) if isinstance(other, Mapping) else None


def _other_leaders(summary: Json, names: Mapping[str, str], told: tuple[str, str]) -> str:
    """Return who gains or loses most in the other horizon, where this is somebody else."""
    other = _other(summary)
    if other is None or other["failure"]:
        return ""
    there = {code: value_of(_mapping(row)["percent"]) for code, row in _mapping(other["real_income"]).items()}
    parts = []
    best, worst = max(there, key=lambda code: there[code]), min(there, key=lambda code: there[code])
    if best != told[0] and there[best] >= LEAST_PERCENT:
        parts.append(f"{names.get(best, best)} gains most, {percent(there[best]).lstrip(_SIGNS)}")
    if worst != told[1] and there[worst] <= -LEAST_PERCENT:
        parts.append(f"{names.get(worst, worst)} loses most, {percent(there[worst]).lstrip(_SIGNS)}")
    return f"; {_WHEN[str(other['horizon'])]} {' and '.join(parts)}" if parts else ""


def _change(row: Json, other: Json | None, code: str) -> str:
    text = f"{percent(row['percent']).lstrip(_SIGNS)} of real income or {dollars(row['usd_m'])} a year"
    if other is None or code not in _mapping(other["real_income"]):
        return text
    there = value_of(_mapping(_mapping(other["real_income"])[code])["percent"])
    same = (there > 0) == (value_of(row["percent"]) > 0)
    return f"{text} ({percent(there).lstrip(_SIGNS) if same else percent(there)} {_WHEN[str(other['horizon'])]})"


def _transit(summary: Json, names: Mapping[str, str]) -> str:
    rows = {code: _mapping(row) for code, row in _mapping(summary["transit_revenue"]).items() if code}
    change = {code: value_of(row["after_usd_m"]) - value_of(row["before_usd_m"]) for code, row in rows.items()}
    order = sorted(change, key=lambda code: change[code])
    parts = []
    if order and change[order[-1]] >= LEAST_USD_M:
        code = order[-1]
        parts.append(f"{names.get(code, code)} earns {dollars(change[code])} a year more from transit")
    if order and change[order[0]] <= -LEAST_USD_M:
        code = order[0]
        ending = "" if parts else " from transit"
        parts.append(f"{names.get(code, code)} {dollars(change[code])} a year less{ending}")
    if not parts:
        return f"No territory's transit revenue changes by as much as USD {LEAST_USD_M} million a year."
    return f"{' and '.join(parts)}, in prices of {summary['year']}."


def _line_mt(line: Json) -> tuple[float, float]:
    """Return a line's freight and the part in transit, Mt a year."""
    total = through = 0.0
    for trips in _mapping(line["mt"]).values():
        by_trip = {kind: value_of(figure) for kind, figure in _mapping(trips).items()}
        total += sum(by_trip.values())
        through += by_trip.get("transit", 0.0)
    return total, through


def _moved(row: Json) -> float:
    return value_of(row["after_mt"]) - value_of(row["before_mt"])


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"a mapping was expected, not {type(value).__name__}")
    return value


def _sequence(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return value


def compare_headline(found: Json, names: Mapping[str, str]) -> list[str]:
    """Return three sentences on two results beside each other, called A and B.

    Parameters
    ----------
    found : mapping
        In the form of `schema/compare.json`.
    names : mapping
        Economy or territory code to its name.
    """
    a, b, less = (_mapping(found[key]) for key in ("a", "b", "difference"))
    return [
        _compare_freight(a, b, less),
        _compare_income(a, b, less, names),
        _compare_transit(less, names, str(a["year"])),
    ]


def _compare_freight(a: Json, b: Json, less: Json) -> str:
    rows = list(map(_mapping, _sequence(less["corridors"])))
    most = max(rows, key=lambda row: abs(value_of(row["mt"])), default=None)
    if most is None or abs(value_of(most["mt"])) < LEAST_MT:
        return "Freight on the named corridors is the same under both."
    after = [
        next(_mapping(row)["after_mt"] for row in _sequence(side["corridors"]) if _mapping(row)["id"] == most["id"])
        for side in (a, b)
    ]
    return f"Freight differs most on {most['name']}: {tonnes(after[0])} a year under A, {tonnes(after[1])} under B."


def _compare_income(a: Json, b: Json, less: Json, names: Mapping[str, str]) -> str:
    rows = {code: _mapping(row) for code, row in _mapping(less["real_income"]).items()}
    code = max(rows, key=lambda code: abs(value_of(rows[code]["points"])))
    if abs(value_of(rows[code]["points"])) < LEAST_PERCENT:
        return f"No economy's real income differs by as much as {LEAST_PERCENT} points."
    one, two = (_mapping(_mapping(side["real_income"])[code])["percent"] for side in (a, b))
    return (
        f"Real income differs most for {names.get(code, code)}: {percent(one)} under A, {percent(two)} under B, or "
        f"{dollars(rows[code]['usd_m'])} a year between them{_compare_other((a, b), code)}."
    )


def _compare_other(sides: tuple[Json, Json], code: str) -> str:
    """Return an economy's figures in the other horizon under each, where both were solved in it."""
    there = [_other(side) for side in sides]
    if any(other is None or other["failure"] for other in there):
        return ""
    solved = [other for other in there if other is not None]
    when = " and ".join(dict.fromkeys(_WHEN[str(other["horizon"])] for other in solved))
    one, two = (percent(_mapping(_mapping(other["real_income"])[code])["percent"]) for other in solved)
    return f" ({when} {one} and {two})"


def _compare_transit(less: Json, names: Mapping[str, str], year: str) -> str:
    rows = {code: value_of(figure) for code, figure in _mapping(less["transit_revenue_usd_m"]).items() if code}
    code = max(rows, key=lambda code: abs(rows[code]), default="")
    if not code or abs(rows[code]) < LEAST_USD_M:
        return f"No territory's transit revenue differs by as much as USD {LEAST_USD_M} million a year."
    more, other = ("B", "A") if rows[code] > 0 else ("A", "B")
    return (
        f"{names.get(code, code)} earns {dollars(rows[code])} a year more from transit under {more} than under "
        f"{other}, in prices of {year}."
    )
