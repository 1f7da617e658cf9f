"""Uses work-queue.md: four workers, two queues, 400 jobs."""
import threading

from recipe import enqueue, r, work

r.delete("jobs", "urgent")
done, lock, over = [], threading.Lock(), threading.Event()


def handle(queue, job):
    with lock:
        done.append((queue, job["number"]))
        if len(done) == 400:
            over.set()


# What is urgent comes first, whatever came before it.
for number in range(200):
    enqueue("jobs", {"number": number})
for number in range(200):
    enqueue("urgent", {"number": number})
alone = []
work(["urgent", "jobs"], lambda queue, job: alone.append((queue, job["number"])), lambda: len(alone) == 10)
assert alone == [("urgent", number) for number in range(10)], alone
done.extend(alone)

workers = [threading.Thread(target=work, args=(["urgent", "jobs"], handle, over.is_set)) for _ in range(4)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
assert sorted(done) == sorted([("urgent", n) for n in range(200)] + [("jobs", n) for n in range(200)]), "each job once"
assert r.exists("jobs", "urgent") == 0
print("recipe holds")
