"""How goods move: generalised cost, route choice, flows, trade cost."""
