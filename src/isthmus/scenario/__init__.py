"""What changes: kinds of change, scenario files, and their application to a world."""
