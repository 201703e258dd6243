"""What to show: tables, charts, maps."""
