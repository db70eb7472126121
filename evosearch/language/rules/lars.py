def lars(w, g, m, *, mu=0.9, trust=1e-3, decay=5e-4):
    """LARS (You et al., arXiv 1708.03888): momentum, each tensor's steps as long as its weights.

    The weight decay takes part in the ratio of lengths and so belongs to the rule. The ratio is 1
    where the weights are 0. The learning rate multiplies the momentum; in the paper, the gradient.
    """
    ratio = where(norm(w) > 0, trust * norm(w) / (norm(g) + decay * norm(w)), 1)
    m = mu * m + ratio * (g + decay * w)
    return m, m
