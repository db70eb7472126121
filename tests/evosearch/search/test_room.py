"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "candidate": "two records without behaviour; test_breeding and test_evolution make them",
}
