"""Uses optimistic-locking.md: many clients at once, and none gets what another has got."""
from at_once import at_once
from recipe import buy, r, zpop

r.delete("hat:straw", "z")
r.hset("hat:straw", mapping={"stock": 20, "sold": 0})
assert sorted(at_once(50, lambda: buy("hat:straw"))) == [False] * 30 + [True] * 20
assert r.hgetall("hat:straw") == {"stock": "0", "sold": "20"}
assert buy("hat:none") is False

r.zadd("z", {f"m{number:03}": number for number in range(200)})
popped = at_once(10, lambda: [zpop("z") for _ in range(25)])
members = [member for each in popped for member in each if member is not None]
assert sorted(members) == [f"m{number:03}" for number in range(200)], "each member to one"
assert all(each == sorted(member for member in each if member) + [None] * each.count(None) for each in popped), "the lowest first"
assert sum(each.count(None) for each in popped) == 50 and not r.exists("z")
print("recipe holds")
