"""A companion to two papers: train a classifier on a frozen GAN's images (A), and condition a frozen GAN without data (B).

Glossary
    G         generator, frozen: (z, y) -> images in [-1, 1]              generators/
    C         classifier: images -> logits                                networks/
    z, y      latent (N, d) and class (N,)
    HSM       Hard Sample Mining, A 3.1: J steps of size eta              hard_sample_mining.py
    DS        Dataset Smoothing, A 3.2: replacement fraction r            dataset_smoothing.py
    BNA       BatchNorm statistics Adaptation, A 3.3                      batchnorm_adaptation.py
    N, M      images in the data set; images in a round of Alg. 1
    attribute what is asked for in B
    teacher   the frozen classifier that trains the input generator       conditioner.py
    judge     another classifier: it measures, it takes part in no training
    warm start the input generator of B starts where the frozen pair reads each attribute in draws of the prior
    prior     the distribution of latents that G was trained with
    truth     the prior given an attribute, by Bayes' rule                samplers/posterior_sampling.py
    w         weight of the prior: 0 is paper B, 1 is the truth           samplers/
    draw      one random latent, and the image that G makes of it
    profile   parts and sizes of a whole experiment                       companion/profiles/

Data flow
    generator -> [hard_sample_mining -> dataset_smoothing] -> training -> [batchnorm_adaptation] -> metrics
    attribute -> conditioner | distilled posterior -> generator -> teacher
    companion: profiles -> experiment.run(config) -> records -> report -> notebooks
"""

from paperlib import _moved

__version__ = "0.4.0.dev0"
_moved.install()
