"""Looks at what a machine has and lacks for a search, and says what to do."""
