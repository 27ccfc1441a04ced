"""`python -m labctl`: the command line."""

from labctl.cli import main

if __name__ == "__main__":
    main()
