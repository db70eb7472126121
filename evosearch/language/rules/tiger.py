def tiger(g, m, *, beta=0.965):
    """Tiger (Su, 2023, github.com/bojone/tiger): the sign of the averaged gradient.

    Lion with one beta, and Signum with another default.
    """
    m = lerp(g, m, beta)
    return sign(m), m
