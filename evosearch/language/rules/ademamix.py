def ademamix(g, m, slow, v, t, *, beta1=0.9, beta2=0.999, beta3=0.9999, alpha=5, eps=1e-8):
    """AdEMAMix (Pagliardini, Ablin and Grangier, arXiv 2409.03137): Adam with a second, slow mean.

    `alpha` and `beta3` are constant; the paper warms both up. The slow mean is not bias-corrected.
    """
    m = lerp(g, m, beta1)
    slow = lerp(g, slow, beta3)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return (m_hat + alpha * slow) / (sqrt(v_hat) + eps), m, slow, v
