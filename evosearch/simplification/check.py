"""Tells whether two rules do the same on both probes, up to a positive factor."""

from __future__ import annotations

from evosearch.graph.graph import Graph
from evosearch.screening import short_probe
from evosearch.screening.fingerprint import fingerprint_of_any, near


class Behaviour:
    """Holds what a rule, its constants bound, does on the probes.

    On the long one `t` leaves values out, so that few steps reach far. There a rule that counts
    steps differs from one that reads `t`, unlike in training; if `counting`, `t` takes every value.
    """

    def __init__(self, graph: Graph, counting: bool = False) -> None:
        trace = short_probe.run(graph)
        self.size = trace.update_size
        """The root mean square of the direction on the short probe."""
        self.fingerprint = fingerprint_of_any(trace, counting)
        """None where there is nothing to compare."""
        if self.fingerprint is not None:
            # So that the long probe is compared too, whether or not the rule switches.
            self.fingerprint.switches = True

    def factor_over(self, other: Behaviour) -> float | None:
        """Gives the positive number that makes this rule's direction of the other's.

        Gives None where no number does.
        """
        if self.fingerprint is None or other.fingerprint is None:
            return None
        if not near(self.fingerprint, other.fingerprint):
            return None
        return float(f"{self.size / other.size:.12g}")
