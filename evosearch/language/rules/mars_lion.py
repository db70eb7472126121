def mars_lion(g, last, m, *, beta=0.95, gamma=0.025):
    """MARS-Lion (Yuan et al., arXiv 2411.10438): the sign of averaged, variance-reduced gradients.

    The approximate form, which takes the `last` gradient as it was, on other data, and zero before
    the first step, as the authors' code does. The norm of a tensor is clipped to 1.
    """
    c = g + gamma * beta / (1 - beta) * (g - last)
    c = c / max(norm(c), 1)
    m = lerp(c, m, beta)
    return sign(m), g, m
