def adamw_radial_brake(w, g, m, v, lr, t, *, beta1=0.9, beta2=0.999, eps=1e-8, brake=0.5):
    """AdamW with a radial brake (nilin.github.io/radial-brake, 2026): weights grow longer slowly.

    Of what a step adds to a tensor's length, the share `brake` is taken back by scaling. At 1 steps
    turn the weights or shorten them, no more, much as in AdamP (Heo et al., arXiv 2006.08217).
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    update = m_hat / (sqrt(v_hat) + eps)
    moved = w - lr * update
    excess = brake * max(norm(moved) - norm(w), 0)
    return update + excess / norm(moved) * moved / lr, m, v
