def signsgd(g):
    """signSGD (Bernstein et al., arXiv 1802.04434): the sign of the gradient."""
    return sign(g)
