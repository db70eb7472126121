"""Where modules of this room are tested that have no tests of their name."""

TESTED_ELSEWHERE = {
    "curves": "test_curve_training.py makes them, test_curve_file.py keeps them",
    "runners": "test_curve_wishes.py makes them",
    "kept_trials": "test_curve_wishes.py has a validation of its own",
}
