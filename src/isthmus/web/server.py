"""`isthmus serve`: pages and their JSON twins over one world.

Pages are one shell that draws itself from `/api`. Solves go to the desk, one at a time; questions that only read
tables go to a desk of their own, and wait for no solve. No request names a file: static files are a fixed table,
scenarios come as data.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from isthmus.errors import QueryError
from isthmus.report.page import OUTLINES, STYLE, static_text
from isthmus.scenario import scenario_to_data, scenario_to_toml
from isthmus.web.answers import View, json_answer, lines_answer, told, unless_gone, wants_lines
from isthmus.web.engine import TABLES, Answer, Engine
from isthmus.web.guard import Guard
from isthmus.web.memory import give_back
from isthmus.web.openapi import BASE_ARGUMENTS, QUEUES_ARGUMENTS, describe
from isthmus.web.questions import QUESTIONS, Given, Job, Question
from isthmus.web.reading import read_arguments, read_body, scenario_of
from isthmus.web.work import Desk, Limits

if TYPE_CHECKING:
    from starlette.requests import Request

    from isthmus.solve import Queues

#: Pages that the front end draws.
PAGES = ("/", "/leverage", "/critical", "/events", "/dependence", "/validation")
#: What kept answers of quick questions may weigh.
QUICK_MB = 8.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")

_STATIC = {"app.js": "text/javascript", STYLE: "text/css", OUTLINES: "application/json"}
_SHELL = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/isthmus.css">
<title>isthmus</title>
</head>
<body>
<div id="isthmus"><main class="report"><p>Loading the map ...</p></main></div>
<script type="module" src="/static/app.js"></script>
</body>
</html>
"""


class Views:
    """The views, over one engine, the desk of solves and that of quick questions."""

    def __init__(self, engine: Engine, desk: Desk[Answer], quick: Desk[Answer]) -> None:
        self.engine = engine
        self.desk = desk
        self.quick = quick
        self._static = {name: static_text(name).encode() for name in _STATIC}

    # Pages and files -----------------------------------------------------------------------------

    async def page(self, _: Request) -> Response:
        """Return the shell that draws every page."""
        return HTMLResponse(_SHELL)

    async def static(self, request: Request) -> Response:
        """Return a built file of the front end, by a name of the table."""
        name = str(request.path_params["name"])
        if name not in _STATIC:
            raise HTTPException(404)
        return Response(self._static[name], media_type=_STATIC[name])

    # Quick answers -------------------------------------------------------------------------------

    async def about(self, request: Request) -> Response:
        """Return what forms are made of."""
        read_arguments(request)
        return json_answer(self.engine.about())

    async def network(self, request: Request) -> Response:
        """Return the network document."""
        return json_answer(self.engine.network(read_arguments(request, BASE_ARGUMENTS)["as_of"]))

    async def validation(self, request: Request) -> Response:
        """Return the validation that is stored with the world."""
        read_arguments(request)
        return json_answer(self.engine.validation())

    async def status(self, request: Request) -> Response:
        """Return how much there is to do."""
        read_arguments(request)
        limits = self.desk.limits
        jobs = self.desk.load + self.quick.load
        return json_answer({"jobs": jobs, "workers": limits.workers, "waiting_at_most": limits.waiting})

    async def scenarios(self, request: Request) -> Response:
        """Return the library."""
        read_arguments(request)
        return json_answer(self.engine.about()["scenarios"])

    async def scenario(self, request: Request) -> Response:
        """Return a scenario of the library as data and TOML."""
        read_arguments(request)
        return json_answer(self.engine.library_entry(str(request.path_params["name"])))

    async def translate(self, request: Request) -> Response:
        """Return a scenario as data and as TOML, checked against the kinds of change."""
        scenario = scenario_of(self.engine, await read_body(request))
        return json_answer({"scenario": scenario_to_data(scenario), "toml": scenario_to_toml(scenario)})

    async def check(self, request: Request) -> Response:
        """Return what each change of a scenario alters."""
        return json_answer(self.engine.check(scenario_of(self.engine, await read_body(request))))

    # Solves --------------------------------------------------------------------------------------

    async def _solved(self, request: Request, queues: Queues | None = None) -> Answer:
        scenario = scenario_of(self.engine, await read_body(request))
        key = self.engine.key(f"run{queues or ''}", scenario)
        return await unless_gone(request, self.desk.ask(key, self.engine.run(scenario, queues)))

    async def run(self, request: Request) -> Response:
        """Return a solved scenario, as `isthmus run --format json` prints it."""
        read_arguments(request)
        return json_answer(self.engine.summary(await self._solved(request)))

    async def document(self, request: Request) -> Response:
        """Return the result document; as lines, if the asker accepts them, with the stages before it."""
        queues: Queues | None = "held" if read_arguments(request, QUEUES_ARGUMENTS)["queues"] == "held" else None
        if not wants_lines(request):
            return json_answer((await self._solved(request, queues)).body)
        scenario = scenario_of(self.engine, await read_body(request))
        self.engine.check(scenario)  # bad names are a 400 before anything streams
        key = self.engine.key(f"run{queues or ''}", scenario)
        return lines_answer(self.desk, key, self.engine.run(scenario, queues), request)

    async def report(self, request: Request) -> Response:
        """Return the self-contained report of a scenario."""
        read_arguments(request)
        scenario = scenario_of(self.engine, await read_body(request))
        job = self.desk.ask(self.engine.key("report", scenario), self.engine.report(scenario))
        body = (await unless_gone(request, job)).body
        headers = {"content-disposition": 'attachment; filename="report.html"', "content-security-policy": "sandbox"}
        return Response(body, media_type="text/html", headers=headers)

    async def table(self, request: Request) -> Response:
        """Return a table of a solved scenario as CSV or Parquet."""
        read_arguments(request)
        name, form = str(request.path_params["name"]), str(request.path_params["form"])
        if name not in TABLES or form not in ("csv", "parquet"):
            raise QueryError(f"table {name}.{form}: there are {', '.join(TABLES)} as csv and parquet.")
        body = self.engine.table(await self._solved(request), name, form)
        kind = "text/csv" if form == "csv" else "application/vnd.apache.parquet"
        headers = {"content-disposition": f'attachment; filename="{name}.{form}"'}
        return Response(body, media_type=kind, headers=headers)

    async def base(self, request: Request) -> Response:
        """Return freight by link without any scenario."""
        given = read_arguments(request, BASE_ARGUMENTS)
        return await self._ask(request, "base", given, self.engine.base(given["as_of"]))

    async def prepare(self, request: Request) -> Response:
        """Make first answers of a day quick; return what they take of memory when that is done."""
        given = read_arguments(request, BASE_ARGUMENTS)
        return await self._ask(request, "prepare", given, self.engine.prepare(given["as_of"]))

    def answer(self, question: Question) -> View:
        """Return the view of a question of the table."""

        async def view(request: Request) -> Response:
            given = read_arguments(request, question.arguments)
            desk = self.quick if question.quick else self.desk
            return await self._ask(request, question.path, given, question.job(self.engine, given), desk)

        return view

    async def _ask(
        self, request: Request, what: str, given: Given, job: Job, desk: Desk[Answer] | None = None
    ) -> Response:
        desk = desk or self.desk
        key = self.engine.key(what, given)
        if wants_lines(request):
            return lines_answer(desk, key, job, request)
        return json_answer((await unless_gone(request, desk.ask(key, job))).body)

    async def openapi(self, _: Request) -> Response:
        """Return the description of all of this."""
        return json_answer(describe())


def make_app(
    engine: Engine, *, hosts: Iterable[str] = LOOPBACK, limits: Limits | None = None, ready: bool = False
) -> Starlette:
    """Return the application.

    Parameters
    ----------
    engine : Engine
    hosts : iterable of str
        Names under which it may be asked (the Host header), without ports.
    limits : Limits, optional
        Of the desk.
    ready : bool
        Make first answers quick as soon as the server starts, and not with the first that is asked for.

    Raises
    ------
    BuildError
        The front end was never built.
    """
    desk: Desk[Answer] = Desk(limits, lambda answer: answer.megabytes, give_back)
    quick: Desk[Answer] = Desk(replace(desk.limits, workers=1, megabytes=QUICK_MB), lambda answer: answer.megabytes)
    views = Views(engine, desk, quick)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        given: Given = {"as_of": None}
        preparing = (
            asyncio.ensure_future(desk.ask(engine.key("prepare", given), engine.prepare(None), seconds=math.inf))
            if ready
            else None
        )
        yield
        for each in (quick, desk):
            each.close()
        if preparing is not None:
            await asyncio.gather(preparing, return_exceptions=True)

    def get(path: str, view: View) -> Route:
        return Route(path, told(view), methods=["GET"])

    def post(path: str, view: View) -> Route:
        return Route(path, told(view), methods=["POST"])

    routes = [
        *(get(path, views.page) for path in PAGES),
        get("/static/{name}", views.static),
        get("/api/openapi.json", views.openapi),
        get("/api/about", views.about),
        get("/api/status", views.status),
        get("/api/validation", views.validation),
        get("/api/network", views.network),
        get("/api/scenarios", views.scenarios),
        get("/api/scenarios/{name}", views.scenario),
        post("/api/translate", views.translate),
        post("/api/check", views.check),
        post("/api/run", views.run),
        post("/api/document", views.document),
        post("/api/report", views.report),
        post("/api/tables/{name}.{form}", views.table),
        get("/api/base", views.base),
        get("/api/prepare", views.prepare),
        *(get(question.path, views.answer(question)) for question in QUESTIONS),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=hosts), Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)],
        exception_handlers={HTTPException: _plain_error},
        lifespan=lifespan,
    )


async def _plain_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = error.detail if isinstance(error, HTTPException) else "a fault of the server. See its log."
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return json_answer({"error": f"{text}.", "status": status}, status, headers)
