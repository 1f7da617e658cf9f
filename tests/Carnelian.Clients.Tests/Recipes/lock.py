"""Uses lock.md: many at once, holders that are too slow, and one that is killed."""
import os
import signal
import subprocess
import sys

from at_once import at_once
from recipe import Lapsed, Lock, held, r, take_with_fence, write

if len(sys.argv) > 1:
    assert Lock("door", 0.3).take()
    print("taken", flush=True)
    signal.pause()


def run_out(lock):
    """Its time is over."""
    r.pexpire(lock.name, 1)
    while r.exists(lock.name):
        pass


r.delete("door", "door:fence", "safe", "count", "tries")
first, second = Lock("door", 100), Lock("door", 100)
assert [first.take(), second.take(), first.take()] == [True, False, False]
assert 90 < r.ttl("door") <= 100
assert [second.give_back(), second.prolong(), r.get("door")] == [False, False, first.secret], "another's is left alone"
r.pexpire("door", 50_000)
assert first.prolong() and r.pttl("door") > 90_000
assert [first.give_back(), first.give_back(), r.exists("door")] == [True, False, 0]

assert first.take()
run_out(first)
assert second.take(), "who does not give back holds up others for so long only"
assert [first.prolong(), first.give_back(), r.get("door")] == [False, False, second.secret], "too late"
assert second.give_back()
try:
    with held("door", 100) as slow:
        run_out(slow)
    raise SystemExit("nobody told that the time was over")
except Lapsed:
    assert not r.exists("door")

# Reading, adding and writing back: only one at a time gets all of it right. Whoever is inside counts, too.
inside, together = 0, 0


def add_one(take):
    global inside, together
    with take():
        inside += 1
        together = max(together, inside)
        r.set("count", int(r.get("count") or 0) + 1)
        inside -= 1


for take in (lambda: held("door", 100), lambda: r.lock("door", timeout=100, sleep=0.001)):
    at_once(10, lambda: [add_one(take) for _ in range(10)])
assert [r.get("count"), together] == ["200", 1]
assert not r.exists("door")

killed = subprocess.Popen([sys.executable, __file__, "holds"], stdout=subprocess.PIPE, text=True)
assert killed.stdout.readline() == "taken\n"
os.kill(killed.pid, signal.SIGKILL)
killed.wait()
with held("door", 100) as lock:
    assert r.get("door") == lock.secret, "after one who was killed"

# The late one wakes up and writes: before, beside and after its successor.
assert take_with_fence(first) == 1 and take_with_fence(second) is None
assert write("safe", 1, "first") and write("safe", 1, "first again")
run_out(first)
assert take_with_fence(second) == 2 and write("safe", 2, "second")
assert not write("safe", 1, "late") and r.hget("safe", "value") == "second"
assert not first.give_back() and second.give_back()
assert take_with_fence(first) == 3 and r.get("door:fence") == "3", "who was refused took no number"
print("recipe holds")
