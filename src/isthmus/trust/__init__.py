"""How far to trust it: calibration, validation, uncertainty, sweeps."""
