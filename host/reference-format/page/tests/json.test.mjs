// The page reads JSON strictly, and writes it in canonical form.

import assert from "node:assert/strict";
import test from "node:test";
import { modules } from "./built.mjs";

const { parseObject, parseValue } = modules["./json.js"];
const { canonical } = modules["./jcs.js"];
const bytes = (text) => new TextEncoder().encode(text);
const written = (text) => canonical(parseValue(bytes(text)));

test("what is no JSON, or two things at once, is refused", () => {
  const bad = [
    "", "{", "[]", "null", '{"a":1,"a":1}', '{"a":[{"b":1,"\\u0062":2}]}', '{"a":1} {"a":1}', '{"a":"\\ud800"}',
    '{"a":"\\udc00\\ud800"}', '{"a":01}', '{"a":+1}', '{"a":1.}', '{"a":.5}', '{"a":1e999}', '{"a":-}', '{"a":NaN}',
    "{'a':1}", '{"a":1,}', '{"a":[1,]}', '{"a"}', '{a:1}', '{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":tru}',
    '{"a":nullx}', "\ufeff{}", '{"a":1}\u00a0', '{"a":1 2}', '{"a" 1}', '{"a":"b}', "{,}",
  ];
  for (const text of bad) assert.throws(() => parseObject(bytes(text), 100), text);
  assert.throws(() => parseObject(bytes('{"a":1}'), 6));
  assert.throws(() => parseObject(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 100));
  const deep = (depth) => bytes(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
  assert.throws(() => parseObject(deep(10_000), 100_000));
  assert.throws(() => parseObject(deep(128), 100_000));
  assert.ok(parseObject(deep(127), 100_000));
});

test("what is JSON is read as it is", () => {
  const good = ' {"a":[1,-1,null,true,false,"x\\u00e9\\ud83d\\ude00\\/",{"b":{},"c":[]}],"__proto__":"p","constructor":"c"} ';
  const object = parseObject(bytes(good), 200);
  assert.deepEqual({ ...object.a[6] }.c, []);
  assert.equal(object.a[5], "xé😀/");
  assert.equal(canonical(object), '{"__proto__":"p","a":[1,-1,null,true,false,"xé😀/",{"b":{},"c":[]}],"constructor":"c"}');
});

test("a long text and many members are read in their time", () => {
  const text = `{"a":"${"\\n".repeat(100_000)}"}`;
  assert.equal(parseObject(bytes(text), 1e6).a.length, 100_000);
});

test("RFC 8785: escapes, order of names, and no fractions", () => {
  assert.equal(written('"\\b\\t\\n\\f\\r\\"\\\\\\/\\u000f\\u007f\\u2028<>&é😀"'), '"\\b\\t\\n\\f\\r\\"\\\\/\\u000f\u007f\u2028<>&é😀"');
  const unsorted = '{"€":1,"\\r":2,"\ufb33":3,"1":4,"😀":5,"\u0080":6,"ö":7,"":8,"aa":9,"a":10}';
  const sorted = '{"":8,"\\r":2,"1":4,"a":10,"aa":9,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}';
  assert.equal(written(unsorted), sorted);
  assert.equal(written("[0,-5,9007199254740991]"), "[0,-5,9007199254740991]");
  for (const other of ["1.0", "1e2", "-0", "0.5", "9007199254740993"]) assert.throws(() => written(other), other);
});
