"""Executes a user's Python, which happens nowhere else: operations and tasks."""
