def diffgrad(g, last, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """diffGrad (Dubey et al., arXiv 1909.11015): Adam, slower where the gradient hardly changes.

    Friction is the logistic function of the size of the change; the gradient before the first is 0.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    friction = (1 + tanh(abs(g - last) / 2)) / 2
    return friction * m_hat / (sqrt(v_hat) + eps), g, m, v
