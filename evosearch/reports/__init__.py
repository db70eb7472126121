"""Reads runs: PROGRAM references, leaderboard, replay, summary."""
