def cautious_adamw_eps(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """Cautious AdamW by the listing that opens its paper (Liang et al., arXiv 2411.16085).

    AdamW where momentum and gradient agree; what is kept of a tensor is divided by the share kept
    plus an epsilon, here Adam's. See `cautious_adamw` for the paper's algorithm.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    mask = m * g > 0
    mask = mask / (mean(mask) + eps)
    return mask * m_hat / (sqrt(v_hat) + eps), m, v
