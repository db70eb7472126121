def madgrad(w, g, s, v, start, lr, t, *, c=0.1, eps=1e-6):
    """MADGRAD (Defazio and Jelassi, arXiv 2101.11075): dual averaging by the cube root of v.

    Weights go the share `c`, one less the momentum, of their way to a point that lies away from
    their `start` by a sum of gradients. Both sums weigh a gradient by its learning rate.
    """
    start = where(t > 1, start, w)
    weight = lr * sqrt(t)
    s = s + weight * g
    v = v + weight * square(g)
    return c * (w - start + s / (cbrt(v) + eps)) / lr, s, v, start
