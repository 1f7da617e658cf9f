"""Uses cache.md: how often the database is asked, and what is seen."""
from at_once import at_once
from recipe import forget, look_up, look_up_once, r, save

database = {"1": {"name": "hat"}}
asked = []


def load():
    asked.append(1)
    return database["1"]


r.delete("product:1", "product:2", "waited")
assert [look_up("product:1", load) for _ in range(3)] == [{"name": "hat"}] * 3
assert len(asked) == 1, asked
assert 290 <= r.ttl("product:1") <= 300

database["1"] = {"name": "cap"}
assert look_up("product:1", load) == {"name": "hat"}, "cached"
forget("product:1")
assert look_up("product:1", load) == {"name": "cap"}
r.pexpire("product:1", 1)
while r.exists("product:1"):
    pass
assert look_up("product:1", load) == {"name": "cap"} and len(asked) == 3, "gone by itself, and loaded anew"

# Fifty ask at once for what is not there, and the database is slow.
loads = []


def load_slowly():
    loads.append(1)
    while r.incr("waited") < 200:
        pass
    return "slow"


seen = at_once(50, lambda: look_up_once("product:2", load_slowly))
assert seen == ["slow"] * 50 and len(loads) == 1, (seen, loads)
assert not r.exists("product:2:turn")

stored = []
save("product:3", {"name": "scarf"}, stored.append, seconds=60)
assert stored == [{"name": "scarf"}] and look_up("product:3", None) == {"name": "scarf"} and 50 <= r.ttl("product:3") <= 60


def refuse(value):
    raise ValueError


try:
    save("product:3", {"name": "none"}, refuse)
    raise SystemExit("what the database refused was saved")
except ValueError:
    assert look_up("product:3", None) == {"name": "scarf"}
print("recipe holds")
