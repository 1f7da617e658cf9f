#!/usr/bin/env python3
"""Prints [Command] declarations for commands of a running Redis or Valkey, ready to be pasted over their handlers.

  declare-commands.py HOST:PORT NAME...      NAME as "get", "config|get", "config|*" (a container and its subcommands),
                                             "@string" (a group of the documentation) or "*"
  --stubs     with an empty handler under each, in a class per group that compiles
  --family    leave out Group and Categories where [CommandFamily] on the class gives them (always so with --stubs)

What COMMAND does not show (hidden flags, methods that find keys) comes from the short lists below."""
import argparse, json, socket, sys

HIDDEN = {
    "MayReplicate": "eval evalsha fcall pfcount publish spublish",
    "RunsScript": "eval evalsha eval_ro evalsha_ro fcall fcall_ro",
    "Protected": "debug module|load module|loadex module|unload",
    "TouchesArbitraryKeys": "randomkey scan",
    "Sentinel": "acl acl|* auth client client|caching client|getname client|getredir client|help client|id client|info client|kill client|list "
                "client|no-evict client|pause client|reply client|setinfo client|setname client|tracking client|trackinginfo client|unblock "
                "client|unpause command command|* hello info ping psubscribe publish punsubscribe role shutdown subscribe unsubscribe sentinel sentinel|*",
    "OnlySentinel": "sentinel sentinel|*",
}
# Specs that say "it depends", or do not tell.
KEYS_FROM = {"sort": "Sort", "sort_ro": "SortReadOnly", "migrate": "Migrate", "set": "Set", "bitfield": "BitField"}

FLAGS = {
    "write": "Write", "readonly": "ReadOnly", "denyoom": "DenyOom", "admin": "Admin", "pubsub": "PubSub", "noscript": "NoScript",
    "blocking": "Blocking", "loading": "Loading", "stale": "Stale", "skip_monitor": "SkipMonitor", "skip_slowlog": "SkipSlowLog",
    "skip_commandlog": "SkipSlowLog", "asking": "Asking", "fast": "Fast", "no_auth": "NoAuth", "no_mandatory_keys": "NoMandatoryKeys",
    "no_async_loading": "NoAsyncLoading", "no_multi": "NoMulti", "allow_busy": "AllowBusy"}
GROUP_CATEGORY = {"generic": "keyspace", "sorted-set": "sortedset", "transactions": "transaction", "pubsub": ""}
CATEGORIES = ("keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow blocking dangerous "
              "connection transaction scripting").split()
WIDTH = 150


class Server:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 20)
        self.file = self.socket.makefile("rb")
        self("HELLO", "3")

    def __call__(self, *words):
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words))
        return self.read()

    def read(self):
        line = self.file.readline()[:-2].decode()
        kind, rest = line[:1], line[1:]
        if kind == "+": return rest
        if kind == "-": sys.exit("server: " + rest)
        if kind == ":": return int(rest)
        if kind == "_": return None
        if kind == "$": return self.file.read(int(rest) + 2)[:-2].decode()
        if kind in "*~": return [self.read() for _ in range(int(rest))]
        if kind == "%": return dict([(self.read(), self.read()) for _ in range(int(rest))])
        sys.exit("cannot read " + line)


def key_spec(spec):
    begin, find = spec["begin_search"], spec["find_keys"]
    b, f = begin["spec"], find["spec"]
    if begin["type"] == "unknown": place = "?"
    else:
        place = str(b["index"]) if begin["type"] == "index" else "%s@%d" % (b["keyword"], b["startfrom"])
        if find["type"] == "unknown": place += "?"
        elif find["type"] == "keynum":
            place += "#" + ("" if (f["keynumidx"], f["firstkey"]) == (0, 1) else "%d,%d" % (f["keynumidx"], f["firstkey"]))
        elif f["lastkey"]:
            place += "..%s%d" % ("+" if f["lastkey"] > 0 else "", f["lastkey"]) + ("/%d" % f["limit"] if f["limit"] else "")
        if f.get("keystep", 1) != 1: place += ":%d" % f["keystep"]
    return " ".join([place] + spec["flags"]) + (" (%s)" % spec["notes"] if "notes" in spec else "")


def is_token(word):
    return word and all(c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_" for c in word) and any(c.isalpha() for c in word)


class Arguments:
    """Writes an argument tree in the compact syntax (the class ArgumentSyntax has its grammar)."""

    def __init__(self, specs):
        self.specs, self.keys = specs, 0

    def list(self, arguments):
        return " ".join(self.one(a) for a in arguments)

    def suffixes(self, a):
        text = "@" + a["since"] if "since" in a else ""
        if "deprecated_since" in a: text += "!" + a["deprecated_since"]
        if "summary" in a: text += "{" + a["summary"] + "}"
        return text

    def one(self, a):
        flags = a.get("flags", [])
        optional, multiple, repeated = ("optional" in flags), ("multiple" in flags), ("multiple_token" in flags)
        token = a.get("token")
        if token is not None and not is_token(token): token = "'%s'" % token
        dots = "..." if multiple and not repeated else ""
        if a["type"] in ("oneof", "block"):
            inner = (" | " if a["type"] == "oneof" else " ").join(self.one(x) for x in a["arguments"])
            text = a["name"] + self.suffixes(a) + ": " + inner
            if token is not None: text = token + ("... " if repeated else " ") + text
            return ("[%s]" if optional else "(%s)") % text + dots
        if a["type"] == "pure-token":
            plain = a["token"] and a["name"] == a["token"].lower()
            text = (token if plain else "%s:%s" % (a["name"], token)) + self.suffixes(a)
        else:
            name = a["name"]
            default = name if name in ("key", "pattern") else "string"
            text = name + ("='%s'" % a["display_text"] if a["display_text"] != name else "") + (":" + a["type"] if a["type"] != default else "")
            if is_token(name) and text == name: text += ":string"
            text += self.key_index(a) + self.suffixes(a)
            if token is not None: text = token + ("... " if repeated else " ") + text
        return "[%s%s]" % (text, dots) if optional else text + dots

    def key_index(self, a):
        index = a.get("key_spec_index")
        if a["type"] == "key":
            expected = min(self.keys, self.specs - 1)
            if index == expected:
                self.keys += 1
                return ""
        return "" if index is None else "#%d" % index


def implied(flags, scripting):
    names = {"fast" if "fast" in flags else "slow"}
    for flag, more in (("write", "write"), ("admin", "admin dangerous"), ("pubsub", "pubsub"), ("blocking", "blocking")):
        if flag in flags: names.update(more.split())
    if "readonly" in flags and not scripting: names.add("read")
    return names


def size(a):
    """The least and the most words of an argument."""
    most = float("inf")
    flags, kind = a.get("flags", []), a["type"]
    parts = [size(x) for x in a.get("arguments", [])]
    if kind == "oneof": low, high = min(p[0] for p in parts), max(p[1] for p in parts)
    elif kind == "block": low, high = sum(p[0] for p in parts), sum(p[1] for p in parts)
    else: low = high = 1
    if "token" in a and kind != "pure-token": low, high = low + 1, high + 1
    if "multiple" in flags: high = most
    return (0, high) if "optional" in flags else (low, high)


def arity(arguments, words):
    low, high = words + sum(size(a)[0] for a in arguments), words + sum(size(a)[1] for a in arguments)
    return low if low == high else -low


def hidden(name):
    container = name.split("|")[0]
    return [flag for flag, names in HIDDEN.items() if name in names.split() or ("|" in name and container + "|*" in names.split())]


def literal(text):
    return json.dumps(text, ensure_ascii=False)


def strings(text, indent):
    """A literal, broken at spaces where it is too long for a line."""
    pieces, rest = [], text
    while len(literal(rest)) + indent > WIDTH and " " in rest[:WIDTH - indent - 8]:
        cut = rest.rindex(" ", 0, WIDTH - indent - 8) + 1
        pieces.append(rest[:cut])
        rest = rest[cut:]
    return ("\n%s+ " % (" " * indent)).join(literal(p) for p in pieces + [rest])


def declaration(info, docs, handler, family):
    full = info[0]
    module = docs.get("module")
    flags = [f for f in info[2] if f not in ("movablekeys", "module")]
    group, categories = docs["group"], set(c[1:] for c in info[6])
    values = []
    add = lambda name, value: values.append("%s = %s" % (name, value))
    if "summary" in docs: add("Summary", strings(docs["summary"], 8))
    if "since" in docs: add("Since", literal(docs["since"]))
    if "complexity" in docs: add("Complexity", strings(docs["complexity"], 8))
    if module: add("Module", literal(module))
    elif not family: add("Group", literal(group))
    symbols = [FLAGS[f] for f in flags] + hidden(full)
    if symbols: add("Flags", " | ".join(symbols))
    if not module:
        default = {GROUP_CATEGORY.get(group, group if group in CATEGORIES else "")} - {""} if handler else set()
        explicit = categories - implied(flags, "scripting" in categories)
        declared = explicit | (default & categories)
        if declared != default: add("Categories", literal(" ".join(c for c in CATEGORIES if c in declared)))
    if info[8]: add("Keys", strings("; ".join(key_spec(s) for s in info[8]), 8))
    if full in KEYS_FROM: add("KeysFrom", "nameof(KeyExtractors.%s)" % KEYS_FROM[full])
    arguments = docs.get("arguments", [])
    if arguments: add("Arguments", strings(Arguments(len(info[8])).list(arguments), 8))
    derived = arity(arguments, 1 + full.count("|")) if handler else -2
    if info[1] != derived: add("Arity", info[1])
    if info[7]: add("Tips", literal(" ".join(info[7])))
    if docs.get("history"):
        add("History", "[\n        " + ",\n        ".join(strings("%s: %s" % tuple(h), 12) for h in docs["history"]) + "]")
    if "deprecated_since" in docs: add("DeprecatedSince", literal(docs["deprecated_since"]))
    if "replaced_by" in docs: add("ReplacedBy", literal(docs["replaced_by"]))
    if "syscmd" in docs.get("doc_flags", []): add("System", "true")

    lines, line = [], '[Command("%s"' % full.upper().replace("|", " ")
    for value in values:
        if len(line) + len(value.split("\n")[0]) + 2 > WIDTH or "\n" in line or "\n" in value or value.startswith(("Flags", "Arguments", "Tips", "History")):
            lines.append(line + ",")
            line = "    " + value
        else:
            line += ", " + value
    return "\n".join(lines + [line + ")]"])


def collect(server):
    """Name -> (info, docs, whether it has a handler)."""
    all_docs, commands = server("COMMAND", "DOCS"), {}

    def take(info, docs):
        # What cannot be called without a subcommand has no handler of its own.
        commands[info[0]] = (info, docs, not info[9] or info[1] == -1)
        for sub in info[9]: take(sub, docs["subcommands"][sub[0]])

    for info in server("COMMAND"): take(info, all_docs[info[0]])
    return commands


def selected(commands, names):
    for name in names:
        name = name.lower().replace(" ", "|")
        found = sorted(c for c in commands if name == "*" or c.lower() == name or (name.startswith("@") and commands[c][1]["group"] == name[1:])
                       or (name.endswith("|*") and (c == name[:-2] or c.startswith(name[:-1]))))
        if not found: sys.exit("there is no command " + name)
        yield from found


def identifier(name):
    return "".join(word.capitalize() for word in name.lower().replace("|", " ").replace("-", " ").replace("_", " ").split())


def indented(text):
    return "    " + text.replace("\n", "\n    ")


def stubs(commands, names):
    groups = {}
    for name in names: groups.setdefault(commands[name][1]["group"], []).append(name)
    for group, members in groups.items():
        containers = [n for n in members if not commands[n][2]]
        for name in containers: print(declaration(*commands[name], family=True))
        print('[CommandFamily("%s")]' % group)
        print("internal static class %sStubs\n{" % identifier(group))
        handlers = [indented(declaration(*commands[name], family=True)) + "\n    internal static void %s(ref Call call) { }\n" % identifier(name)
                    for name in members if name not in containers]
        print("\n".join(handlers), end="")
        print("}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--stubs", action="store_true")
    parser.add_argument("--family", action="store_true")
    options = parser.parse_args()
    commands = collect(Server(options.server))
    names = list(dict.fromkeys(selected(commands, options.names)))
    if options.stubs: return stubs(commands, names)
    for name in names: print(declaration(*commands[name], family=options.family) + "\n")


if __name__ == "__main__":
    main()
