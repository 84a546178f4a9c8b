"""Run `python -m pinner`."""

from pinner.cli import main

if __name__ == "__main__":
    main()
