"""Modules of this folder whose tests have another name, and why."""

TESTED_ELSEWHERE = {
    "op_by_op": "test_update.py holds both ways to one contract, against the interpreter",
    "rule_by_rule": "test_update.py holds both ways to one contract, against the interpreter",
}
