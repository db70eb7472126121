def adamax(g, m, peak, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """AdaMax (Kingma and Ba, arXiv 1412.6980, section 7): Adam by a decaying largest gradient.

    The epsilon, which the paper does not have, is added to the gradient's size, as in
    `torch.optim`.
    """
    m = lerp(g, m, beta1)
    peak = max(beta2 * peak, abs(g) + eps)
    m_hat = m / (1 - beta1**t)
    return m_hat / peak, m, peak
