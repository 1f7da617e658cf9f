#!/usr/bin/env python3
"""Asks a reference server again what a file of recorded replies asks, and rewrites the file.

  record-replies.py HOST:PORT FILE

The file holds requests ("> COMMAND INFO get", or "3> ..." in RESP3; '' is an empty word), each followed by the lines of its
reply and an empty line. Its first line names the server's version."""
import socket, sys


def exchange(file, sock, words):
    words = [b"" if w == "''" else w.encode() for w in words]
    sock.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
    lines = []
    read(file, lines)
    return lines


def read(file, lines):
    line = file.readline()[:-2].decode()
    lines.append(line)
    kind, rest = line[:1], line[1:]
    if kind == "$" and rest != "-1":
        lines.append(file.read(int(rest) + 2)[:-2].decode())
    if kind in "*~%" and rest != "-1":
        for _ in range(int(rest) * (2 if kind == "%" else 1)): read(file, lines)


def main():
    address, path = sys.argv[1:]
    host, port = address.rsplit(":", 1)
    connections = {}
    for prefix in (">", "3>"):
        sock = socket.create_connection((host, int(port)), 20)
        connections[prefix] = (sock.makefile("rb"), sock)
    exchange(*connections["3>"], ["HELLO", "3"])
    info = exchange(*connections[">"], ["INFO", "server"])[1]
    version = next(line for line in info.split("\r\n") if line.startswith("redis_version:")).split(":")[1]

    requests = [line.rstrip("\n") for line in open(path) if line.startswith((">", "3>"))]
    with open(path, "w") as out:
        out.write("# Redis %s, recorded by eng/record-replies.py\n\n" % version)
        for request in requests:
            prefix, *words = request.split(" ")
            out.write(request + "\n" + "\n".join(exchange(*connections[prefix], words)) + "\n\n")


if __name__ == "__main__":
    main()
