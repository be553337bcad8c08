// JSON as it is read from strangers: no name twice, bounded in length and depth. JSON.parse would take the last of two.

import { fromUtf8 } from "./bytes.js";

const DEPTH_MAX = 127;

/** A number that is no small integer. References have none; other members of a key file may. */
export class OtherNumber {}

const malformed = (what) => new Error(`the document is not well-formed JSON (${what}); ask for it anew`);

/** Reads one JSON object; objects have no prototype. */
export function parseObject(bytes, bytesMax) {
  if (bytes.length > bytesMax) throw new Error(`the document has more than ${bytesMax} bytes; it is not a reference`);
  const value = parseValue(bytes);
  if (!isObject(value)) throw new Error("the document is JSON, but not an object; it is not a reference");
  return value;
}

/** Reads one JSON value. */
export function parseValue(bytes) {
  const text = fromUtf8(bytes);
  if (text === null) throw malformed("it is not UTF-8");
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.space();
  if (reader.place !== text.length) throw malformed("there is something behind its end");
  return value;
}

export const isObject = (value) => typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;

/** The value at a path of names and indices; undefined if there is none. */
export function at(value, ...path) {
  return path.reduce((inner, name) => {
    const has = (isObject(inner) || Array.isArray(inner)) && Object.hasOwn(inner, name);
    return has ? inner[name] : undefined;
  }, value);
}

class Reader {
  constructor(text) {
    this.text = text;
    this.place = 0;
  }

  /** Takes what the sticky expression finds here; null if it finds nothing. */
  take(expression) {
    expression.lastIndex = this.place;
    const found = expression.exec(this.text);
    if (found !== null) this.place = expression.lastIndex;
    return found === null ? null : found[0];
  }

  space() {
    this.take(/[ \t\n\r]*/y);
  }

  /** Takes a sign between values. */
  sign(expression, what) {
    this.space();
    const found = this.take(expression);
    if (found === null) throw malformed(what);
    this.space();
    return found;
  }

  value(depth) {
    this.space();
    switch (this.text[this.place]) {
      case "{":
        return this.object(depth + 1);
      case "[":
        return this.array(depth + 1);
      case '"':
        return this.string();
      default:
        return this.word();
    }
  }

  word() {
    const word = this.take(/true|false|null/y);
    return word === null ? this.number() : { true: true, false: false, null: null }[word];
  }

  number() {
    const text = this.take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    if (text === null || !Number.isFinite(Number(text))) throw malformed("there is no value where one should be");
    const number = Number(text);
    return Number.isSafeInteger(number) && String(number) === text ? number : new OtherNumber();
  }

  string() {
    const text = this.take(/"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y);
    if (text === null) throw malformed("a text is not as texts are");
    const value = JSON.parse(text);
    if (/\p{Surrogate}/u.test(value)) throw malformed("a text has half a character");
    return value;
  }

  array(depth) {
    const values = [];
    this.enter(depth);
    if (this.take(/\]/y) !== null) return values;
    do values.push(this.value(depth));
    while (this.sign(/[,\]]/y, "a list does not end") === ",");
    return values;
  }

  object(depth) {
    const object = Object.create(null);
    this.enter(depth);
    if (this.take(/\}/y) !== null) return object;
    do {
      if (this.text[this.place] !== '"') throw malformed("a member has no name");
      const name = this.string();
      if (Object.hasOwn(object, name)) throw malformed(`the name ${JSON.stringify(name)} is there twice`);
      this.sign(/:/y, "a member has no value");
      object[name] = this.value(depth);
    } while (this.sign(/[,}]/y, "an object does not end") === ",");
    return object;
  }

  enter(depth) {
    if (depth > DEPTH_MAX) throw malformed("it is nested too deeply");
    this.place += 1;
    this.space();
  }
}
