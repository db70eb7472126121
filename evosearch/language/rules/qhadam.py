def qhadam(g, m, v, t, *, beta1=0.995, beta2=0.999, nu=0.7, eps=1e-8):
    """QHAdam (Ma and Yarats, arXiv 1810.06801): Adam whose momentum is averaged with the gradient.

    The constants are those that the paper recommends; so is its nu2 of 1, which leaves v as it is.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return lerp(g, m_hat, nu) / (sqrt(v_hat) + eps), m, v
