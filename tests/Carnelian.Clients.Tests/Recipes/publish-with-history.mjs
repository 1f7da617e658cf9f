// Uses publish-with-history.md: one who is always there, one who goes and comes back, and publishers that do not wait for either.
import assert from "node:assert";
import { connect, listen, publish } from "./recipe.mjs";

const redis = await connect();
await redis.del("stream:news");
const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => `${from + i}`);
const say = async (from, to) => {
  for (const number of numbers(from, to)) await publish(redis, "news", { number });
};
const until = async (condition) => {
  while (!condition()) await redis.ping();
};

await say(0, 10);
const [always, sometimes] = [[], []];
const steady = await listen("news", ({ number }) => always.push(number));
assert.deepStrictEqual(always, numbers(0, 10), "what was said before");
let visitor = await listen("news", ({ number }) => sometimes.push(number));
await Promise.all([say(10, 100), say(100, 200)]);
await until(() => sometimes.length === 200 && always.length === 200);

const last = await visitor.stop();
await say(200, 450);
await until(() => always.length === 450);
assert.strictEqual(sometimes.length, 200, "away");
const speaking = say(450, 600);
visitor = await listen("news", ({ number }) => sometimes.push(number), last);
await speaking;
await until(() => sometimes.length === 600 && always.length === 600);
assert.deepStrictEqual(sometimes, always, "each once, and in the same order");
assert.strictEqual(new Set(always).size, 600);
await Promise.all([steady.stop(), visitor.stop()]);
assert.strictEqual(await redis.xLen("stream:news"), 600);
await redis.close();
console.log("recipe holds");
