"""Past paper B: other families of latents, exact sampling of what conditioning should give, and a posterior learned from the pair."""

BURN_IN = 100  # states of a Metropolis-Hastings chain that are dropped
