"""`isthmus data build`: make the embedded world."""

from __future__ import annotations

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
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def data_build(out: Path | None, icio: Path | None, quiet: bool) -> None:
    """Build eurasia-2022 from packages and our own tables (needs the extra `build`)."""
    from isthmus.build.main import build_world
    from isthmus.world.load import worlds_folder

    folder = out or worlds_folder() / "eurasia-2022"
    tell = (lambda _: None) if quiet else (lambda line: click.echo(line, err=True))
    for name, digest in build_world(folder, tell, icio=icio).items():
        click.echo(f"{digest}  {name}")
