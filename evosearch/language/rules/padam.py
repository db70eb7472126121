def padam(g, m, v, peak, *, beta1=0.9, beta2=0.999, eps=1e-8, exponent=0.25):
    """Padam (Chen et al., arXiv 1806.06763): AMSGrad that divides by a smaller power of v.

    `exponent` is that of v's root, twice the paper's p of 1/8: 1 is AMSGrad, 0 is momentum. There
    are no bias corrections, as in the paper; the epsilon is the authors' code's.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    peak = max(peak, v)
    return m / (sqrt(peak) + eps) ** exponent, m, v, peak
