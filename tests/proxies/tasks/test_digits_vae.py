"""The evidence bound against torch.distributions."""

import torch
from torch.distributions import Normal, kl_divergence

from proxies import TASKS


def test_the_autoencoders_bound_is_the_published_one() -> None:
    """Likelihood of the pixels and divergence from the standard normal, by torch.distributions; the
    likelihood of the images themselves is the constant left out.
    """
    draw = torch.Generator().manual_seed(3)
    decoded, latent, images = (
        torch.randn(4, 64, generator=draw),
        torch.randn(4, 16, generator=draw),
        torch.rand(4, 64, generator=draw),
    )
    mean, log_variance = latent.chunk(2, dim=1)
    likelihood = Normal(decoded, 0.05).log_prob(images).sum(dim=1)
    likelihood -= Normal(images, 0.05).log_prob(images).sum(dim=1)
    divergence = kl_divergence(
        Normal(mean, torch.exp(0.5 * log_variance)),
        Normal(torch.zeros_like(mean), torch.ones_like(mean)),
    ).sum(dim=1)
    bound = TASKS["digits_vae"].loss(torch.cat([decoded, latent], dim=1), images)
    torch.testing.assert_close(bound, (divergence - likelihood).mean())
