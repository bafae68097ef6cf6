"""`palabre` and `python -m palabre`: the command line, quiet when stopped before it has begun."""

import sys

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended


def main() -> None:
    """Run the command line; Ctrl-C while it is still being read leaves no traceback."""
    try:
        from palabre.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
