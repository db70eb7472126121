def lion_l2(g, m, *, beta1=0.9, beta2=0.99):
    """Lion-K for the Euclidean norm (Chen et al., arXiv 2310.05898).

    Lion with the tensor's unit vector in place of its sign: a ball instead of a cube.
    """
    update = lerp(g, m, beta1)
    m = lerp(g, m, beta2)
    return update / norm(update), m
