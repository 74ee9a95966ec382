"""Networks that classify: paper A's classifier, the frozen teachers and judges, feature networks."""
