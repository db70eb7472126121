"""Reads programs from text, writes them as text, and holds the known rules."""
