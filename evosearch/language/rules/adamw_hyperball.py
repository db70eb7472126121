def adamw_hyperball(w, g, m, v, radius, lr, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """AdamW on a hyperball, AdamH (Wen et al., arXiv 2606.16899): weights stay as long as at first.

    Adam's direction, as long as the weights are, moves each tensor, which is then put back on its
    sphere. Decay does nothing there. The paper leaves vectors and embeddings to Adam; here tensors
    are that have no sphere: those that start at zero, and single numbers.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    update = m_hat / (sqrt(v_hat) + eps)
    radius = where(t > 1, radius, norm(w))
    moved = w - lr * radius * update / norm(update)
    turn = (w - radius * moved / norm(moved)) / lr
    return where(radius * (numel(w) > 1), turn, update), m, v, radius
