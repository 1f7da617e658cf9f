// A session of node-redis: session-node-redis.mjs PORT SOCKET. One line per check; ends at the first that fails.
import { check, errorOf, every, fields, isBetween, megabyte, range, require } from "./checks.mjs";

const { createClient, ErrorReply, RESP_TYPES } = require("redis");
const port = Number(process.argv[2]);
const path = process.argv[3];

async function connect(options) {
  const client = createClient({ ...options, socket: { reconnectStrategy: false, ...options.socket } });
  client.on("error", (error) => { throw error; });
  return client.connect();
}

async function session(r, way, version) {
  const ok = async (name, promise, wanted) => check(`${way}: ${name}`, await promise, wanted);
  const binary = r.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  await ok("PING", r.ping(), "PONG");
  await ok("FLUSHALL", r.flushAll(), "OK");
  const self = await r.clientInfo();
  check(`${way}: HELLO, SETNAME and SETINFO at connect`, [self.name, self.resp, self.libName, self.libVer.length > 0], [`session-${way}`, version, "node-redis", true]);
  await ok("CLIENT SETNAME", r.clientSetName("renamed").then(() => r.clientGetName()), "renamed");

  await ok("SET", r.set("k", "one"), "OK");
  await ok("GET", r.get("k"), "one");
  await ok("GET of no key", r.get("none"), null);
  await ok("SET NX of a key", r.set("k", "two", { condition: "NX" }), null);
  await ok("SET XX", r.set("k", "two", { condition: "XX" }), "OK");
  await ok("SET GET", r.set("k", "three", { GET: true }), "two");
  await ok("SET EX", r.set("k", "four", { expiration: { type: "EX", value: 10_000 } }), "OK");
  check(`${way}: TTL after SET EX`, isBetween(9_000, await r.ttl("k"), 10_000), true);
  await ok("SET KEEPTTL", r.set("k", "five", { expiration: "KEEPTTL" }), "OK");
  check(`${way}: TTL after SET KEEPTTL`, isBetween(1, await r.ttl("k"), 10_000), true);
  await ok("SET PX", r.set("k", "six", { expiration: { type: "PX", value: 10_000_000 } }), "OK");
  check(`${way}: PTTL after SET PX`, isBetween(9_000_000, await r.pTTL("k"), 10_000_000), true);
  await ok("SET drops the TTL", r.set("k", "seven").then(() => r.ttl("k")), -1);
  await ok("EXPIRE", r.expire("k", 10_000), 1);
  check(`${way}: TTL after EXPIRE`, isBetween(9_000, await r.ttl("k"), 10_000), true);
  await ok("TTL of no key", r.ttl("none"), -2);
  await ok("MSET", r.mSet({ a: "1", b: "2" }), "OK");
  await ok("MGET", r.mGet(["a", "none", "b"]), ["1", null, "2"]);
  await ok("INCR", Promise.all([r.incr("n"), r.incr("n"), r.incrBy("n", 40)]), [1, 2, 42]);
  await ok("APPEND", Promise.all([r.append("text", "abc"), r.append("text", "def"), r.get("text")]), [3, 6, "abcdef"]);
  await ok("TYPE", Promise.all([r.type("text"), r.type("none")]), ["string", "none"]);
  await ok("EXISTS, DEL", Promise.all([r.exists(["a", "b", "none"]), r.del(["a", "b", "none"]), r.exists("a")]), [2, 2, 0]);

  await ok("FLUSHALL, DBSIZE", r.flushAll().then(() => r.dbSize()), 0);
  await ok("pipeline of 1,000 SET", Promise.all(range(0, 1000).map((i) => r.set(`p:${i}`, `${i}`))), range(0, 1000).map(() => "OK"));
  const reads = r.multi();
  for (const i of range(0, 1000)) reads.get(`p:${i}`);
  await ok("pipeline of 1,000 GET", reads.execAsPipeline(), range(0, 1000).map((i) => `${i}`));
  await ok("DBSIZE", r.dbSize(), 1000);
  const keys = range(0, 1000).map((i) => `p:${i}`).sort();
  const scan = async (options) => {
    const found = new Set();
    for await (const page of r.scanIterator(options)) page.forEach((key) => found.add(key));
    return [...found].sort();
  };
  await ok("SCAN", scan({ COUNT: 7 }), keys);
  await ok("SCAN MATCH", scan({ MATCH: "p:99?" }), keys.filter((key) => /^p:99.$/.test(key)));
  await ok("SCAN TYPE", scan({ TYPE: "string" }), keys);

  await ok("binary key and value", r.set(every, every).then(() => binary.get(every)), every);
  await ok("SET of 1 MB", r.set("large", megabyte), "OK");
  check(`${way}: GET of 1 MB`, megabyte.equals(await binary.get("large")), true);

  const notANumber = await errorOf(r.incr("large"));
  check(`${way}: error of INCR`, [notANumber instanceof ErrorReply, notANumber?.message], [true, "ERR value is not an integer or out of range"]);
  const unknown = await errorOf(r.sendCommand(["NOSUCH", "x"]));
  check(`${way}: error of an unknown command`, [unknown instanceof ErrorReply, unknown?.message.trim()], [true, "ERR unknown command 'NOSUCH', with args beginning with: 'x'"]);
  const mixed = await Promise.allSettled([r.set("p", "word"), r.incr("p"), r.get("p")]);
  check(`${way}: error in a pipeline`, mixed.map((result) => result.value ?? result.reason.constructor.name), ["OK", "SimpleError", "word"]);

  check(`${way}: CONFIG GET`, { ...await r.configGet("databases") }, { databases: "16" });
  const info = fields(await r.info());
  check(`${way}: INFO`, [info.redis_version[0], info.tcp_port, info.role], ["8", `${port}`, "master"]);
  await ok("INFO keyspace", r.info("keyspace").then((text) => Number(/^db0:keys=(\d+)/m.exec(text)[1])), await r.dbSize());
  await r.close();
}

await session(await connect({ name: "session-tcp", RESP: 2, socket: { port } }), "tcp", 2);
await session(await connect({ name: "session-unix", RESP: 2, socket: { path } }), "unix", 2);
await session(await connect({ name: "session-resp3", RESP: 3, socket: { port } }), "resp3", 3);

const third = await connect({ database: 3, socket: { port } });
check("SELECT at connect", [await third.set("here", "only"), await third.dbSize()], ["OK", 1]);
check("SELECT", (await third.select(0), await third.exists("here")), 0);
check("SELECT back", (await third.select(3), await third.get("here")), "only");
check("SELECT out of range", (await errorOf(third.select(99)))?.message, "ERR DB index is out of range");
await third.close();
console.log("session complete");
