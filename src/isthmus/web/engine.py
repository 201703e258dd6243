"""What the server computes: one world, loaded once, and the public functions over it.

Every method is called in the desk's worker thread, or is quick. Nothing here reads a path that a request
could name: scenarios come as data, and extend the library only.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from isthmus.errors import QueryError, nearest
from isthmus.leverage import embargo_grips
from isthmus.report import Beside, make_report, network_document, result_document, result_to_json
from isthmus.report.check import check_to_json
from isthmus.report.document import mt_by_link
from isthmus.report.page import to_json
from isthmus.report.run import run_tables
from isthmus.report.stored import stored_validation
from isthmus.result import Result
from isthmus.routing import Base
from isthmus.scenario import Scenario, apply_scenario, library, read_scenario, scenario_to_data, scenario_to_toml
from isthmus.scenario.changes import KINDS, ChangeLink
from isthmus.solve import Queues, Settings, Solved, Warm, solve_whole
from isthmus.web.work import Tell
from isthmus.world import World, at
from isthmus.world.network import MODES

TABLES = ("real_income", "corridors", "links", "transit_revenue", "co2", "trade")


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """JSON of one question; of a solve also the result, for tables and reports."""

    body: bytes
    solved: tuple[Scenario, Result] | None = None

    @property
    def megabytes(self) -> float:
        """Return the memory that it takes, about."""
        result = None if self.solved is None else self.solved[1]
        arrays = () if result is None else (
            result.trade_cost_change, result.quantity_change, result.flow_after, result.flows.after_t,
        )  # fmt: skip
        return (len(self.body) + sum(array.nbytes for array in arrays)) / 1e6


class Engine:
    """One world and the settings of all solves."""

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        self.world = world
        self.settings = settings or Settings()
        self._warm = Warm()
        self._network = lru_cache(maxsize=4)(self._draw_network)
        self._latest: tuple[str, Solved] | None = None  # the last full solve: reports look into it

    @property
    def options(self) -> dict[str, object]:
        """Options of `isthmus run` that make the same numbers."""
        routing = self.settings.routing
        queues = self.settings.queues if routing.congestion else "off"
        return {
            "seed": routing.seed,
            "route_draws": routing.draws,
            "openness": self.settings.openness,
            "queues": queues,
        }

    @property
    def held_mb(self) -> float:
        """Return the memory that passes of a base take."""
        return self._warm.megabytes

    # Quick ---------------------------------------------------------------------------------------

    def about(self) -> dict[str, object]:
        """Return what forms are made of: economies, sectors, projects, corridors, kinds of change, the library."""
        world, net = self.world, self.world.network
        return {
            "world": world.name,
            "year": world.year,
            "as_of": world.as_of,
            "economies": dict(zip(world.economies, world.economy_names, strict=True)),
            "groups": {name: list(members) for name, members in world.groups.items()},
            "sectors": dict(zip(world.sectors.codes, world.sectors.names, strict=True)),
            "territories": sorted(set(net.territory) - {""}),
            "projects": self._named("projects", "project", net.projects),
            "corridors": self._named("corridors", "corridor", net.corridors),
            "modes": list(MODES),
            "queues": self.options["queues"],
            "kinds": {word: {f.name: str(f.type) for f in fields(kind)} for word, kind in KINDS.items()},
            "scenarios": [{"name": name, "title": read_scenario(name).title} for name in library()],
        }

    def _named(self, table: str, column: str, ids: Iterable[str]) -> dict[str, str]:
        """Return names by id; an id without one is its own."""
        facts = self.world.facts.get(table)
        names = {} if facts is None else dict(zip(facts[column], facts["name"], strict=True))
        return {one: str(names.get(one, one)) for one in ids}

    def validation(self) -> dict[str, object]:
        """Return the validation that is stored with the world, or why there is none."""
        return stored_validation(self.world)

    def network(self, as_of: str | None) -> bytes:
        """Return the network document of a day."""
        return self._network(as_of or self.world.as_of)

    def _draw_network(self, day: str) -> bytes:
        return to_json(network_document(self.on(day))).encode()

    def library_entry(self, name: str) -> dict[str, object]:
        """Return a scenario of the library as data and as TOML.

        Raises
        ------
        QueryError
            The library has no such name.
        """
        scenario = self.from_library(name)
        return {"name": name, "scenario": scenario_to_data(scenario), "toml": scenario_to_toml(scenario)}

    @staticmethod
    def from_library(name: str) -> Scenario:
        """Return a scenario of the library by its name; a path is no name."""
        if name not in library():
            raise QueryError(f"scenario {name!r}: not in the library.{nearest(name, library())}")
        return read_scenario(name)

    def check(self, scenario: Scenario) -> dict[str, object]:
        """Return what each change alters, in the form of `schema/check.json`."""
        world = self.on(scenario.as_of)
        return check_to_json(scenario, world, apply_scenario(world, scenario))

    # Solves --------------------------------------------------------------------------------------

    @staticmethod
    def key(what: str, of: Scenario | Mapping[str, object]) -> str:
        """Return the key of a question: all that its answer depends on but the world and the settings."""
        data: Any = [of.name, scenario_to_data(of)] if isinstance(of, Scenario) else sorted(of.items())
        return hashlib.sha256(to_json([what, data]).encode()).hexdigest()

    def run(self, scenario: Scenario, queues: Queues | None = None) -> Callable[[Tell], Answer]:
        """Return the job that solves a scenario; its body is the result document.

        With `queues` held the answer is quick and a first one: delays stay those of the base.
        """

        def work(tell: Tell) -> Answer:
            solved = self._solve(scenario, queues, tell)
            tell("writing the answer")
            options = self.options | ({"queues": "held"} if queues == "held" else {})
            document = result_document(self.world, scenario, solved.result, settings=options)
            return Answer(to_json(document).encode(), (scenario, solved.result))

        return work

    def _solve(self, scenario: Scenario, queues: Queues | None, tell: Tell) -> Solved:
        held = queues == "held"
        settings = replace(self.settings, both_horizons=True)
        if held:
            settings = replace(self.settings, queues="held", compare_closures=False, compare_chokes=False)
        solved = solve_whole(self.world, scenario, settings=settings, progress=tell, warm=self._warm)
        if not held:
            self._latest = (self.key("run", scenario), solved)
        return solved

    @staticmethod
    def summary(answer: Answer) -> bytes:
        """Return a solved answer in the form of `schema/run.json`, as `isthmus run --format json` prints it."""
        assert answer.solved is not None
        return to_json(result_to_json(replace(answer.solved[1], other=None))).encode()

    def report(self, scenario: Scenario) -> Callable[[Tell], Answer]:
        """Return the job that writes the page that `isthmus run --out` writes."""

        def work(tell: Tell) -> Answer:
            latest = self._latest
            fresh = latest is not None and latest[0] == self.key("run", scenario)
            solved = latest[1] if fresh and latest is not None else self._solve(scenario, None, tell)
            tell("solving embargoes without and with the scenario")
            beside = Beside(embargoes=embargo_grips(solved))
            tell("writing the report")
            return Answer(make_report(self.world, scenario, solved.result, self.options, beside).encode())

        return work

    @staticmethod
    def table(answer: Answer, name: str, form: str) -> bytes:
        """Return a table of a solved answer as CSV or Parquet."""
        assert answer.solved is not None
        frame = run_tables(answer.solved[1])[name]
        if form == "csv":
            return frame.to_csv(index=False).encode()
        stream = io.BytesIO()
        frame.to_parquet(stream, index=False)
        return stream.getvalue()

    def make_room(self) -> None:
        """Let go of the passes in memory: for questions that take as much themselves."""
        self._warm.let_go()

    def find_base(self, as_of: str | None, tell: Tell) -> Base:
        """Return the routed base of a day."""
        return self._warm.find_base(self.on(as_of), self.settings.routing, tell)

    def base(self, as_of: str | None) -> Callable[[Tell], Answer]:
        """Return the job for freight by link on a day without any scenario, Mt a year."""

        def work(tell: Tell) -> Answer:
            found = self.find_base(as_of, tell)
            return Answer(to_json({"before_mt": mt_by_link(found.freight.flow)}).encode())

        return work

    def prepare(self, as_of: str | None) -> Callable[[Tell], Answer]:
        """Return the job that holds the passes of a day's base in memory, which first answers start from.

        It solves a slight change for a rehearsal: whatever is loaded or compiled for a first answer then is.
        """

        def work(tell: Tell) -> Answer:
            flow = self.find_base(as_of, tell).freight.flow.sum(axis=(0, 2))
            used = np.flatnonzero(flow > 0)
            middling = used[np.argsort(flow[used], kind="stable")[used.size // 2]] if used.size else 0
            change = ChangeLink(links=(self.world.network.link_ids[middling],), cost_factor=1.01)
            self.run(Scenario("rehearsal", "rehearsal", (change,), as_of=as_of), "held")(tell)
            return Answer(to_json({"megabytes": round(self.held_mb)}).encode())

        return work

    def on(self, as_of: str | None) -> World:
        """Return the world on a day."""
        return at(self.world, as_of or self.world.as_of)
