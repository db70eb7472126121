def adabound(g, m, v, t, *, beta1=0.9, beta2=0.999, final=100, gamma=1e-3, eps=1e-8):
    """AdaBound (Luo et al., arXiv 1902.09843): Adam whose element-wise rates close in on SGD's.

    `final` is the rate to which all come, in multiples of the learning rate; the paper's default of
    0.1 is 100 times its 0.001. The bias corrections, within the bounds, and the epsilon are the
    authors' code's; the paper has none, and divides by the root of the steps.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    rate = sqrt(1 - beta2**t) / (1 - beta1**t) / (sqrt(v) + eps)
    low = final * (1 - 1 / (gamma * t + 1))
    high = final * (1 + 1 / (gamma * t))
    return clamp(rate, low, high) * m, m, v
