"""Commands that are started as from a terminal, whoever runs the tests."""

AS_IN_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
for one in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(one, signal.SIG_DFL)
"""
"""What goes before the code of a process: where tests run in the background, signals may be ignored, and so are they
in what they start."""
