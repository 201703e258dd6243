"""Questions beside the scenario: leverage, critical links, events, coincidence, validation.

Each is a row: its address, the schema of the command line that its answer has, its arguments, and the job
that answers it. Routes, the reading of arguments and OpenAPI all come from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from isthmus.errors import QueryError, nearest
from isthmus.report.page import to_json
from isthmus.web.engine import Answer, Engine
from isthmus.web.work import Tell

Given = Mapping[str, str | None]
Job = Callable[[Tell], Answer]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a question."""

    name: str
    words: str
    kind: Literal["text", "day", "horizon", "number", "queues"] = "text"
    example: str = ""  # given: the argument is needed


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked under one address."""

    path: str
    schema: str  # of the command line
    words: str
    arguments: tuple[Argument, ...]
    job: Callable[[Engine, Given], Job]
    quick: bool = False  # reads tables only: need not wait for solves


def _answer(value: object) -> Answer:
    return Answer(to_json(value).encode())


def _leverage(engine: Engine, given: Given) -> Job:
    from isthmus.leverage import Terms, compute_grips, compute_leverage
    from isthmus.report.leverage_json import leverage_to_json

    name = given["scenario"]
    scenario = engine.from_library(name) if name else None
    pair = (tuple(filter(None, str(given["coercer"]).split("+"))), str(given["target"]))

    def work(tell: Tell) -> Answer:
        if scenario is not None:
            engine.make_room()
        terms = Terms(settings=engine.settings, horizon=given["horizon"], as_of=given["as_of"])
        found = compute_leverage(engine.world, *pair, scenario=scenario, terms=terms, progress=tell)
        terms = replace(terms, horizon=found.horizon)
        grips = compute_grips(engine.world, [pair], [scenario], terms=terms, progress=tell) if scenario else ()
        return _answer(leverage_to_json(found, grips))

    return work


def _matrix(engine: Engine, given: Given) -> Job:
    from isthmus.leverage import Terms, compute_matrix
    from isthmus.report.leverage_json import matrix_to_json

    among = tuple(filter(None, (name.strip() for name in str(given["among"]).split(","))))

    def work(tell: Tell) -> Answer:
        terms = Terms(settings=engine.settings, horizon=given["horizon"], as_of=given["as_of"])
        return _answer(matrix_to_json(compute_matrix(engine.world, among, terms, tell)))

    return work


def _critical(engine: Engine, given: Given) -> Job:
    from isthmus.report.criticality import rank_to_json
    from isthmus.routing import POINTS, find_criticality, list_closures

    economy = given["economy"] or None
    if economy is not None and economy not in engine.world.economies:
        raise QueryError(f"economy: {economy!r} is no economy of this world.{nearest(economy, engine.world.economies)}")

    def work(tell: Tell) -> Answer:
        engine.make_room()
        world = engine.on(given["as_of"])
        closures = list_closures(world.network, POINTS)
        base = engine.find_base(given["as_of"], tell)
        settings = replace(engine.settings.routing, draws=min(2, engine.settings.routing.draws))
        label = f"closing {len(closures.ids):,} links"
        found = find_criticality(
            world, base, closures, settings, economy=economy, tell=lambda n, of: tell(f"{label}: {n} of {of} batches")
        )
        return _answer(rank_to_json(world, base, found, economy=economy, draws=settings.draws))

    return work


def _events(_: Engine, given: Given) -> Job:
    from isthmus.events import load_events, select_events
    from isthmus.report.events import events_to_json

    query = given["query"] or ""

    def work(_: Tell) -> Answer:
        record = load_events()
        return _answer(events_to_json(record, query, select_events(record, query)))

    return work


def _coincide(_: Engine, given: Given) -> Job:
    from isthmus.events import Question as Asked
    from isthmus.events import compute_coincidence, load_events
    from isthmus.report.coincidence import finding_to_json

    window = str(given["window"] or "30")
    if not window.isdigit() or len(window) > 5:
        raise QueryError(f"window: {window!r} is not a number of days. Write for instance 30.")
    question = Asked(str(given["trigger"]), str(given["response"]), (int(window),))

    def work(tell: Tell) -> Answer:
        tell("drawing permutations")
        return _answer(finding_to_json(compute_coincidence(load_events(), question)))

    return work


def _dependence(engine: Engine, given: Given) -> Job:
    from isthmus.leverage.dependence import dependence_profile
    from isthmus.report.dependence import profile_to_json

    economy, on = str(given["economy"]), given["on"]

    def work(_: Tell) -> Answer:
        world = engine.on(given["as_of"])
        return _answer(profile_to_json(world, economy, on, dependence_profile(world, economy, on)))

    return work


def _validate(engine: Engine, _: Given) -> Job:
    from isthmus.report.validation import validation_to_json
    from isthmus.trust.validation import validate_world

    def work(tell: Tell) -> Answer:
        engine.make_room()
        return _answer(validation_to_json(validate_world(engine.world, engine.settings.routing, tell)))

    return work


_DAY = Argument("as_of", "day of the network", "day")
_HORIZON = Argument("horizon", "wins over the scenario's own", "horizon")

QUESTIONS = (
    Question(
        "/api/leverage",
        "leverage",
        "Leverage of one coercer over one target",
        (
            Argument("coercer", "ISO3, or several joined by +", example="RUS"),
            Argument("target", "ISO3", example="ARM"),
            Argument("scenario", "a measure of the library in place"),
            _HORIZON,
            _DAY,
        ),
        _leverage,
    ),
    Question(
        "/api/leverage/matrix",
        "leverage_matrix",
        "Embargo of all trade between every two of some economies",
        (Argument("among", "ISO3 codes with commas between", example="ARM,AZE,GEO"), _HORIZON, _DAY),
        _matrix,
    ),
    Question(
        "/api/critical",
        "critical",
        "What closing each crossing, port, ferry or pipeline alone would cost",
        (Argument("economy", "only trade with an end in this economy (ISO3)"), _DAY),
        _critical,
    ),
    Question(
        "/api/events",
        "events",
        "The dated record, or what a query selects",
        (Argument("query", "for instance: target=ARM kind=coercion"),),
        _events,
        quick=True,
    ),
    Question(
        "/api/coincide",
        "coincide",
        "Whether responses follow triggers more often than chance",
        (
            Argument("trigger", "query for what comes first", example="actor=KAZ target=RUS instrument=away"),
            Argument("response", "query for what may follow", example="target=KAZ sector=oil_cpc"),
            Argument("window", "days", "number"),
        ),
        _coincide,
        quick=True,
    ),
    Question(
        "/api/dependence",
        "dependence",
        "What an economy depends on: reported figures, and the model's own beside them",
        (Argument("economy", "ISO3", example="ARM"), Argument("on", "partner or group; all if left out"), _DAY),
        _dependence,
        quick=True,
    ),
    Question("/api/validate", "validate", "The model against observed flows", (), _validate),
)
