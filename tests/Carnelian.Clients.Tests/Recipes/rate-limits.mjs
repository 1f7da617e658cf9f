// Uses rate-limits.md: a hundred requests at once, and what comes later.
import assert from "node:assert";
import { countVisit, isAllowed, isAllowedSliding, redis } from "./recipe.mjs";

const many = (count, action) => Promise.all(Array.from({ length: count }, (_, i) => action(i)));
const allowed = (answers) => answers.filter((answer) => answer).length;

await redis.del(["visits:monday", "visitors:monday", "limit:ann", "sliding:ann"]);
const visits = await many(1000, (i) => countVisit("/home", `visitor:${i % 50}`, "monday"));
assert.deepStrictEqual(visits.map(Number).sort((a, b) => a - b), Array.from({ length: 1000 }, (_, i) => i + 1));
assert.strictEqual(Number(await redis.pfCount("visitors:monday")), 50);

assert.strictEqual(allowed(await many(100, () => isAllowed("ann", 10, 100))), 10);
const left = await redis.ttl("limit:ann");
assert.ok(left > 90 && left <= 100, `${left}`);
await redis.expire("limit:ann", 50);
assert.strictEqual(await isAllowed("ann", 10, 100), false);
assert.ok(await redis.ttl("limit:ann") <= 50, "asking does not prolong the window");
await redis.pExpire("limit:ann", 1);
while (await redis.exists("limit:ann"));
assert.strictEqual(await isAllowed("ann", 10, 100), true, "a new window");

const now = Date.now();
assert.strictEqual(allowed(await many(100, () => isAllowedSliding("ann", 10, 60, now))), 10);
assert.strictEqual(await isAllowedSliding("ann", 10, 60, now + 59_000), false);
assert.strictEqual(await isAllowedSliding("ann", 10, 60, now + 61_000), true, "the old ones are out of the window");
assert.strictEqual(Number(await redis.zCard("sliding:ann")), 1);
await redis.close();
console.log("recipe holds");
