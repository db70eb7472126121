def rmsprop(g, v, *, alpha=0.99, eps=1e-8):
    """RMSprop (Tieleman and Hinton, 2012), not centred, its average not bias-corrected."""
    v = lerp(square(g), v, alpha)
    return g / (sqrt(v) + eps), v
