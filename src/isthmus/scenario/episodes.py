"""Episodes of coercion as scenarios: each word of a measure becomes a change, or is told as not modelled.

`data/episodes.csv` holds what happened, `data/measures.csv` maps every word of its `measures` (an act and its object,
for instance `import_ban:wine`) to a kind of change or to `not_modelled`, with the dependence that it touches; a row
that names an episode wins over the general one. Shares of products come from `data/product_trade.csv`: of the
episode's pair, a share of the year before rather than of a later one, else a value over the world's flow.
What was published of the outcome stands in `data/episode_outcomes.csv`, and what of it the model can be held
against in `data/episode_comparisons.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from isthmus.errors import QueryError, ScenarioError, nearest
from isthmus.scenario import changes as ch
from isthmus.scenario.products import WHOLE_SECTORS, ProductTrade, product_trade
from isthmus.scenario.read import Scenario, make_change
from isthmus.world.package_data import package_rows

Row = dict[str, str]
Entry = dict[str, object]

#: The key that the column `value` of the table of measures fills, by kind.
_VALUES = {
    "tariff": "rate",
    "energy_price": "factor",
    "pipeline_outage": "share",
    "expel_migrants": "share",
    "change_link": "cost_factor",
}

#: Kinds whose goods flow from the target to the coercer.
_BOUGHT = ("import_ban", "tariff")


@dataclass(frozen=True, slots=True)
class Episode:
    """One act of coercion, as recorded."""

    id: str
    title: str
    coercer: str
    target: str
    start: str  # ISO date
    end: str  # ISO date, "" if it goes on
    measures: str  # words, separated by semicolons
    trade_usd_m: float | None  # trade affected as reported, USD million
    observed_effect: str
    source: str
    note: str

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """(act, object) of every measure, one object each; the object may be empty."""
        out: list[tuple[str, str]] = []
        for measure in self.measures.split(";"):
            act, _, objects = measure.strip().partition(":")
            whole = act in ("legal_order", "import_tariff")  # their commas do not part objects
            out += [(act, one.strip()) for one in ([objects] if whole else objects.split(","))]
        return tuple(out)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A figure published on what an episode did."""

    outcome: str
    value: float | None
    unit: str
    when: str
    source: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published outcome that the model has a number for."""

    episode: str
    quantity: str  # redirected, coercer_loss, target_loss, price
    product: str
    low: float
    high: float
    unit: str
    when: str
    basis: str
    source: str


def _number(text: str) -> float | None:
    return float(text) if text else None


@cache
def all_episodes() -> tuple[Episode, ...]:
    """Return all episodes, in the order of their table."""
    return tuple(
        Episode(**{**row, "trade_usd_m": _number(row["trade_usd_m"])})  # type: ignore[arg-type]
        for row in package_rows("scenario", "episodes")
    )


@cache
def measure_rows() -> tuple[Row, ...]:
    """Return the rows that map words of measures to kinds of change."""
    return tuple(package_rows("scenario", "measures"))


@cache
def _outcome_rows() -> dict[str, tuple[Outcome, ...]]:
    out: dict[str, list[Outcome]] = {}
    for row in package_rows("scenario", "episode_outcomes"):
        told = Outcome(row["outcome"], _number(row["value"]), row["unit"], row["when"], row["source"])
        out.setdefault(row["episode"], []).append(told)
    return {episode: tuple(rows) for episode, rows in out.items()}


def outcomes(episode: str) -> tuple[Outcome, ...]:
    """Return what was published of an episode's outcome."""
    return _outcome_rows().get(episode, ())


@cache
def comparisons() -> tuple[Comparison, ...]:
    """Return the published outcomes that the model can be held against."""
    return tuple(
        Comparison(**{**row, "low": float(row["low"]), "high": float(row["high"])})  # type: ignore[arg-type]
        for row in package_rows("scenario", "episode_comparisons")
    )


def find_episode(name: str) -> Episode:
    """Return an episode by its id.

    Raises
    ------
    QueryError
        No such episode.
    """
    known = {episode.id: episode for episode in all_episodes()}
    if name not in known:
        raise QueryError(f"unknown episode {name!r}.{nearest(name, known)} `isthmus scenarios --episodes` lists them.")
    return known[name]


def read_episode(name: str, *, horizon: str = "short") -> Scenario:
    """Return an episode as a scenario: its measures as changes, those outside trade and transport as not modelled.

    Parameters
    ----------
    name : str
        Id of the episode, for instance "P12".
    horizon : {"short", "long"}
        Horizon of the scenario; most episodes last for months.

    Returns
    -------
    Scenario
        `as_of` is the eve of the episode where the network of the day matters, else the world's own.

    Raises
    ------
    QueryError
        No such episode.
    ScenarioError
        A word of its measures is not in the table of measures.
    """
    return episode_scenario(find_episode(name), horizon=horizon)


def episode_scenario(episode: Episode, *, horizon: str = "short") -> Scenario:
    """Return an episode, of the table or changed from it, as a scenario (see `read_episode`)."""
    changes: list[ch.Change] = []
    as_of = None
    for act, what in episode.words:
        for row in _rows(episode, act, what):
            change = _change(episode, row)
            # Two words may stand for one product (fruit, vegetables).
            changes += [change] if change not in changes else []
            as_of = row["as_of"] or as_of
    return Scenario(
        name=episode.id,
        title=episode.title,
        changes=tuple(changes),
        story=f"{episode.start} to {episode.end or 'today'}: {episode.measures}. {episode.observed_effect}".strip(),
        source=episode.source,
        as_of=as_of,
        horizon=horizon,
    )


def _rows(episode: Episode, act: str, what: str) -> list[Row]:
    found = [row for row in measure_rows() if (row["measure"], row["detail"]) == (act, what)]
    own = [row for row in found if row["episode"] == episode.id]
    rows = own or [row for row in found if not row["episode"]]
    if not rows:
        word = f"{act}:{what}" if what else act
        known = [f"{row['measure']}:{row['detail']}" for row in measure_rows()]
        raise ScenarioError(
            f"{episode.id}: measure {word!r} is not in data/measures.csv.{nearest(word, known)} "
            "Add a row with a kind of change, or not_modelled."
        )
    return rows


def _change(episode: Episode, row: Row) -> ch.Change:
    entry = _entry(episode, row)
    if entry is None:
        word = f"{row['measure']}:{row['detail']}" if row["detail"] else row["measure"]
        lacking = f"{row['kind']} on {row['product']}, of which no share and no value is known"
        told = (row["note"] or word) if row["kind"] == "not_modelled" else lacking
        entry = {"kind": "not_modelled", "description": f"{told} ({word}; touches {row['dependence']})"}
    entry.setdefault("source", row["source"] or episode.source)
    return make_change(entry, f"{episode.id}: {row['measure']}:{row['detail']}")


def _entry(episode: Episode, row: Row) -> Entry | None:
    """Return a row as an entry of a scenario file; None if it is not modelled."""
    kind = row["kind"]
    if kind == "not_modelled":
        return None
    entry: Entry = {"kind": kind}
    if kind in ("import_ban", "export_ban", "tariff", "energy_price", "expel_migrants"):
        entry |= {"by": episode.coercer, "on": episode.target}
    if kind == "deny_transit":
        entry |= {"by": episode.coercer, "against": episode.target}
    if kind == "close_border":
        # Armenia has no border with Russia: what is closed is the one on the way.
        entry["between"] = [episode.coercer, "GEO" if episode.target == "ARM" else episode.target]
    for key in ("links", "modes", "sectors"):
        if row[key]:
            entry[key] = row[key].split()
    if row["value"]:
        entry[_VALUES[kind]] = float(row["value"])
    if row["severity"]:
        entry["severity"] = float(row["severity"])
    if row["note"]:
        entry["note"] = row["note"]
    return _with_product(episode, row, entry)


def _with_product(episode: Episode, row: Row, entry: Entry) -> Entry | None:
    """Return the entry with its product and what is known of its trade; None if nothing is."""
    product = row["product"]
    if not product or (row["sectors"] and not row["trade_usd_m"]):
        return entry
    entry["products"] = product
    if row["trade_usd_m"]:
        return entry | {"trade_usd_m": float(row["trade_usd_m"]), "year": int(row["year"])}
    if product in WHOLE_SECTORS:
        return entry
    ends = (episode.target, episode.coercer) if row["kind"] in _BOUGHT else (episode.coercer, episode.target)
    found = _best_row(product, *ends, year=int(episode.start[:4]))
    if found is None:
        return None
    entry |= {"sectors": found.sector, "source": f"{found.source} ({found.year}; {found.basis})"}
    if found.share is not None:
        return entry | {"product_share": found.share}
    return entry | {"trade_usd_m": found.value_usd_m, "year": found.year}


def _best_row(product: str, exporter: str, importer: str, *, year: int) -> ProductTrade | None:
    """Return the row of a product's trade that tells its share best; None if none tells it."""
    rows = [
        row
        for row in product_trade()
        if (row.product, row.exporter, row.importer) == (product, exporter, importer)
        and "+" not in row.sector
        and (row.share is not None or row.value_usd_m is not None)
    ]
    # A share before a value; of the year before rather than later; as near to it as can be.
    rows.sort(key=lambda r: (r.share is None, r.year > year, abs(r.year - year)))
    return rows[0] if rows else None
