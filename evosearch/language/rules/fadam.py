def fadam(w, g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8, eps2=0.01, limit=1, decay=0.1):
    """FAdam (Hwang, arXiv 2405.12807): Adam as natural gradient, by the diagonal Fisher matrix.

    The momentum is that of natural gradients, each clipped to a root mean square of `limit`, and
    so is the weight decay, which therefore belongs to the rule. The epsilon is at most `eps2` times
    the gradient's own root mean square.
    """
    v = lerp(square(g), v, beta2)
    fisher = sqrt(v / (1 - beta2**t)) + min(eps, eps2 * rms(g))
    natural = g / fisher
    m = lerp(natural / max(rms(natural) / limit, 1), m, beta1)
    pull = w / fisher
    return m + decay * pull / max(rms(pull) / limit, 1), m, v
