"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "commands": "a list; the tests of `main` hold it against the commands",
    "opened": "a function of three lines; the tests of the commands that read runs use it",
    "options": "options without behaviour; the tests of the commands that have them use them",
}
