"""The door of ``emonoise``: signals and errors are looked after before anything that takes time is imported."""

import os
import sys

from bench.store.stopping import Stopped, stop_no_more, stop_on_signals


def main() -> None:
    """Run the command that the arguments name, and end with its exit status.

    That is 1 for an error, 2 for a usage that is not understood, and 128 and the signal's number where one ended it.
    """
    stop_on_signals()
    try:
        from bench.commands.main import app

        app()
    except KeyboardInterrupt as stopped:
        stop_no_more()
        print("Stopped.", file=sys.stderr)
        sys.exit(stopped.status if isinstance(stopped, Stopped) else 130)
    except Exception as error:
        if os.environ.get("EMONOISE_TRACEBACK"):
            raise
        stop_no_more()
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        stop_no_more()  # the interpreter takes a moment to end
        _close_output()


def _close_output() -> None:
    """Flush standard output; where nobody reads it any more, let nothing be said of it."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
