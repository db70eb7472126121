def lion(g, m, *, beta1=0.9, beta2=0.99):
    """Lion (Chen et al., arXiv 2302.06675), found by symbolic program search."""
    update = sign(lerp(g, m, beta1))
    m = lerp(g, m, beta2)
    return update, m
