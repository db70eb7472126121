"""How rules move the rows of a cohort: a plan applied to many replicas at once."""
