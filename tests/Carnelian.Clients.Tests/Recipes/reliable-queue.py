"""Uses reliable-queue.md: workers are processes, and half of them are killed while they hold a job."""
import atexit
import os
import signal
import sys
import time

from recipe import Worker, r, reap

JOBS, KILLED, SECONDS = 40, 4, 0.5


def run(name, holds):
    """A worker; with holds, it takes a job and never finishes it."""
    worker = Worker("q", name, 100 if holds else SECONDS)
    while r.scard("q:done") < JOBS:
        job = worker.take()
        if job is None:
            continue
        if holds:
            print(f"{name} holds {job}", flush=True)
            while True:
                signal.pause()
        r.sadd("q:done", job)
        r.incr(f"q:times:{job}")
        worker.done(job)


if len(sys.argv) > 1:
    run(sys.argv[1], sys.argv[2] == "holds")
    sys.exit()

import subprocess


def start(name, kind):
    worker = subprocess.Popen([sys.executable, __file__, name, kind], stdout=subprocess.PIPE, text=True)
    atexit.register(worker.kill)
    return worker


for key in r.scan_iter("q*"):
    r.delete(key)
r.rpush("q", *[f"job:{number}" for number in range(JOBS)])
doomed = [start(f"doomed:{number}", "holds") for number in range(KILLED)]
held = [worker.stdout.readline().split()[2] for worker in doomed]
assert len(set(held)) == KILLED, held
assert reap("q") == 0, "who lives keeps what it holds"
for worker in doomed:
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
for number in range(KILLED):
    r.pexpire(f"q:alive:doomed:{number}", 1)
while any(r.exists(f"q:alive:doomed:{number}") for number in range(KILLED)):
    pass
assert r.llen("q:held:doomed:0") == 1, "what it held is still there"
assert reap("q") == KILLED and reap("q") == 0
assert sorted(r.lrange("q", 0, KILLED - 1)) == sorted(held), "in front"
assert r.smembers("q:workers") == set(), "the dead are forgotten"

workers = [start(f"worker:{number}", "works") for number in range(3)]
for worker in workers:
    worker.wait()
assert r.smembers("q:done") == {f"job:{number}" for number in range(JOBS)}
assert all(r.get(f"q:times:job:{number}") == "1" for number in range(JOBS)), "nobody did a job again that was done"
assert r.llen("q") == 0 and not any(r.scan_iter("q:held:*"))

# One that comes back to life while it is being reaped stays known.
sleeper = Worker("q", "sleeper", SECONDS)
r.rpush("q", "late")
sleeper.take()
r.delete(sleeper.alive)
returned = reap("q")
sleeper.beat()
assert returned == 1 and r.smembers("q:workers") >= {"sleeper"}
assert sleeper.take() == "late"
sleeper.done("late")
print("recipe holds")
