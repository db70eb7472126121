def adam(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam (Kingma and Ba, arXiv 1412.6980)."""
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return m_hat / (sqrt(v_hat) + eps), m, v
