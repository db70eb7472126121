def qhm(g, m, *, beta=0.999, nu=0.7):
    """QHM (Ma and Yarats, arXiv 1810.06801): a weighted mean of momentum and the gradient."""
    m = lerp(g, m, beta)
    return lerp(g, m, nu), m
