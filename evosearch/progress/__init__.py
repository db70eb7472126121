"""Shows how far a search is: on a terminal, in a notebook, in a log."""
