"""Modules of this folder whose tests have another name, and why."""

TESTED_ELSEWHERE = {
    "code_checks": "test_row_checks.py checks by whole rows, as those who write them do",
    "elementwise_checks": "test_row_checks.py checks by whole rows, as those who write them do",
    "reduction_checks": "test_row_checks.py checks by whole rows, as those who write them do",
}
