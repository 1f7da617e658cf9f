// node-redis where a password is set: password-node-redis.mjs PORT SOCKET. One line per check; ends at the first that fails.
import { check, errorOf, fields, range, require } from "./checks.mjs";

const { createClient } = require("redis");
const port = Number(process.argv[2]);
const path = process.argv[3];

function client(options) {
  const made = createClient({ ...options, socket: { port, reconnectStrategy: false, ...options.socket } });
  made.on("error", () => {});
  return made;
}

async function session(options, way) {
  const r = await client(options).connect();
  check(`${way}: SET, GET`, [await r.set("k", "v"), await r.get("k")], ["OK", "v"]);
  const replies = await Promise.all(range(0, 100).flatMap((i) => [r.set(`p:${i}`, `${i}`), r.get(`p:${i}`)]));
  check(`${way}: pipeline`, replies, range(0, 100).flatMap((i) => ["OK", `${i}`]));
  check(`${way}: INFO`, fields(await r.info()).tcp_port, `${port}`);
  await r.close();
}

for (const RESP of [2, 3]) {
  await session({ RESP, password: "pw", name: "session" }, `password, RESP${RESP}`);
  await session({ RESP, username: "default", password: "pw", database: 3 }, `user and password, RESP${RESP}`);
  await session({ RESP, password: "pw", socket: { path } }, `unix, RESP${RESP}`);
  const wrong = await errorOf(client({ RESP, password: "no" }).connect());
  check(`wrong password, RESP${RESP}`, /^WRONGPASS/.test(wrong?.message), true);
}
const r = await errorOf(client({ RESP: 2 }).connect().then((open) => open.get("k")));
check("no password", /^NOAUTH/.test(r?.message), true);
console.log("session complete");
// A client that was refused keeps its connection.
process.exit(0);
