"""`python -m labctl`: the command line, also if the command is not on the path.

Python puts the working directory first on sys.path here. A laboratory's folder may hold a `statistics.py` or
a `drivers/`, which must not replace modules that labctl imports, so the directory is moved to the end.
"""

import os
import sys

if __name__ == "__main__":
    if sys.path and sys.path[0] in ("", os.getcwd()):
        sys.path.append(sys.path.pop(0))

    from labctl.cli import main

    main()
