def mars_adamw(g, last, m, v, t, *, beta1=0.95, beta2=0.99, gamma=0.025, eps=1e-8):
    """MARS-AdamW (Yuan et al., arXiv 2411.10438): AdamW of a variance-reduced gradient.

    The approximate form, which takes the `last` gradient as it was, on other data, and zero before
    the first step, as the authors' code does. The norm of a tensor is clipped to 1.
    """
    c = g + gamma * beta1 / (1 - beta1) * (g - last)
    c = c / max(norm(c), 1)
    m = lerp(c, m, beta1)
    v = lerp(square(c), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return m_hat / (sqrt(v_hat) + eps), g, m, v
