def radam(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """RAdam (Liu et al., arXiv 1908.03265): Adam, rectified for the variance of its first steps.

    `rho` is the length of the average in `v`; while it is 5 or less (in the paper 4), v is not
    used at all. The epsilon is added before v is corrected for bias, as in `torch.optim`.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_bias = 1 - beta2**t
    limit = 2 / (1 - beta2) - 1
    rho = limit - 2 * t * beta2**t / v_bias
    r = sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
    adaptive = r * m_hat * sqrt(v_bias) / (sqrt(v) + eps)
    return where(rho > 5, adaptive, m_hat), m, v
