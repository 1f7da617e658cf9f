// A session of ioredis: session-ioredis.mjs PORT SOCKET. One line per check; ends at the first that fails.
import { check, errorOf, every, fields, isBetween, megabyte, range, require } from "./checks.mjs";

const { Redis, ReplyError } = require("ioredis");
const port = Number(process.argv[2]);
const socket = process.argv[3];

async function session(r, way) {
  const ok = async (name, promise, wanted) => check(`${way}: ${name}`, await promise, wanted);

  await ok("PING", r.ping(), "PONG");
  await ok("FLUSHALL", r.flushall(), "OK");
  await ok("CLIENT SETNAME at connect", r.client("GETNAME"), `session-${way}`);
  check(`${way}: CLIENT SETINFO at connect`, /lib-name=ioredis\S* lib-ver=\d/.test(await r.client("INFO")), true);
  await ok("CLIENT SETNAME", r.client("SETNAME", "renamed").then(() => r.client("GETNAME")), "renamed");

  await ok("SET", r.set("k", "one"), "OK");
  await ok("GET", r.get("k"), "one");
  await ok("GET of no key", r.get("none"), null);
  await ok("SET NX of a key", r.set("k", "two", "NX"), null);
  await ok("SET XX", r.set("k", "two", "XX"), "OK");
  await ok("SET GET", r.set("k", "three", "GET"), "two");
  await ok("SET EX", r.set("k", "four", "EX", 10_000), "OK");
  check(`${way}: TTL after SET EX`, isBetween(9_000, await r.ttl("k"), 10_000), true);
  await ok("SET KEEPTTL", r.set("k", "five", "KEEPTTL"), "OK");
  check(`${way}: TTL after SET KEEPTTL`, isBetween(1, await r.ttl("k"), 10_000), true);
  await ok("SET PX", r.set("k", "six", "PX", 10_000_000), "OK");
  check(`${way}: PTTL after SET PX`, isBetween(9_000_000, await r.pttl("k"), 10_000_000), true);
  await ok("SET drops the TTL", r.set("k", "seven").then(() => r.ttl("k")), -1);
  await ok("EXPIRE", r.expire("k", 10_000), 1);
  check(`${way}: TTL after EXPIRE`, isBetween(9_000, await r.ttl("k"), 10_000), true);
  await ok("TTL of no key", r.ttl("none"), -2);
  await ok("MSET", r.mset({ a: 1, b: 2 }), "OK");
  await ok("MGET", r.mget("a", "none", "b"), ["1", null, "2"]);
  await ok("INCR", Promise.all([r.incr("n"), r.incr("n"), r.incrby("n", 40)]), [1, 2, 42]);
  await ok("APPEND", Promise.all([r.append("text", "abc"), r.append("text", "def"), r.get("text")]), [3, 6, "abcdef"]);
  await ok("TYPE", Promise.all([r.type("text"), r.type("none")]), ["string", "none"]);
  await ok("EXISTS, DEL", Promise.all([r.exists("a", "b", "none"), r.del("a", "b", "none"), r.exists("a")]), [2, 2, 0]);

  await ok("FLUSHALL, DBSIZE", r.flushall().then(() => r.dbsize()), 0);
  const writes = r.pipeline();
  for (const i of range(0, 1000)) writes.set(`p:${i}`, i);
  await ok("pipeline of 1,000 SET", writes.exec(), range(0, 1000).map(() => [null, "OK"]));
  const reads = r.pipeline();
  for (const i of range(0, 1000)) reads.get(`p:${i}`);
  await ok("pipeline of 1,000 GET", reads.exec(), range(0, 1000).map((i) => [null, `${i}`]));
  await ok("DBSIZE", r.dbsize(), 1000);
  const keys = range(0, 1000).map((i) => `p:${i}`).sort();
  const scan = async (options) => [...new Set((await r.scanStream(options).toArray()).flat())].sort();
  await ok("SCAN", scan({ count: 7 }), keys);
  await ok("SCAN MATCH", scan({ match: "p:99?" }), keys.filter((key) => /^p:99.$/.test(key)));
  await ok("SCAN TYPE", scan({ type: "string" }), keys);

  await ok("binary key and value", r.set(every, every).then(() => r.getBuffer(every)), every);
  await ok("SET of 1 MB", r.set("large", megabyte), "OK");
  check(`${way}: GET of 1 MB`, megabyte.equals(await r.getBuffer("large")), true);

  const notANumber = await errorOf(r.incr("large"));
  check(`${way}: error of INCR`, [notANumber instanceof ReplyError, notANumber?.message], [true, "ERR value is not an integer or out of range"]);
  const unknown = await errorOf(r.call("NOSUCH", "x"));
  check(`${way}: error of an unknown command`, [unknown instanceof ReplyError, unknown?.message.trim()], [true, "ERR unknown command 'NOSUCH', with args beginning with: 'x'"]);
  const [set, incr, get] = await r.pipeline().set("p", "word").incr("p").get("p").exec();
  check(`${way}: error in a pipeline`, [set, incr[0] instanceof ReplyError, get], [[null, "OK"], true, [null, "word"]]);

  await ok("CONFIG GET", r.config("GET", "databases"), ["databases", "16"]);
  const info = fields(await r.info());
  check(`${way}: INFO`, [info.redis_version[0], info.tcp_port, info.role], ["8", `${port}`, "master"]);
  await ok("INFO keyspace", r.info("keyspace").then((text) => Number(/^db0:keys=(\d+)/m.exec(text)[1])), await r.dbsize());
  r.disconnect();
}

await session(new Redis({ port, connectionName: "session-tcp" }), "tcp");
await session(new Redis({ path: socket, connectionName: "session-unix" }), "unix");
await session(new Redis({ port, protocol: 3, connectionName: "session-resp3" }), "resp3");

const resp3 = new Redis({ port, protocol: 3 });
check("RESP3 is spoken", / resp=3 /.test(await resp3.client("INFO")), true);
resp3.disconnect();

const third = new Redis({ port, db: 3 });
check("SELECT at connect", [await third.set("here", "only"), await third.dbsize()], ["OK", 1]);
check("SELECT", [await third.select(0), await third.exists("here")], ["OK", 0]);
check("SELECT back", [await third.select(3), await third.get("here")], ["OK", "only"]);
check("SELECT out of range", (await errorOf(third.select(99)))?.message, "ERR DB index is out of range");
third.disconnect();
console.log("session complete");
