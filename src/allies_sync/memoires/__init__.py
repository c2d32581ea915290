"""Mémoires d'action: the archive package of one engagement, and many mémoires read, checked and written."""
