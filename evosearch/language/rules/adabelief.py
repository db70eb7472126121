def adabelief(g, m, s, t, *, beta1=0.9, beta2=0.999, eps=1e-16):
    """AdaBelief (Zhuang et al., arXiv 2010.07468): Adam by the gradient's distance from its mean.

    The epsilon counts twice, as in the paper: it is added to `s` at every step and to its root.
    """
    m = lerp(g, m, beta1)
    s = lerp(square(g - m), s, beta2) + eps
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return m_hat / (sqrt(s_hat) + eps), m, s
