"""Runs a program in a pseudo-terminal: our standard input is its keyboard, our standard output its screen.

    python3 pseudo_terminal.py COLUMNS ROWS PROGRAM [ARGUMENT…]

Ends with the program's exit status. When standard input closes, whoever watched is gone: the terminal hangs up.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios


def relay(keyboard: int, terminal: int, screen: int, child: int) -> None:
    """Copies both ways until the program has ended."""
    watched = [keyboard, terminal]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if terminal in ready:
            try:
                shown = os.read(terminal, 65536)
            except OSError:  # Linux says EIO when the last program on the terminal is gone
                return
            if not shown:
                return
            os.write(screen, shown)
        if keyboard in ready:
            typed = os.read(keyboard, 65536)
            if typed:
                os.write(terminal, typed)
            else:
                watched.remove(keyboard)
                os.kill(child, signal.SIGHUP)


def main() -> int:
    columns, rows, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(program[0], program)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    relay(sys.stdin.fileno(), terminal, sys.stdout.fileno(), child)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
