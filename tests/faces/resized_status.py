"""Shows a status on the terminal that it runs on, and draws it anew each time that gets another size, without a look.

Behind each picture it rings the bell.
"""

from __future__ import annotations

import signal
from datetime import timedelta

from datamotion.cli.terminal import open_console
from datamotion.cli.watching_status import StatusScreen
from tests.datamotion.service.landscapes import a_group, protected
from tests.faces.resized import ring

NAMES = ("vol_1", "vol_2", "vol_invoices_of_the_year_2031_archive_of_paris_and_of_all_its_suburbs")


def main(times: int) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
    screen = StatusScreen(open_console(), timedelta(seconds=5))
    screen.show(protected(*NAMES).status(a_group(rpo=timedelta(minutes=5))))
    ring()
    for _ in range(times):
        signal.sigwait([signal.SIGWINCH])
        screen.waits_for(())
        ring()
    screen.close()


if __name__ == "__main__":
    main(times=2)
