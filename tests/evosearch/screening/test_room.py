"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "description": "tests/evosearch/cli/test_check_commands reads all of it",
    "equivalence": "test_classes and the tests of `evosearch hash`",
    "screen": "test_classes, test_gates and test_fingerprint screen programs by it",
}
