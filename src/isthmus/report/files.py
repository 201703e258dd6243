"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path


def write_text(path: Path, text: str) -> Path:
    """Write a text file under a temporary name, then rename it; return its path."""
    path = Path(path)
    fresh = path.with_name(f".{path.name}.part")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    return path
