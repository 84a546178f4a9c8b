"""Pin container images by digest, with a lockfile."""

import sys

# `python -m pinner` puts the current folder before everything else, and that is the folder which
# is checked: nothing in it may be imported in a library's stead.
if sys.argv[:1] == ["-m"] and not sys.flags.safe_path:
    del sys.path[0]

__version__ = "0.1.0"
