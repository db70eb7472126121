def addsign(g, m, *, beta=0.9):
    """AddSign (Bello et al., arXiv 1709.07417): twice the gradient where momentum agrees, else 0.

    The paper's alpha of 1, without its decay of the signs' weight.
    """
    m = lerp(g, m, beta)
    return (1 + sign(g) * sign(m)) * g, m
