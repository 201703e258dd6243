"""What each change of a scenario alters, as JSON (`schema/check.json`)."""

from __future__ import annotations

from dataclasses import asdict

from isthmus.scenario import Applied, Scenario
from isthmus.world import World


def check_to_json(scenario: Scenario, world: World, applied: Applied) -> dict[str, object]:
    """Return the effects of a scenario applied to a world of its day, in order."""
    return {
        "scenario": scenario.name,
        "horizon": scenario.horizon,
        "as_of": world.as_of,
        "world": world.name,
        "effects": [asdict(effect) for effect in applied.effects],
        "not_modelled": list(applied.not_modelled),
        "warnings": list(applied.warnings),
    }
