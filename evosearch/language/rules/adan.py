def adan(g, last, m, d, v, t, *, beta1=0.98, beta2=0.92, beta3=0.99, eps=1e-8):
    """Adan (Xie et al., arXiv 2208.06677): Adam with Nesterov momentum from gradient differences.

    Betas are what is kept of the past, as in the authors' code; the paper writes one minus that.
    The first difference is zero. The bias corrections are the code's.
    """
    change = where(t > 1, g - last, 0)
    m = lerp(g, m, beta1)
    d = lerp(change, d, beta2)
    v = lerp(square(g + beta2 * change), v, beta3)
    m_hat = m / (1 - beta1**t)
    d_hat = d / (1 - beta2**t)
    v_hat = v / (1 - beta3**t)
    return (m_hat + beta2 * d_hat) / (sqrt(v_hat) + eps), g, m, d, v
