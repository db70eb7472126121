"""Is the Python face of evosearch: what its commands do, for scripts and notebooks."""
