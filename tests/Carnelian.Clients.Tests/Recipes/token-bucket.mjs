// Uses token-bucket.md: with given times, to the microsecond; and many at once by the server's clock.
import assert from "node:assert";
import { redis, take } from "./recipe.mjs";

const hourMs = 3_600_000;
const start = 1_700_000_000_000_000;
const at = (ms) => start + ms * 1000;
const many = (count, action) => Promise.all(Array.from({ length: count }, (_, i) => action(i)));
const granted = (waits) => waits.filter((wait) => wait === 0).length;

await redis.del("slow", "weighted", "random", "real");
const slow = { burst: 10, everyMs: hourMs };
const waits = await many(100, () => take("slow", { ...slow, now: at(0) }));
assert.strictEqual(granted(waits), 10);
assert.ok(waits.every((wait) => wait === 0 || wait === hourMs), "all that are refused wait for the next token: refusing costs none");
assert.strictEqual(await take("slow", { ...slow, now: at(hourMs) - 1 }), 0.001);
assert.strictEqual(granted(await many(10, () => take("slow", { ...slow, now: at(hourMs) }))), 1);
assert.strictEqual(granted(await many(10, () => take("slow", { ...slow, now: at(4 * hourMs) }))), 3);
assert.strictEqual(await take("slow", { ...slow, now: at(0) }), 5 * hourMs, "a clock that went back gives nothing");
assert.strictEqual(granted(await many(100, () => take("slow", { ...slow, now: at(1000 * hourMs) }))), 10, "never more than a bucket full");
const left = await redis.pttl("slow");
assert.ok(left > 9 * hourMs && left <= 10 * hourMs, `gone when it is full again: ${left}`);

assert.strictEqual(await take("weighted", { ...slow, count: 7, now: at(0) }), 0);
assert.strictEqual(await take("weighted", { ...slow, count: 5, now: at(0) }), 2 * hourMs);
assert.strictEqual(await take("weighted", { ...slow, count: 3, now: at(0) }), 0);
await assert.rejects(take("weighted", { ...slow, count: 11, now: at(0) }), RangeError);

// Whatever the times: no span gets more than the bucket and what came in meanwhile, and nobody is refused for whom there was a token.
let seed = 12345;
const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
const taken = [];
for (let now = start, step = 0; step < 3000; step++) {
  now += random(3) === 0 ? random(4 * hourMs) * 1000 : random(1000);
  const wait = await take("random", { ...slow, now });
  if (wait === 0) taken.push(now);
  else assert.strictEqual(await take("random", { ...slow, now: now + wait * 1000 - 1 }), 0.001);
}
assert.ok(taken.length > 500 && taken.length < 2500, `${taken.length}`);
for (let from = 0; from < taken.length; from++) {
  for (let to = from; to < taken.length; to++) assert.ok(to - from + 1 <= 10 + (taken[to] - taken[from]) / (hourMs * 1000), `${from} to ${to}`);
}

// By the server's clock: what gets through before a moment never exceeds what there was until then.
const serverMs = async () => {
  const [seconds, microseconds] = await redis.time();
  return seconds * 1000 + microseconds / 1000;
};
const began = await serverMs();
for (let through = 0; through < 50;) {
  through += granted(await many(20, () => take("real", { burst: 5, everyMs: 10 })));
  const most = 5 + (await serverMs() - began) / 10;
  assert.ok(through <= most, `${through} of ${most}`);
}
await redis.quit();
console.log("recipe holds");
