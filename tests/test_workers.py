import os
import signal
import subprocess
import sys
import time

import pytest

from mammo.files.workers import mapped, pool

PROGRAM = """
import os, time
from mammo.files.workers import pool

if __name__ == "__main__":
    with pool(1) as processes:
        print(processes.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_work_is_done_elsewhere_in_order():
    with pool(2) as processes:
        assert list(processes.map(abs, range(-3, 3))) == [3, 2, 1, 0, 1, 2]
        assert processes.submit(os.getpid).result() != os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_items_are_mapped_in_order_beside_a_bar(workers, capfd):
    found = mapped(abs, range(-3, 3), workers, chunksize=2, desc="absolute values")
    assert list(found) == [3, 2, 1, 0, 1, 2]
    assert "absolute values" in capfd.readouterr().err


def test_workers_end_when_their_parent_is_killed(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    parent = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    assert is_running(worker)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not is_running(worker):
            break
        time.sleep(0.1)
    assert not is_running(worker)
