"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "nearest": "test_recognition, which reaches each of its stages",
}
