"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "rewriting": "test_identities builds both sides of every identity by it",
}
