"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "proposal": "test_stages and test_constants read every field of a proposal",
}
