"""allies-sync: the shared workspace of a facilitated engagement, from its opening to its mémoire d'action."""

__version__ = "0.1.0"
