def stableadamw(g, m, v, t, *, beta1=0.9, beta2=0.99, eps=1e-6):
    """StableAdamW (Wortsman et al., arXiv 2304.13013): AdamW with Adafactor's update clipping.

    A tensor's step shrinks where its gradients are larger than v foretells. The paper shrinks the
    weight decay likewise, which is the trainer's here.
    """
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    m_hat = m / (1 - beta1**t)
    root = sqrt(v / (1 - beta2**t))
    surprise = rms(g / max(root, eps))
    return m_hat / (root + eps) / max(surprise, 1), m, v
