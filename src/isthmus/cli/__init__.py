"""The commands. They call the public functions and add no model.

Exit codes: 0 done, 1 the model has no answer (said why), 2 bad input (says where), 130 interrupted.
"""

from __future__ import annotations

import click

from isthmus.cli.appraise import appraise
from isthmus.cli.assign import assign
from isthmus.cli.coincide import coincide
from isthmus.cli.compare import compare
from isthmus.cli.critical import critical
from isthmus.cli.data import data_group
from isthmus.cli.dependence import dependence
from isthmus.cli.events import events
from isthmus.cli.leverage import leverage
from isthmus.cli.routes import routes
from isthmus.cli.run import run
from isthmus.cli.scenarios import check, scenarios
from isthmus.cli.serve import serve
from isthmus.cli.skims import skims
from isthmus.cli.sweep import sweep
from isthmus.cli.validate import validate
from isthmus.cli.world import world_group
from isthmus.version import __version__


@click.group()
@click.version_option(__version__, prog_name="isthmus")
def main() -> None:
    """Tell what changes when a trade link opens or closes, and who holds leverage over whom."""


for _command in (
    run,
    compare,
    scenarios,
    check,
    routes,
    skims,
    assign,
    leverage,
    dependence,
    appraise,
    events,
    coincide,
    critical,
    validate,
    sweep,
    serve,
    world_group,
    data_group,
):
    main.add_command(_command)
