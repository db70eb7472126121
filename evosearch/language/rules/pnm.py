def pnm(g, last, older, *, beta=0.81, beta0=1):
    """Positive-negative momentum (Xie et al., arXiv 2103.17182): two averages that take turns.

    Each sees every other gradient, so `beta` is the square of the paper's beta1; the newer is
    extrapolated from the `last`. Weights move by that over the size to which it brings noise.
    """
    m = lerp(g, older, beta)
    update = (1 + beta0) * m - beta0 * last
    return update / sqrt(square(1 + beta0) + square(beta0)), m, last
