"""Scores rules: trainings become a speed-up over tuned AdamW."""
