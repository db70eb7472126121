"""Trains many replicas of a task at once, by gradients of all in one call."""
