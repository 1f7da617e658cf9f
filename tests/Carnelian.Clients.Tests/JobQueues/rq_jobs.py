"""What the workers of rq_session.py do."""
import os

import redis

connection = redis.Redis.from_url(os.environ["REDIS_URL"])


def add(a, b):
    return a + b


def fail(name):
    connection.incr(f"tries:{name}")
    raise ValueError(f"{name} fails")


def hold(name):
    """Tells which process does it, and lasts until it is released."""
    connection.rpush(f"held:{name}", os.getpid())
    connection.blpop(f"release:{name}", 0)
    return f"{name} done"
