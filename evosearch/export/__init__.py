"""A graph written down, for people and for machines."""
