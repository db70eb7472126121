"""The one place where a user's Python is executed: operations and tasks."""
