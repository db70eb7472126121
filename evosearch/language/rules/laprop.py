def laprop(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    """LaProp (Ziyin, Wang and Ueda, arXiv 2002.04839): Adam that divides by v, then averages.

    With AdamW's epsilon; the paper's is 1e-15. The rate multiplies the average, as in the paper; in
    the authors' code it multiplies what is averaged.
    """
    v = lerp(square(g), v, beta2)
    v_hat = v / (1 - beta2**t)
    m = lerp(g / (sqrt(v_hat) + eps), m, beta1)
    return m / (1 - beta1**t), m, v
