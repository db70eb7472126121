def lamb(w, g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-6, decay=0.01):
    """LAMB (You et al., arXiv 1904.00962): AdamW, each tensor's step as long as its weights.

    The weight decay takes part in the trust ratio and so belongs to the rule. The ratio is not
    clipped; it is 1 where a norm is 0.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    update = m_hat / (sqrt(v_hat) + eps) + decay * w
    length = norm(w)
    step = norm(update)
    trust = where(length * step, length / step, 1)
    return trust * update, m, v
