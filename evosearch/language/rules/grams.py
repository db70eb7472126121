def grams(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """Grams (Cao et al., arXiv 2412.17107): Adam's magnitude with the gradient's sign."""
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return abs(m_hat / (sqrt(v_hat) + eps)) * sign(g), m, v
