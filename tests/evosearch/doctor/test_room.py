"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {"finding": "a record without behaviour"}
