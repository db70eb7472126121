def cautious_adamw_max(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """Cautious AdamW (Liang et al., arXiv 2411.16085), scaled as in timm (Wightman, 2024).

    AdamW where momentum and gradient agree; what is kept of a tensor is divided by the share kept,
    taken as at least 1/1000. The authors' code took this over; see `cautious_adamw` for the paper.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    mask = m * g > 0
    mask = mask / max(mean(mask), 1e-3)
    return mask * m_hat / (sqrt(v_hat) + eps), m, v
