// ioredis where a password is set: password-ioredis.mjs PORT SOCKET. One line per check; ends at the first that fails.
import { check, errorOf, fields, range, require } from "./checks.mjs";

const { Redis } = require("ioredis");
const port = Number(process.argv[2]);
const path = process.argv[3];

async function session(r, way) {
  check(`${way}: SET, GET`, [await r.set("k", "v"), await r.get("k")], ["OK", "v"]);
  const pipeline = r.pipeline();
  for (const i of range(0, 100)) pipeline.set(`p:${i}`, i).get(`p:${i}`);
  check(`${way}: pipeline`, await pipeline.exec(), range(0, 100).flatMap((i) => [[null, "OK"], [null, `${i}`]]));
  check(`${way}: INFO`, fields(await r.info()).tcp_port, `${port}`);
  r.disconnect();
}

/** What a request that needs a password ends with; the client tells of its own failure to log in too. */
async function errorWith(options) {
  const r = new Redis({ port, retryStrategy: null, maxRetriesPerRequest: 0, ...options });
  let told;
  r.on("error", (error) => { told ??= error; });
  const error = await errorOf(r.get("k"));
  r.disconnect();
  return /WRONGPASS|NOAUTH/.exec(`${told?.message} ${error?.message}`)?.[0];
}

await session(new Redis({ port, password: "pw", connectionName: "session" }), "password");
await session(new Redis({ port, username: "default", password: "pw", db: 3 }), "user and password");
await session(new Redis({ path, password: "pw" }), "unix");
await session(new Redis({ port, password: "pw", protocol: 3 }), "resp3");
await session(new Redis(`redis://:pw@127.0.0.1:${port}/0`), "URL");
check("wrong password", await errorWith({ password: "no" }), "WRONGPASS");
check("wrong password of RESP3", await errorWith({ username: "default", password: "no", protocol: 3 }), "WRONGPASS");
check("no password", await errorWith({}), "NOAUTH");
console.log("session complete");
