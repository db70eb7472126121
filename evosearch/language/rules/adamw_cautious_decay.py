def adamw_cautious_decay(w, g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.01):
    """AdamW with cautious weight decay (Chen et al., arXiv 2510.12402).

    Weights decay only where that and the update agree, so the decay belongs to the rule.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    update = m_hat / (sqrt(v_hat) + eps)
    return update + decay * where(update * w >= 0, w, 0), m, v
