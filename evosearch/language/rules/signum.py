def signum(g, m, *, beta=0.9):
    """Signum (Bernstein et al., arXiv 1802.04434): the sign of the averaged gradient."""
    m = lerp(g, m, beta)
    return sign(m), m
