def exadam(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """EXAdam (Adly, arXiv 2412.20302): Adam that adds the gradient, each moment correcting both.

    A moment's bias correction grows by up to what the other moment has still to forget. The rate
    does not grow with the steps; in the paper's first version it did.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_bias = 1 - beta1**t
    trust = 1 + v / (v + eps) * beta2**t
    spread = 1 + square(m) / (square(m) + eps) * beta1**t
    v_hat = v / (1 - beta2**t) * spread
    return (m + g) / m_bias * trust / (sqrt(v_hat) + eps), m, v
