"""
A session of rq, workers that are killed included: what became of each job, a line each. Knows nothing of the server, so that its output can be
compared with that of another one.
"""
import os
import signal
import subprocess
import time
from datetime import datetime, timedelta, timezone

import redis
from rq import Queue, Retry, Worker
from rq.command import send_shutdown_command, send_stop_job_command
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry, StartedJobRegistry

import rq_jobs

URL = os.environ["REDIS_URL"]
r = redis.Redis.from_url(URL)
r.flushall()
queue, urgent = Queue("default", connection=r), Queue("urgent", connection=r)


def start(name, *options):
    return subprocess.Popen(["/usr/bin/rq", "worker", "--url", URL, "--name", name, "--quiet", *options, "urgent", "default"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def work_off(*options):
    assert start(f"burst-{time.monotonic_ns()}", "--burst", *options).wait() == 0


def horse_of(name):
    """The process that does the job, once it does."""
    return int(r.blpop(f"held:{name}", 0)[1])


def wait_for(job, *states):
    while job.get_status(refresh=True) not in states:
        time.sleep(0.02)
    return job.get_status()


def error_of(job):
    job.refresh()
    return (job.exc_info or "").strip().split("\n")[-1].split(" at ")[0].split(";")[0].split(" (")[0]


jobs = [queue.enqueue(rq_jobs.add, number, 1) for number in range(30)]
first = urgent.enqueue(rq_jobs.add, 100, 1)
print("waiting", len(queue), queue.job_ids == [job.id for job in jobs], queue.get_job_position(jobs[7]), sorted(each.name for each in Queue.all(connection=r)))
last = queue.enqueue(rq_jobs.add, 0, 0, depends_on=jobs[0])
print("deferred", last.get_status(), queue.deferred_job_registry.count)
work_off()
print("results", [job.refresh() or job.result for job in jobs] == list(range(1, 31)), first.refresh() or first.result, last.refresh() or last.result)
print("registries", FinishedJobRegistry(queue=queue).count, StartedJobRegistry(queue=queue).count, len(queue))

failing, tried = queue.enqueue(rq_jobs.fail, "once"), queue.enqueue(rq_jobs.fail, "thrice", retry=Retry(max=2))
work_off()
print("failed", failing.get_status(), error_of(failing), tried.get_status(), int(r.get("tries:thrice")), FailedJobRegistry(queue=queue).count)
FailedJobRegistry(queue=queue).requeue(failing.id)
print("requeued", failing.get_status(), len(queue), FailedJobRegistry(queue=queue).count)
queue.remove(failing)
print("removed", len(queue))

later = queue.enqueue_at(datetime.now(timezone.utc) - timedelta(seconds=1), rq_jobs.add, 2, 3)
never = queue.enqueue_in(timedelta(days=1), rq_jobs.add, 2, 3)
print("scheduled", later.get_status(), never.get_status(), ScheduledJobRegistry(queue=queue).count)
work_off("--with-scheduler")
print("scheduled", later.refresh() or later.result, never.get_status(), ScheduledJobRegistry(queue=queue).count)

# Of a worker the process that does the job is killed: the worker tells.
worker = start("survivor")
job = queue.enqueue(rq_jobs.hold, "horse")
os.kill(horse_of("horse"), signal.SIGKILL)
print("work horse killed", wait_for(job, "failed", "finished"), error_of(job))
job = queue.enqueue(rq_jobs.hold, "again", retry=Retry(max=1))
os.kill(horse_of("again"), signal.SIGKILL)
horse_of("again")
r.rpush("release:again", 1)
print("work horse killed, tried again", wait_for(job, "failed", "finished"), job.refresh() or job.result)

# What is sent to a worker by publish and subscribe.
job = queue.enqueue(rq_jobs.hold, "stopped")
horse_of("stopped")
send_stop_job_command(r, job.id)
print("stopped", wait_for(job, "stopped", "failed", "finished"))
while Worker.all(connection=r)[0].get_state() != "idle":
    time.sleep(0.02)
print("workers", [(each.name, each.get_state()) for each in Worker.all(connection=r)], Worker.count(connection=r))
send_shutdown_command(r, "survivor")
print("shut down", worker.wait(), Worker.count(connection=r))

# A worker is killed with all its processes: nobody tells, until another looks after what was begun too long ago.
for name, retry in (("lost", None), ("found", Retry(max=1))):
    worker = start(f"{name}-worker")
    job = queue.enqueue(rq_jobs.hold, name, retry=retry)
    horse = horse_of(name)
    os.kill(worker.pid, signal.SIGKILL)
    os.kill(horse, signal.SIGKILL)
    worker.wait()
    started = StartedJobRegistry(queue=queue)
    print("worker killed", job.get_status(refresh=True), started.connection.zscore(started.key, job.id) is not None, len(queue))
    started.cleanup(timestamp=time.time() + 100_000)
    print("cleaned up", job.get_status(refresh=True), started.connection.zcard(started.key), len(queue), error_of(job))
worker = start("finder", "--burst")
horse_of("found")
r.rpush("release:found", 1)
print("found again", worker.wait(), job.refresh() or job.result)
print("session complete")
