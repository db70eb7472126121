"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "docstrings": "test_file and test_api hold what a file says of itself against what it does",
    "file_plan": "test_contract and test_file run every list and option that it plans",
    "functions": "test_file runs each function of every known rule on every path",
    "instructions": "two records without behaviour; test_selection and test_schedule read them",
    "optimizer_class": "test_contract asks of the class what torch asks of its own",
    "ordering": "test_schedule executes the order and asserts every read",
    "single": "test_file reads and runs its code, test_schedule executes what it writes down",
    "step_code": "test_file and test_foreach run what both kinds of code take from it",
}
