#!/usr/bin/env python3
"""Kills a server with SIGKILL at random moments under load, starts it again, and compares what it has with what its clients were told.

Each client writes operations that are numbered from 0, so that what the server has must be the state behind some number of them: never fewer than were
acknowledged (with --policy everysec: than were acknowledged two seconds before the end), never a half of one, never a later one without an earlier one.
The append-only file is rewritten, the RDB file saved and the append-only file switched off and on meanwhile. Now and then its end is damaged as a disk without
power may leave it; a start that refuses such a file must say what to run, and that must help.

With --policy rdb there is no append-only file, but save points: what was acknowledged before a save that has ended well must be there.

    eng/crash-test.py --program "out/carnelian server" --rounds 300 --policy always
"""
import argparse, os, random, shutil, signal, socket, subprocess, sys, tempfile, threading, time

NAMES = 20


def encode(words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (x if isinstance(x, bytes) else str(x).encode() for x in words))


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        if kind == b"$":
            if rest == b"-1":
                return None
            data = self.file.read(int(rest) + 2)
            if len(data) < int(rest) + 2:
                raise ConnectionError("closed")
            return data[:-2]
        return int(rest) if kind == b":" else rest if kind == b"+" else Exception(rest.decode())

    def run(self, *words):
        self.socket.sendall(encode(words))
        return self.read()


def operation(client, n):
    """The n-th operation of a client: requests, and how many replies it takes."""
    if n % 3 == 0:
        return [["RPUSH", f"log:{client}", n]]
    if n % 3 == 1:
        return [["SET", f"value:{client}:{n % NAMES}", f"{n}-" + "x" * (n * 37 % 500)]]
    return [["MULTI"], ["INCR", f"one:{client}"], ["HSET", f"hash:{client}", n % NAMES, n], ["INCR", f"two:{client}"], ["EXEC"]]


def expected(client, count):
    """What a client's keys hold behind so many operations."""
    values, fields = {}, {}
    for n in range(max(0, count - 3 * NAMES), count):
        if n % 3 == 1:
            values[n % NAMES] = b"%d-" % n + b"x" * (n * 37 % 500)
        if n % 3 == 2:
            fields[n % NAMES] = b"%d" % n
    return (count + 2) // 3, values, count // 3, fields


class Load(threading.Thread):
    """A client that writes until the server is gone, with a pipeline of some operations."""

    def __init__(self, client, port, first, pipeline):
        super().__init__(daemon=True)
        self.client, self.port, self.pipeline = client, port, pipeline
        self.sent = self.acknowledged = first
        self.acknowledgements = []
        self.failure = None

    def run(self):
        try:
            connection = Connection(self.port)
            while True:
                requests = [operation(self.client, n) for n in range(self.sent, self.sent + self.pipeline)]
                self.sent += self.pipeline
                connection.socket.sendall(b"".join(encode(r) for one in requests for r in one))
                for one in requests:
                    for _ in one:
                        reply = connection.read()
                    if isinstance(reply, Exception) or isinstance(reply, list) and any(isinstance(r, Exception) for r in reply):
                        self.failure = str(reply)
                        return
                    self.acknowledged += 1
                self.acknowledgements.append((time.monotonic(), self.acknowledged))
        except (ConnectionError, OSError):
            pass

    def acknowledged_at(self, moment):
        return max([count for at, count in self.acknowledgements if at <= moment], default=None)


class Round:
    def __init__(self, options, folder, chance):
        self.options, self.folder, self.chance = options, folder, chance
        self.port = options.port
        self.weak = self.repaired = False

    def persistence(self):
        if self.options.policy == "rdb":
            return ["--appendonly", "no", "--save", "1", "100"]
        return ["--appendonly", "yes", "--appendfsync", self.options.policy, "--save", "", "--auto-aof-rewrite-min-size", "1mb", "--auto-aof-rewrite-percentage", "50",
                "--aof-load-truncated", self.chance.choice(["yes", "no"])]

    def start(self):
        log = os.path.join(self.folder, "log")
        open(log, "w").close()
        self.began = time.monotonic()
        arguments = self.options.program.split() + ["--port", str(self.port), "--dir", self.folder, "--logfile", log, "--enable-debug-command", "yes", *self.persistence(), *self.options.extra.split()]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            if self.process.poll() is not None:
                said = open(log).read()
                if self.repaired or "check-aof --fix <filename.manifest>" not in said:
                    raise AssertionError(f"it does not start again (status {self.process.returncode}):\n" + said[-3000:])
                self.repair()
                return self.start()
            try:
                connection = Connection(self.port)
                if connection.run("PING") == b"PONG":
                    self.assert_tidy()
                    return connection
            except (ConnectionError, OSError):
                pass
            if time.monotonic() - self.began > 120:
                raise AssertionError("it does not answer:\n" + open(log).read()[-3000:])
            time.sleep(0.02)

    def assert_tidy(self):
        """Nothing stays of what a dead run was writing."""
        for _ in range(500):
            left = [name for _, _, names in os.walk(self.folder) for name in names if name.startswith("temp-")]
            if not left:
                return
            time.sleep(0.01)
        raise AssertionError(f"left of an earlier run: {left}")

    def repair(self):
        """Does what the log says."""
        self.repaired = True
        manifest = os.path.join(self.folder, "appendonlydir", "appendonly.aof.manifest")
        tool = subprocess.run(self.options.program.split()[:1] + ["check-aof", "--fix", manifest], input=b"y\n", stdout=subprocess.PIPE)
        assert tool.returncode == 0, tool.stdout.decode(errors="replace")[-3000:]

    def damage(self):
        """What was under way to the disk, and never acknowledged, may be there in part, or as zeros."""
        folder = os.path.join(self.folder, "appendonlydir")
        increments = sorted((name for name in os.listdir(folder) if name.endswith(".incr.aof")), key=lambda name: int(name.split(".")[-3]))
        if not increments:
            return
        with open(os.path.join(folder, increments[-1]), "ab") as file:
            end = encode(["SET", "value:0:0", "x" * 300]) + encode(["MULTI"]) + encode(["INCR", "one:0"])
            file.write(bytes(self.chance.randrange(1, 4096)) if self.chance.randrange(2) else end[:self.chance.randrange(1, len(end))])

    def check(self, connection, floors, ceilings):
        """How many operations of each client the server has."""
        found = []
        for client, (floor, ceiling) in enumerate(zip(floors, ceilings)):
            log = [int(n) for n in connection.run("LRANGE", f"log:{client}", 0, -1)]
            assert log == list(range(0, 3 * len(log), 3)), f"client {client}: its list is not what it pushed: {log[-20:]}"
            one, two = int(connection.run("GET", f"one:{client}") or 0), int(connection.run("GET", f"two:{client}") or 0)
            assert one == two, f"client {client}: half of a transaction: {one} and {two}"
            values = {n: v for n in range(NAMES) if (v := connection.run("GET", f"value:{client}:{n}")) is not None}
            fields = connection.run("HGETALL", f"hash:{client}")
            fields = {int(fields[i]): fields[i + 1] for i in range(0, len(fields), 2)}
            counts = [n for n in range(max(0, 3 * one - 1), 3 * one + 4) if expected(client, n) == (len(log), values, one, fields)]
            assert counts, f"client {client}: no number of operations leads to {len(log)} pushes and {one} transactions, {values} {fields}"
            assert counts[-1] >= floor, f"client {client}: {floor} operations were acknowledged, {counts[-1]} are left"
            assert counts[0] <= ceiling, f"client {client}: {ceiling} operations were sent, {counts[0]} are there"
            found.append(counts[0] if len(counts) == 1 else min(n for n in counts if n >= floor))
        return found

    def disturb(self, connection):
        kind = self.chance.randrange(10)
        try:
            if self.options.policy == "rdb":
                if kind < 4:
                    self.save(connection)
            elif kind < 4:
                connection.run("BGREWRITEAOF")
            elif kind < 6:
                connection.run("BGSAVE", "SCHEDULE")
            elif kind == 6 and self.options.switches:
                self.weak = True
                connection.run("CONFIG", "SET", "appendonly", "no")
                time.sleep(self.chance.random() * 0.1)
                connection.run("CONFIG", "SET", "appendonly", "yes")
            elif kind == 7:
                connection.run("CONFIG", "SET", "aof-use-rdb-preamble", self.chance.choice(["yes", "no"]))
            elif kind == 8:
                connection.run("CONFIG", "SET", "aof-timestamp-enabled", self.chance.choice(["yes", "no"]))
        except (ConnectionError, OSError):
            pass

    def save(self, connection):
        """What is acknowledged now is safe when the save has ended that begins now."""
        acknowledged = [load.acknowledged for load in self.loads]
        if isinstance(connection.run("BGSAVE"), Exception):
            return
        while b"rdb_bgsave_in_progress:1" in connection.run("INFO", "persistence"):
            time.sleep(0.002)
        assert b"rdb_last_bgsave_status:ok" in connection.run("INFO", "persistence")
        self.saved = acknowledged

    def run(self, connection, firsts):
        """Load until the end; returns what must be there and what may be."""
        pipeline = self.chance.choice([1, 1, 4, 16, 64])
        self.loads = loads = [Load(client, self.port, first, pipeline) for client, first in enumerate(firsts)]
        self.saved = firsts
        for load in loads:
            load.start()
        end = time.monotonic() + self.chance.random() ** 2 * self.options.seconds
        floor_of_weak = None
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self.chance.random() * 0.3))
            before = [load.acknowledged for load in loads]
            self.disturb(connection)
            if self.weak and floor_of_weak is None:
                floor_of_weak = before
        if self.options.policy == "rdb" and self.chance.randrange(2) == 0:
            connection.run("BGSAVE")
            time.sleep(self.chance.random() * 0.02)
        killed = time.monotonic()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for load in loads:
            load.join()
            assert load.failure is None, load.failure
        if self.options.policy != "rdb" and self.chance.randrange(6) == 0:
            self.damage()
        if self.options.policy == "rdb":
            floors = self.saved
        elif floor_of_weak is not None:
            floors = floor_of_weak
        elif self.options.policy == "always":
            floors = [load.acknowledged for load in loads]
        else:
            floors = [load.acknowledged_at(killed - 2) or first for load, first in zip(loads, firsts)]
        if self.options.policy in ("everysec", "no"):
            floors = [min(f, load.acknowledged_at(killed - 2) or first) for f, load, first in zip(floors, loads, firsts)]
        return floors, [load.sent for load in loads], sum(load.acknowledged - first for load, first in zip(loads, firsts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="with its first arguments, divided by blanks")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--policy", default="always", choices=["always", "everysec", "no", "rdb"])
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=2, help="the longest life")
    parser.add_argument("--port", type=int, default=21500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--extra", default="", help="further options of the server")
    parser.add_argument("--switches", action="store_true", help="switch the append-only file off and on, too")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="carnelian-crash-")
    counts = [0] * options.clients
    floors, ceilings = counts, counts
    total = slowest = repaired = 0
    for number in range(options.rounds + 1):
        one = Round(options, folder, chance)
        try:
            connection = one.start()
            slowest = max(slowest, time.monotonic() - one.began)
            counts = one.check(connection, floors, ceilings)
            repaired += one.repaired
            # A folder lives for some rounds, so that files of earlier lives are about.
            if number == options.rounds or sum(counts) > 60_000:
                one.process.kill()
                one.process.wait()
                if number == options.rounds:
                    break
                shutil.rmtree(folder)
                os.mkdir(folder)
                counts = [0] * options.clients
                connection = one.start()
            floors, ceilings, acknowledged = one.run(connection, counts)
            total += acknowledged
        except AssertionError as failure:
            print(f"round {number} of seed {options.seed}: {failure}\nfiles: {folder}")
            if one.process.poll() is None:
                one.process.kill()
            return 1
        if number % 20 == 19:
            print(f"{number + 1} kills, {total} operations acknowledged, slowest start {slowest:.2f} s", flush=True)
    shutil.rmtree(folder)
    print(f"{options.rounds} kills under {options.policy}: {total} operations acknowledged, none lost or halved beyond what the policy allows; {repaired} starts refused and repaired; slowest start {slowest:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
