"""Makes the command line, of thin calls to what the other packages do."""
