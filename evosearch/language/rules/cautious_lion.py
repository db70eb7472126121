def cautious_lion(g, m, *, beta1=0.9, beta2=0.99):
    """Cautious Lion (Liang et al., arXiv 2411.16085): Lion where update and gradient agree.

    What is kept of a tensor grows by (its elements) / (elements kept + 1), as in the paper's
    algorithm; `cautious_lion_max` and `cautious_lion_eps` scale it in two other ways.
    """
    update = sign(lerp(g, m, beta1))
    m = lerp(g, m, beta2)
    mask = update * g > 0
    mask = mask * numel(g) / (sum(mask) + 1)
    return mask * update, m
