"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "execute": "test_operations and test_tasks give it files that fail in every way",
}
