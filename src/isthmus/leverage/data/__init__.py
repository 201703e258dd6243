"""Capex of scenarios whose links have no figure of their own; `source` and `basis` in each row."""
