"""``allies-sync`` and ``python -m allies_sync``."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Runs one command and ends the process with its exit code."""
    gc.disable()  # while modules are imported there is no garbage; looking for it takes a tenth of --help
    from allies_sync.cli.start import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
