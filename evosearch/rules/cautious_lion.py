def cautious_lion(g, m, *, beta1=0.9, beta2=0.99):
    """Cautious Lion (Liang et al., arXiv 2411.16085): Lion where update and gradient agree.

    What is kept of a tensor is divided by the share kept, as the authors' code does.
    """
    update = sign(lerp(g, m, beta1))
    m = lerp(g, m, beta2)
    mask = update * g > 0
    mask = mask / max(mean(mask), 1e-3)
    return mask * update, m
