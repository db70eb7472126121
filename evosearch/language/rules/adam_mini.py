def adam_mini(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam-mini (Zhang et al., arXiv 2406.16793): Adam with one learning rate for each row.

    `v` is the mean square of a row, which is what leads to an output of a linear layer, a token of
    an embedding. The paper takes queries and keys by head instead.
    """
    m = lerp(g, m, beta1)
    v = lerp(row_mean(square(g)), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return m_hat / (sqrt(v_hat) + eps), m, v
