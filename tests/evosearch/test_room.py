"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "__main__": "a line that calls the command line",
    "errors": "two classes without behaviour; every test of a message raises them",
}
