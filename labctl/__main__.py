"""`python -m labctl`: the command line, also where its script is not on the path."""

from labctl.cli import main

if __name__ == "__main__":
    main()
