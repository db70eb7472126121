"""The command line: thin calls of what the other packages do."""
