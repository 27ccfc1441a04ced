"""`python -m labctl`: the command line, also where its script is not on the path.

Python puts the working directory first on sys.path here. A laboratory's folder may hold a `statistics.py` or
a `drivers/`, which must not take the place of what labctl imports, so the directory goes to the end.
"""

import os
import sys

if __name__ == "__main__":
    if sys.path and sys.path[0] in ("", os.getcwd()):
        sys.path.append(sys.path.pop(0))

    from labctl.cli import main

    main()
