// What the sessions of Node.js' clients share.
import { createRequire } from "node:module";
import { isDeepStrictEqual, inspect } from "node:util";

/** Loads a package from NODE_PATH, which import would not look at. */
export const require = createRequire(import.meta.url);

export function check(name, seen, wanted) {
  if (!isDeepStrictEqual(seen, wanted)) {
    console.log(`FAILED ${name}: got ${inspect(seen)}, wanted ${inspect(wanted)}`);
    process.exit(1);
  }
  console.log(`ok ${name}`);
}

/** The error that a promise ends with, or undefined. */
export const errorOf = (promise) => promise.then(() => undefined, (error) => error);

export const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

/** A value of all bytes, with what ends lines in the protocol. */
export const every = Buffer.from([...range(0, 256), 13, 10, 0, 255]);

export const megabyte = Buffer.concat(range(0, 4096).map(() => every.subarray(0, 256)));

export const isBetween = (low, value, high) => low <= value && value <= high;

/** The fields of INFO's text. */
export const fields = (info) => Object.fromEntries(info.split("\r\n").filter((line) => line.includes(":")).map((line) => line.split(/:(.*)/, 2)));
