// The one byte form of a JSON value (RFC 8785), for values without fractions: references have none.

import { isObject } from "./json.js";

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  // JSON.stringify escapes strings, and sort() compares UTF-16 code units, as sections 3.2.2.2 and 3.2.3 ask.
  if (isObject(value) || value?.constructor === Object) {
    const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
    return `{${members.join(",")}}`;
  }
  const isPlain = value === null || ["string", "boolean"].includes(typeof value) || Number.isSafeInteger(value);
  if (!isPlain) throw new Error("the value has no canonical form; it cannot be signed");
  return JSON.stringify(value);
}

/** Whether two values are the same. */
export function same(one, other) {
  try {
    return canonical(one) === canonical(other);
  } catch {
    return false;
  }
}
