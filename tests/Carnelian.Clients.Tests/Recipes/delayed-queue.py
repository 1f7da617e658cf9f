"""Uses delayed-queue.md: with given times; then by the server's clock, with movers and workers at once."""
import threading

from at_once import at_once
from recipe import add, cancel, claim, finish, move, move_on, r

r.delete("q", "q:later", "c:later", "real", "real:later")
assert move("q", now=1000) == (0, None)
for number in (3, 1, 2):
    add("q", f"job:{number}", number * 10, now=1000)
assert move("q", now=1009.75) == (0, 0.25), "none is due"
assert move("q", now=1010) == (1, 10.0) and r.lrange("q", 0, -1) == ["job:1"]
add("q", "job:3", 5, now=1010)
assert [cancel("q", "job:2"), cancel("q", "job:2"), cancel("q", "job:1")] == [True, False, False]
assert move("q", now=1015) == (1, None) and r.lrange("q", 0, -1) == ["job:1", "job:3"], "brought forward; the cancelled one never comes"

r.delete("q")
for number in range(1000):
    add("q", f"job:{number:03}", number, now=2000)
assert sum(iter(lambda: move("q", now=2899)[0], 0)) == 900
assert r.lrange("q", 0, -1) == [f"job:{number:03}" for number in range(900)], "the longest due first"
moved = at_once(10, lambda: sum(iter(lambda: move("q", now=2999)[0], 0)))
assert sum(moved) == 100 and r.lrange("q", 900, -1) == [f"job:{number:03}" for number in range(900, 1000)], "each once, by whomever"
assert move("q", now=9999) == (0, None)

# Claims.
for number in range(200):
    add("c", f"job:{number:03}", number, now=3000)
assert claim("c", 60, now=2999) is None
claims = [each for those in at_once(8, lambda: list(iter(lambda: claim("c", 60, now=3199), None))) for each in those]
assert sorted(job for job, _ in claims) == [f"job:{number:03}" for number in range(200)], "each to one"
assert claim("c", 60, now=3258.9) is None
done, lost = claims[:150], claims[150:]
assert all(finish("c", *each) for each in done) and not any(finish("c", *each) for each in done)
again = list(iter(lambda: claim("c", 60, now=3259), None))
assert sorted(job for job, _ in again) == sorted(job for job, _ in lost), "what was not finished comes again, nothing else"
assert not any(finish("c", *each) for each in lost), "too late: another has it"
assert all(finish("c", *each) for each in again) and not r.exists("c:later")

# Three movers, four workers, jobs that become due while they run: none before its time, each once.
seen, over = [], threading.Event()


def server_time():
    seconds, microseconds = r.time()
    return seconds + microseconds / 1_000_000


def work():
    while not over.is_set():
        taken = r.blpop("real", 0.2)
        if taken:
            seen.append((taken[1], server_time()))
            if len(seen) == 100:
                over.set()


threads = [threading.Thread(target=work) for _ in range(4)] + [threading.Thread(target=move_on, args=("real", over.is_set, 0.02)) for _ in range(3)]
for thread in threads:
    thread.start()
added = {}
for number in range(100):
    delay = number % 10 / 50
    added[f"job:{number}"] = server_time() + delay
    add("real", f"job:{number}", delay)
for thread in threads:
    thread.join()
assert sorted(job for job, _ in seen) == sorted(added)
assert all(when >= added[job] for job, when in seen), "none too early"
assert not r.exists("real", "real:later")
print("recipe holds")
