def madgrad(w, g, s, v, start, lr, t, *, beta=0.9, eps=1e-6):
    """MADGRAD (Defazio and Jelassi, arXiv 2101.11075): dual averaging by the cube root of v.

    Weights average points that lie away from where they started by the weighted sum of gradients.
    Both sums weigh a step by its learning rate, so the direction depends on it.
    """
    start = where(t > 1, start, w)
    weight = lr * sqrt(t)
    s = s + weight * g
    v = v + weight * square(g)
    point = start - s / (cbrt(v) + eps)
    return (w - lerp(point, w, beta)) / lr, s, v, start
