"""Rules of identity and access: mistakes found before they reach a cluster.

A rule is data and a pure function. Nothing here touches a network, a file or the environment.
"""

import lazy_loader

# The process of a provider judges one block, and must not pay for the rules of stack files.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
