def cautious_lion_max(g, m, *, beta1=0.9, beta2=0.99):
    """Cautious Lion (Liang et al., arXiv 2411.16085), scaled as in timm (Wightman, 2024).

    Lion where update and gradient agree; what is kept of a tensor is divided by the share kept,
    taken as at least 1/1000. See `cautious_lion` for the paper's own normalisation.
    """
    update = sign(lerp(g, m, beta1))
    m = lerp(g, m, beta2)
    mask = update * g > 0
    mask = mask / max(mean(mask), 1e-3)
    return mask * update, m
