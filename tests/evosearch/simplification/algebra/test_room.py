"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = dict.fromkeys(
    ("averages", "choices", "numbers", "reductions"),
    "tables, of which tests/evosearch/simplification/test_rules tries every line",
)
