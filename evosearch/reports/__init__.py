"""Reads runs: PROGRAM references, leaderboard, replay, summary, and what is known of tasks."""
