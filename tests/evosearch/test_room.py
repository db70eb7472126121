"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "version": "a call; the tests of the command line hold it against the package's",
    "__main__": "a line that calls the command line",
    "errors": "two classes without behaviour; every test of a message raises them",
}
