"""Modules of this folder whose tests have another name, and why."""

TESTED_ELSEWHERE = {
    "arithmetic": "test_elementwise.py, test_codes.py and test_facts.py hold for every row",
    "comparisons": "test_elementwise.py, test_codes.py and test_facts.py hold for every row",
    "composites": "tests/evosearch/graph/test_composites.py compares them with their definitions",
    "exponentials": "test_elementwise.py, test_codes.py and test_facts.py hold for every row",
    "powers": "test_elementwise.py, test_codes.py and test_facts.py hold for every row",
    "trigonometry": "test_elementwise.py, test_codes.py and test_facts.py hold for every row",
}
