def cautious_adamw(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """Cautious AdamW (Liang et al., arXiv 2411.16085): AdamW where momentum and gradient agree.

    What is kept of a tensor grows by (its elements) / (elements kept + 1), as in the paper's
    algorithm; `cautious_adamw_max` and `cautious_adamw_eps` scale it in two other ways.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    mask = m * g > 0
    mask = mask * numel(g) / (sum(mask) + 1)
    return mask * m_hat / (sqrt(v_hat) + eps), m, v
