def novograd(g, m, v, t, *, beta1=0.95, beta2=0.98, eps=1e-8):
    """NovoGrad (Ginsburg et al., arXiv 1905.11286): momentum of gradients whose length is 1.

    `v`, one number per tensor, averages squared norms and begins with the first. The weight decay
    is the trainer's; in the paper it enters the momentum.
    """
    size = square(norm(g))
    v = where(t > 1, lerp(size, v, beta2), size)
    m = beta1 * m + g / (sqrt(v) + eps)
    return m, m, v
