def cautious_lion_eps(g, m, *, beta1=0.9, beta2=0.99, eps=1e-8):
    """Cautious Lion by the listing that opens its paper (Liang et al., arXiv 2411.16085).

    Lion where update and gradient agree; what is kept of a tensor is divided by the share kept
    plus an epsilon. See `cautious_lion` for the paper's algorithm.
    """
    update = sign(lerp(g, m, beta1))
    m = lerp(g, m, beta2)
    mask = update * g > 0
    mask = mask / (mean(mask) + eps)
    return mask * update, m
