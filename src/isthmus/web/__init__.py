"""Pages over the public functions, and a JSON twin for each (extra `web`)."""
