def powersign(g, m, *, beta=0.9):
    """PowerSign (Bello et al., arXiv 1709.07417): more gradient where momentum agrees.

    It is multiplied by e where the signs agree and divided by e where they differ, in all steps
    alike: the paper's base without its decay of the signs' weight.
    """
    m = lerp(g, m, beta)
    return exp(sign(g) * sign(m)) * g, m
