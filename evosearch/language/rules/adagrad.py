def adagrad(g, v, *, eps=1e-10):
    """AdaGrad, diagonal (Duchi, Hazan and Singer, 2011), its sum of squares from zero."""
    v = v + square(g)
    return g / (sqrt(v) + eps), v
