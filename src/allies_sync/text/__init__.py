"""Words: Markdown, escaping, sanitising, names and slugs, messages.

Import the modules, not this package: it stays empty so that `allies-sync --help` pays for none of them.
"""
