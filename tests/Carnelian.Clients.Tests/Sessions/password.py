"""redis-py where a password is set: password.py PORT SOCKET. One line per check; ends at the first that fails."""
import sys

import redis

port, socket = int(sys.argv[1]), sys.argv[2]


def check(name, seen, wanted):
    if seen != wanted:
        sys.exit(f"FAILED {name}: got {seen!r}, wanted {wanted!r}")
    print(f"ok {name}")


def error_of(r):
    try:
        return r.ping()
    except redis.RedisError as error:
        return f"{type(error).__name__}: {error}"


def session(r, way):
    check(f"{way}: SET, GET", (r.set("k", "v"), r.get("k")), (True, b"v"))
    pipeline = r.pipeline(transaction=False)
    for i in range(100):
        pipeline.set(f"p:{i}", i).get(f"p:{i}")
    check(f"{way}: pipeline", pipeline.execute(), [part for i in range(100) for part in (True, str(i).encode())])
    check(f"{way}: INFO", r.info()["tcp_port"], port)


session(redis.Redis(port=port, password="pw", client_name="session"), "password")
session(redis.Redis(port=port, username="default", password="pw", db=3), "user and password")
session(redis.Redis(unix_socket_path=socket, password="pw"), "unix")
session(redis.Redis.from_url(f"redis://:pw@127.0.0.1:{port}/0"), "URL")
WRONG = "ResponseError: WRONGPASS invalid username-password pair or user is disabled."
check("wrong password", error_of(redis.Redis(port=port, password="no")), WRONG)
check("wrong password of a user", error_of(redis.Redis(port=port, username="default", password="no")), WRONG)
check("no password", error_of(redis.Redis(port=port)), "AuthenticationError: Authentication required.")
print("session complete")
