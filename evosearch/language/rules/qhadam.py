def qhadam(g, m, v, t, *, beta1=0.995, beta2=0.999, nu1=0.7, nu2=1, eps=1e-8):
    """QHAdam (Ma and Yarats, arXiv 1810.06801): Adam whose moments are averaged with the gradient.

    The constants are those that the paper recommends.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return lerp(g, m_hat, nu1) / (sqrt(lerp(square(g), v_hat, nu2)) + eps), m, v
