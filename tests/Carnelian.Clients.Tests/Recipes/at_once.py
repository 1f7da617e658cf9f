"""What the checks of several pages do: the same on many threads."""
import threading
from concurrent.futures import ThreadPoolExecutor


def at_once(count, action):
    """What the action returned on each thread."""
    start = threading.Barrier(count)

    def run(_):
        start.wait()
        return action()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
