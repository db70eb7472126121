"""Says which known rule a program is: the same, with other constants, with more to it, or near."""
