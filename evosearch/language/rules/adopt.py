def adopt(g, m, v, t, *, beta1=0.9, beta2=0.9999, eps=1e-6):
    """ADOPT (Taniguchi et al., arXiv 2411.02853): Adam by the v before this gradient.

    The first step only begins v; from then on what is averaged is clipped, at first to 1, later to
    the fourth root of the steps taken.
    """
    limit = (t - 1) ** 0.25
    scaled = clamp(g / max(sqrt(v), eps), -limit, limit)
    m = lerp(scaled, m, beta1)
    v = where(t > 1, lerp(square(g), v, beta2), square(g))
    return m, m, v
