"""Makes this folder, or a zip of it, runnable: `python3 steps.zip preprocess --data …`. Nothing else happens here."""

from __future__ import annotations

import sys

from tabular.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
