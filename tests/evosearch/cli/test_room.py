"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "options": "options without behaviour; the tests of the commands that have them use them",
}
