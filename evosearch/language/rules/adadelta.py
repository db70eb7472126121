def adadelta(g, v, d, *, rho=0.9, eps=1e-6):
    """Adadelta (Zeiler, arXiv 1212.5701): steps in the weights' own units.

    `d` averages the squares of the directions. The paper has no learning rate, which means 1.
    """
    v = lerp(square(g), v, rho)
    update = g * sqrt(d + eps) / sqrt(v + eps)
    d = lerp(square(update), d, rho)
    return update, v, d
