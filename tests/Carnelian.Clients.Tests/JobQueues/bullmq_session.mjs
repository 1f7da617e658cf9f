// A session of BullMQ, a worker that is killed included: what became of its jobs, a line each. Knows nothing of the server, so that its output can be
// compared with that of another one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

const { DelayedError, FlowProducer, Queue, QueueEvents, UnrecoverableError, WaitingChildrenError, Worker } = createRequire(import.meta.url)("bullmq");
const url = new URL(process.env.REDIS_URL);
const connection = { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
const day = 86_400_000;

// Started again by this session, it takes a job and is killed with it.
if (process.argv[2]) {
  new Worker(process.argv[2], () => new Promise(() => {}), { connection, lockDuration: 500, stalledInterval: 100 }).on("active", (job) => console.log(job.id));
  await new Promise(() => {});
}

const tell = (what, ...seen) => console.log(what, JSON.stringify(seen));
const numbers = (count) => Array.from({ length: count }, (_, i) => i);
const until = async (condition) => {
  while (!(await condition())) await new Promise(setImmediate);
};

/** A queue with its events, and workers that end with it. */
class Place {
  constructor(name) {
    this.queue = new Queue(name, { connection });
    this.events = new QueueEvents(name, { connection, lastEventId: "0-0" });
    for (const each of [this.queue, this.events]) each.setMaxListeners(0);
    this.workers = [];
  }

  work(process, options = {}) {
    const worker = new Worker(this.queue.name, process, { connection, ...options });
    worker.on("error", (error) => tell("error", error.message));
    this.workers.push(worker);
    return worker;
  }

  add = (names, options) => Promise.all(names.map((name) => this.queue.add(name, { name }, options)));

  /** The result of each job, or why it failed. */
  ends = (jobs) => Promise.all(jobs.map((job) => job.waitUntilFinished(this.events).catch((error) => `failed: ${error.message}`)));

  /** How many jobs are in which state, but for states without any. */
  counts = async () => Object.fromEntries(Object.entries(await this.queue.getJobCounts()).filter(([, count]) => count > 0));

  again = (job) => this.queue.getJob(job.id);

  async close() {
    await Promise.all(this.workers.map((worker) => worker.close()));
    await Promise.all([this.queue.close(), this.events.close()]);
  }
}

async function at(name, run) {
  const place = new Place(name);
  await place.events.waitUntilReady();
  await run(place);
  await place.close();
}

await at("plain", async (place) => {
  const jobs = await place.queue.addBulk(numbers(300).map((number) => ({ name: "add", data: { a: number, b: 1 } })));
  tell("waiting", await place.counts());
  place.work(async ({ data: { a, b } }) => a + b, { concurrency: 10 });
  place.work(async ({ data: { a, b } }) => a + b, { concurrency: 5 });
  const sums = await place.ends(jobs);
  tell("results", sums.every((sum, i) => sum === i + 1), await place.counts(), (await place.queue.getCompleted(0, 9)).length);
  const [same] = await place.add(["one"], { jobId: "given" });
  await place.ends([same]);
  await place.add(["two"], { jobId: "given" });
  tell("an id is taken once", (await place.again(same)).name, await place.counts());
  const [first] = await place.add(["first"], { deduplication: { id: "d" }, delay: day });
  const [second] = await place.add(["second"], { deduplication: { id: "d" }, delay: day });
  tell("deduplicated", first.id === second.id, await place.counts());
  tell("removed", await place.queue.remove(first.id), await place.counts());
});

await at("order", async (place) => {
  await place.add(["low", "low too"], { priority: 9 });
  await place.add(["high"], { priority: 1 });
  const [changed] = await place.add(["changed"], { priority: 8 });
  await place.add(["plain"]);
  const last = await place.add(["last in"], { lifo: true });
  tell("prioritized", await place.counts(), await place.queue.getCountsPerPriority([0, 1, 8, 9]));
  await changed.changePriority({ priority: 2 });
  const seen = [];
  place.work(async (job) => seen.push(job.name));
  await place.ends([...last, ...(await place.queue.getPrioritized())]);
  tell("order", seen);
});

await at("delayed", async (place) => {
  const jobs = await place.add(["soon"], { delay: 300 });
  const far = await place.add(["promoted", "brought forward", "never"], { delay: day });
  tell("delayed", await place.counts(), await far[0].getState());
  await far[0].promote();
  await far[1].changeDelay(200);
  place.work(async (job, token) => {
    if (job.name !== "put off" || job.data.again) return job.name;
    await job.updateData({ again: true });
    await job.moveToDelayed(Date.now() + 100, token);
    throw new DelayedError();
  });
  const off = await place.add(["put off"]);
  tell("in time", await place.ends([...jobs, far[0], far[1], ...off]), await place.counts());
  const { processedOn, timestamp } = await place.again(jobs[0]);
  tell("not too early", processedOn >= timestamp + 300);
});

await at("retries", async (place) => {
  const tries = {};
  place.work(async (job) => {
    tries[job.name] = (tries[job.name] ?? 0) + 1;
    if (job.name === "hopeless") throw new UnrecoverableError("hopeless");
    if (tries[job.name] < 3) throw new Error(`try ${tries[job.name]}`);
    return `in try ${job.attemptsMade + 1}`;
  }, { concurrency: 3 });
  const jobs = [
    ...(await place.add(["once", "twice"], { attempts: 1 })),
    ...(await place.add(["fixed"], { attempts: 3, backoff: { type: "fixed", delay: 100 } })),
    ...(await place.add(["growing"], { attempts: 5, backoff: { type: "exponential", delay: 50 } })),
    ...(await place.add(["at once", "hopeless"], { attempts: 3 })),
  ];
  tell("retries", await place.ends(jobs), await place.counts());
  const fixed = await place.again(jobs[2]);
  tell("backed off", fixed.processedOn >= fixed.timestamp + 200, fixed.attemptsMade, fixed.stacktrace.length, (await place.again(jobs[0])).failedReason);
  await (await place.again(jobs[0])).retry();
  tell("retried by hand", await place.ends([jobs[0]]), await jobs[0].getState());
  await place.queue.retryJobs();
  await until(async () => (await place.queue.getFailedCount()) === 2 && (await place.queue.getActiveCount()) === 0 && tries.hopeless === 2);
  tell("all retried", Object.entries(tries).sort(), await place.counts());
});

await at("kept", async (place) => {
  place.work(async (job) => {
    if (job.name.startsWith("fail")) throw new Error(job.name);
  });
  await place.ends(await place.add(["1", "2", "3", "4", "5"], { removeOnComplete: { count: 2 } }));
  tell("kept two", (await place.queue.getCompleted()).map((job) => job.name));
  const gone = await place.add(["gone", "fail, gone"], { removeOnComplete: true, removeOnFail: true });
  tell("kept none", await place.ends(gone), await Promise.all(gone.map(place.again)));
  await place.ends(await place.add(["fail 1", "fail 2"]));
  tell("cleaned", (await place.queue.clean(0, 0, "completed")).length, (await place.queue.clean(0, 1, "failed")).length, await place.counts());
});

await at("limited", async (place) => {
  place.work(async () => {}, { limiter: { max: 5, duration: 1000 }, concurrency: 20 });
  await place.ends(await place.add(numbers(15).map(String)));
  // Times are taken in the worker, the seconds counted by the server: they come later, by less than half a second, one hopes.
  const started = (await place.queue.getCompleted()).map((job) => job.processedOn).sort();
  tell("five at a time", started.length, started[5] - started[0] >= 500, started[10] - started[5] >= 500);
  let together = 0;
  let most = 0;
  const slow = new Place("limited to two");
  await slow.queue.setGlobalConcurrency(2);
  slow.work(async () => {
    most = Math.max(most, ++together);
    await slow.queue.getJobCounts();
    together--;
  }, { concurrency: 10 });
  await slow.ends(await slow.add(numbers(30).map(String)));
  tell("two together", most);
  await slow.close();
});

await at("paused", async (place) => {
  await place.queue.pause();
  const jobs = await place.add(["a", "b"]);
  const worker = place.work(async (job) => job.name);
  await worker.waitUntilReady();
  tell("paused", await place.queue.isPaused(), await place.counts());
  const resumed = Date.now();
  await place.queue.resume();
  tell("resumed", await place.ends(jobs), (await place.again(jobs[0])).processedOn >= resumed, await place.queue.isPaused());
  await worker.pause();
  const [later] = await place.add(["c"]);
  tell("a worker paused", await later.getState(), worker.isPaused());
  worker.resume();
  tell("and resumed", await place.ends([later]));
});

await at("stalled", async (place) => {
  const jobs = await place.add(["held"]);
  const killed = spawn(process.execPath, [process.argv[1], "stalled"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(killed.stdout, "data");
  tell("held", await jobs[0].getState(), await place.counts());
  killed.kill("SIGKILL");
  await once(killed, "exit");
  const stalled = [];
  place.events.on("stalled", ({ jobId }) => stalled.push(jobId === jobs[0].id));
  place.work(async (job) => `${job.name} in its start ${job.attemptsStarted}`, { stalledInterval: 100 });
  tell("killed, and done by another", await place.ends(jobs), stalled, (await place.again(jobs[0])).stalledCounter);
});

await at("stalled for good", async (place) => {
  const jobs = await place.add(["held"]);
  const killed = spawn(process.execPath, [process.argv[1], "stalled for good"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(killed.stdout, "data");
  killed.kill("SIGKILL");
  await once(killed, "exit");
  place.work(async () => "done", { stalledInterval: 100, maxStalledCount: 0 });
  tell("killed, and given up", await place.ends(jobs), await place.counts());
});

await at("scheduled", async (place) => {
  const seen = [];
  place.work(async (job) => seen.push([job.name, job.data, job.repeatJobKey]));
  await place.queue.upsertJobScheduler("tick", { every: 50, limit: 4 }, { name: "tick", data: { n: 1 } });
  await until(() => seen.length === 4);
  await until(async () => Object.keys(await place.counts()).join() === "completed");
  tell("four ticks", seen[0], seen.length, await place.counts());
  const nightly = { pattern: "30 3 * * *", tz: "UTC" };
  await place.queue.upsertJobScheduler("nightly", nightly, { name: "sweep" });
  await place.queue.upsertJobScheduler("nightly", { ...nightly, pattern: "0 4 * * *" }, { name: "sweep all" });
  const { key, name, pattern, next } = await place.queue.getJobScheduler("nightly");
  const [waiting] = await place.queue.getDelayed();
  tell("nightly", key, name, pattern, new Date(next).toISOString().slice(11), waiting.name, waiting.timestamp + waiting.delay === next, await place.queue.getJobSchedulersCount());
  tell("no more", await place.queue.removeJobScheduler("nightly"), await place.queue.removeJobScheduler("nightly"), await place.counts());
});

await at("flow", async (place) => {
  const flows = new FlowProducer({ connection });
  const parts = new Place("parts");
  await parts.events.waitUntilReady();
  const queueName = "parts";
  const tree = (name, ...children) => flows.add({ name, queueName: "flow", children });
  const values = async (job) => Object.values(await job.getChildrenValues()).sort();
  const house = await tree("house", { name: "roof", queueName }, { name: "walls", queueName, children: [1, 2, 3].map((number) => ({ name: `wall ${number}`, queueName })) });
  tell("waits for children", await house.job.getState(), (await house.job.getDependenciesCount()).unprocessed, await place.counts(), await parts.counts());
  parts.work(async (job) => {
    if (job.name.startsWith("fail")) throw new Error(job.name);
    return [job.name, ...(await values(job)).flat()];
  });
  place.work(async (job, token) => {
    if (job.name === "as it goes" && !job.data.began) {
      await job.updateData({ began: true });
      await parts.queue.add("on the way", {}, { parent: { id: job.id, queue: job.queueQualifiedName } });
      if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
    }
    return [job.name, await values(job), Object.values((await job.getIgnoredChildrenFailures()) ?? {})];
  });
  tell("a house", await place.ends([house.job]), await house.job.getDependenciesCount());
  const broken = await tree("broken", { name: "fail 1", queueName, opts: { failParentOnFailure: true } });
  tell("fails with its child", (await place.ends([broken.job]))[0].replace(/bull:parts:\S+/, "JOB"), await place.counts());
  const robust = await tree("robust", { name: "fail 2", queueName, opts: { ignoreDependencyOnFailure: true } }, { name: "fine", queueName });
  tell("does without its child", await place.ends([robust.job]));
  tell("children added meanwhile", await place.ends(await place.add(["as it goes"])));
  const { job } = await tree("undone", { name: "never", queueName, opts: { delay: day } });
  await job.remove();
  tell("removed with its children", await place.counts(), await parts.counts());
  await Promise.all([flows.close(), parts.close()]);
});

await at("events", async (place) => {
  const seen = [];
  for (const name of ["added", "waiting", "delayed", "active", "progress", "completed", "failed", "retries-exhausted", "removed"]) {
    place.events.on(name, ({ jobId, prev, data, returnvalue, failedReason }) => seen.push([name, jobId, prev, data, returnvalue, failedReason].filter((field) => field !== undefined)));
  }
  const drained = once(place.events, "drained");
  const [job] = await place.add(["a"], { jobId: "a", delay: 1 });
  place.work(async (job) => {
    await job.updateProgress({ percent: 50 });
    await job.log("half of it");
    if (job.name === "b") throw new Error("no");
    return "done";
  });
  await place.ends([job]);
  await place.ends(await place.add(["b"], { jobId: "b" }));
  await drained;
  await place.queue.remove("b");
  await until(() => seen.at(-1)[0] === "removed");
  tell("events", seen);
  const { progress, returnvalue } = await place.again(job);
  tell("progress, logs", progress, returnvalue, await place.queue.getJobLogs("a"));
  tell("trimmed", (await place.queue.trimEvents(0)) > 0);
  await place.add(["c"], { delay: day });
  await place.queue.drain(true);
  tell("drained", await place.counts());
  await place.queue.obliterate({ force: true });
  tell("obliterated", await place.counts());
});
console.log("session complete");
