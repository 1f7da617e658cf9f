"""A session of redis-py: session.py PORT SOCKET. One line per check; ends at the first that fails."""
import sys

import redis

port, socket = int(sys.argv[1]), sys.argv[2]


def check(name, seen, wanted):
    if seen != wanted:
        sys.exit(f"FAILED {name}: got {seen!r}, wanted {wanted!r}")
    print(f"ok {name}")


def session(r, way):
    check(f"{way}: PING", r.ping(), True)
    check(f"{way}: FLUSHALL", r.flushall(), True)
    check(f"{way}: CLIENT SETNAME at connect", r.client_getname(), f"session-{way}")
    check(f"{way}: CLIENT SETNAME", r.client_setname("renamed") and r.client_getname(), "renamed")
    check(f"{way}: CLIENT INFO", r.client_info()["name"], "renamed")

    check(f"{way}: SET", r.set("k", "one"), True)
    check(f"{way}: GET", r.get("k"), b"one")
    check(f"{way}: GET of no key", r.get("none"), None)
    check(f"{way}: SET NX of a key", r.set("k", "two", nx=True), None)
    check(f"{way}: SET XX", r.set("k", "two", xx=True), True)
    check(f"{way}: SET GET", r.set("k", "three", get=True), b"two")
    check(f"{way}: SET EX", r.set("k", "four", ex=10_000) and 9_000 <= r.ttl("k") <= 10_000, True)
    check(f"{way}: SET KEEPTTL", r.set("k", "five", keepttl=True) and r.ttl("k") > 0, True)
    check(f"{way}: SET PX", r.set("k", "six", px=10_000_000) and 9_000_000 <= r.pttl("k") <= 10_000_000, True)
    check(f"{way}: SET drops the TTL", r.set("k", "seven") and r.ttl("k"), -1)
    check(f"{way}: EXPIRE, TTL", (r.expire("k", 10_000), 9_000 <= r.ttl("k") <= 10_000), (True, True))
    check(f"{way}: TTL of no key", r.ttl("none"), -2)
    check(f"{way}: MSET, MGET", r.mset({"a": 1, "b": 2}) and r.mget("a", "none", "b"), [b"1", None, b"2"])
    check(f"{way}: INCR", (r.incr("n"), r.incr("n"), r.incr("n", 40)), (1, 2, 42))
    check(f"{way}: APPEND", (r.append("text", "abc"), r.append("text", "def"), r.get("text")), (3, 6, b"abcdef"))
    check(f"{way}: TYPE", (r.type("text"), r.type("none")), (b"string", b"none"))
    check(f"{way}: EXISTS, DEL", (r.exists("a", "b", "none"), r.delete("a", "b", "none"), r.exists("a")), (2, 2, 0))

    check(f"{way}: FLUSHALL, DBSIZE", r.flushall() and r.dbsize(), 0)
    pipeline = r.pipeline(transaction=False)
    for i in range(1000):
        pipeline.set(f"p:{i}", i)
    check(f"{way}: pipeline of 1,000 SET", pipeline.execute(), [True] * 1000)
    for i in range(1000):
        pipeline.get(f"p:{i}")
    check(f"{way}: pipeline of 1,000 GET", pipeline.execute(), [b"%d" % i for i in range(1000)])
    check(f"{way}: DBSIZE", r.dbsize(), 1000)
    keys = {b"p:%d" % i for i in range(1000)}
    check(f"{way}: SCAN", set(r.scan_iter(count=7)), keys)
    check(f"{way}: SCAN MATCH", set(r.scan_iter(match="p:99?")), {b"p:%d" % i for i in range(990, 1000)})
    check(f"{way}: SCAN TYPE", set(r.scan_iter(_type="string")), keys)

    every = bytes(range(256)) + b"\r\n\0\xff"
    check(f"{way}: binary key and value", r.set(every, every) and r.get(every), every)
    megabyte = every[:256] * 4096
    check(f"{way}: value of 1 MB", r.set("large", megabyte) and r.get("large") == megabyte, True)

    try:
        r.incr("large")
        sys.exit(f"FAILED {way}: INCR of no number raises nothing")
    except redis.ResponseError as error:
        check(f"{way}: error of INCR", str(error), "value is not an integer or out of range")
    try:
        r.execute_command("NOSUCH", "x")
        sys.exit(f"FAILED {way}: an unknown command raises nothing")
    except redis.ResponseError as error:
        check(f"{way}: error of an unknown command", str(error).startswith("unknown command 'NOSUCH'"), True)
    pipeline.set("p", "word").incr("p").get("p")
    result = pipeline.execute(raise_on_error=False)
    check(f"{way}: error in a pipeline", (result[0], type(result[1]), result[2]), (True, redis.ResponseError, b"word"))

    check(f"{way}: CONFIG GET", r.config_get("databases"), {"databases": "16"})
    info = r.info()
    check(f"{way}: INFO", (info["redis_version"].split(".")[0], info["tcp_port"], info["role"]), ("8", port, "master"))
    check(f"{way}: INFO keyspace", r.info("keyspace")["db0"]["keys"], r.dbsize())


session(redis.Redis(port=port, client_name="session-tcp"), "tcp")
session(redis.Redis(unix_socket_path=socket, client_name="session-unix"), "unix")

third = redis.Redis(port=port, db=3, decode_responses=True)
check("SELECT at connect", third.set("here", "only") and third.dbsize(), 1)
check("SELECT", third.select(0) and third.exists("here"), 0)
check("SELECT back", third.select(3) and third.get("here"), "only")
try:
    redis.Redis(port=port, db=99).ping()
    sys.exit("FAILED SELECT 99 raises nothing")
except redis.ResponseError as error:
    check("SELECT out of range", str(error), "DB index is out of range")
print("session complete")
