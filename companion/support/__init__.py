"""Paths, locks, the name of the processor, short errors in notebooks, and marked text."""
