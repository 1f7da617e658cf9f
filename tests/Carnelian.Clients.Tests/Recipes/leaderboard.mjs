// Uses leaderboard.md.
import assert from "node:assert";
import { around, award, rank, redis, report, sharedRank, top, week } from "./recipe.mjs";

await redis.del("board", "points", "monday", "tuesday", "week");
await Promise.all(Array.from({ length: 1000 }, (_, i) => report("board", `player:${i}`, (i * 7) % 1000)));
await report("board", "player:0", 5000);
await report("board", "player:0", 10);
assert.deepStrictEqual(await top("board", 2), [{ player: "player:0", score: 5000 }, { player: "player:857", score: 999 }]);
assert.deepStrictEqual([await rank("board", "player:0"), await rank("board", "player:857"), await rank("board", "nobody")], [1, 2, null]);
assert.deepStrictEqual((await around("board", "player:857", 1)).map((each) => each.score), [5000, 999, 998]);
assert.deepStrictEqual((await around("board", "player:0", 1)).map((each) => each.score), [5000, 999]);
assert.deepStrictEqual(await around("board", "nobody", 1), []);

await Promise.all(Array.from({ length: 500 }, () => award("points", "ann", 2)));
await award("points", "bob", 1000);
await award("points", "cy", 1);
assert.deepStrictEqual(await Promise.all(["ann", "bob", "cy"].map((player) => sharedRank("points", player))), [1, 1, 3]);
assert.strictEqual(await sharedRank("points", "nobody"), null);

await Promise.all([award("monday", "ann", 3), award("monday", "bob", 5), award("tuesday", "ann", 4), award("tuesday", "cy", 1)]);
assert.strictEqual(await week(["monday", "tuesday"], "week", 1000), 3);
assert.deepStrictEqual(await top("week", 3), [{ player: "ann", score: 7 }, { player: "bob", score: 5 }, { player: "cy", score: 1 }]);
const left = await redis.ttl("week");
assert.ok(left > 900 && left <= 1000, `${left}`);
redis.disconnect();
console.log("recipe holds");
