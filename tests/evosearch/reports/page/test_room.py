"""Where modules of this room are tested that have no tests of their name."""

TESTED_ELSEWHERE = {
    "curves": "test_curve_training.py makes them, test_curve_file.py keeps them",
}
