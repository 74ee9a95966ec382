"""Past paper B: other families of latents, exact sampling of what conditioning should give, and a posterior learned from the pair."""
