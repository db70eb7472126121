def amsgrad(g, m, v, peak, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """AMSGrad (Reddi, Kale and Kumar, 2018; arXiv 1904.09237): Adam by the largest v so far.

    With Adam's bias corrections, as in `torch.optim`; the paper's has none.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    peak = max(peak, v)
    m_hat = m / (1 - beta1**t)
    v_hat = peak / (1 - beta2**t)
    return m_hat / (sqrt(v_hat) + eps), m, v, peak
