def nadam(g, m, v, seen, t, *, beta1=0.9, beta2=0.999, eps=1e-8, psi=4e-3):
    """NAdam (Dozat, 2016): Adam with Nesterov momentum, whose coefficient mu warms up to beta1.

    `seen` is one minus the product of all mu, since states start at zero; `psi` is the speed of
    the warm-up, torch's `momentum_decay`.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    mu = beta1 * (1 - 0.5 * 0.96 ** (t * psi))
    mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))
    seen = 1 - (1 - seen) * mu
    seen_next = 1 - (1 - seen) * mu_next
    m_hat = mu_next * m / seen_next + (1 - mu) * g / seen
    v_hat = v / (1 - beta2**t)
    return m_hat / (sqrt(v_hat) + eps), m, v, seen
