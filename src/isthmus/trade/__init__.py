"""Who buys from whom: trade equilibrium in exact hat algebra."""
