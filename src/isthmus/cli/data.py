"""`isthmus data build`: make the embedded world."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from isthmus.cli.shared import told


@click.group("data")
def data_group() -> None:
    """Build the embedded world."""


@data_group.command("build")
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="World folder to write; the shipped eurasia-2022 by default.")  # fmt: skip
@click.option("--icio", type=click.Path(path_type=Path, exists=True), default=None,
              help="Official OECD ICIO CSV in place of the packaged extract.")  # fmt: skip
@click.option("--calibrate", "fit_anew", is_flag=True,
              help="Fit the constants to the observed flows anew, instead of those of the facts.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def data_build(out: Path | None, icio: Path | None, fit_anew: bool, quiet: bool) -> None:
    """Build eurasia-2022 from packages and our own tables (needs the extra `build`)."""
    from isthmus.build.main import build_world
    from isthmus.trust.calibrate import fit_table
    from isthmus.world.load import worlds_folder

    folder = out or worlds_folder() / "eurasia-2022"
    tell = (lambda _: None) if quiet else (lambda line: click.echo(line, err=True))

    fit = partial(fit_table, tell=tell) if fit_anew else None
    for name, digest in build_world(folder, tell, icio=icio, calibrate=fit).items():
        click.echo(f"{digest}  {name}")
