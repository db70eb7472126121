"""Writes graphs down, for people and for machines."""
