"""Holds the meaning of a program: its graph, identities, value ranges, digest and interpreter."""
