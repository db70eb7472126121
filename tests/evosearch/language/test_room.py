"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "reader": "test_parser and test_any_text read every construct by it",
    "source": "test_any_text tries its limits on arbitrary text",
}
