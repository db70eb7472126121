"""Modules of this folder whose tests have another name, and why."""

TESTED_ELSEWHERE = {
    "byte_lm": "test_every_task.py holds every task to one contract",
    "byte_ngrams": "test_every_task.py holds every task to one contract",
    "digit_sums": "test_every_task.py holds every task to one contract",
    "digits_autoencoder": "test_every_task.py holds every task to one contract",
    "digits_conv": "test_every_task.py holds every task to one contract",
    "digits_conv_deep": "test_every_task.py holds every task to one contract",
    "digits_deep": "test_every_task.py holds every task to one contract",
    "logistic": "test_every_task.py holds every task to one contract",
    "spirals": "test_every_task.py holds every task to one contract",
    "teacher": "test_every_task.py holds every task to one contract",
}
