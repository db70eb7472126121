def nesterov(g, m, *, mu=0.9):
    """Nesterov's accelerated gradient (1983) as momentum, after Sutskever et al. (2013)."""
    m = mu * m + g
    return g + mu * m, m
