"""Finds the shortest program that does the same, by steps that are proven and checked."""
