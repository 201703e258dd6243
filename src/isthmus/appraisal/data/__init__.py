"""Figures that appraisals rest on, each with its source and basis."""
