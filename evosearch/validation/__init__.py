"""Compares rules with baselines that are tuned alike, on tasks and seeds that chose nothing."""
