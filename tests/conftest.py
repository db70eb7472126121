"""Settings that all tests share."""

from hypothesis import settings

# The same examples in every run, and no deadline that a busy machine could miss.
settings.register_profile("tests", derandomize=True, deadline=None, database=None, max_examples=50)
settings.load_profile("tests")
