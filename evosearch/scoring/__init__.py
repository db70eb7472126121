"""From trainings to a speed-up over tuned AdamW, and whether a task resolves one."""
