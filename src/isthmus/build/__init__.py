"""How the embedded world is made; a developer's extra that the rest never imports."""
