"""What is read from a run: PROGRAM references, leaderboard, replay, summary."""
