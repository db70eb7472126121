def yogi(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-3):
    """Yogi (Zaheer et al., NeurIPS 2018): Adam whose v moves by steps that do not grow with v.

    With Adam's bias corrections, which implementations have and the paper has not; v from zero.
    """
    g2 = square(g)
    m = lerp(g, m, beta1)
    v = v - (1 - beta2) * sign(v - g2) * g2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return m_hat / (sqrt(v_hat) + eps), m, v
