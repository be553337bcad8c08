// The page checks signatures as strictly as the program does, with and without the browser's Ed25519.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import test from "node:test";
import { modules } from "./built.mjs";

const { verifies, isPublicKey, hasNative } = modules["./ed25519.js"];
const { Point } = modules["@noble/ed25519"];
const { concat } = modules["./bytes.js"];

const ORDER = Point.CURVE().n;
const PRIME = Point.CURVE().p;
const message = new TextEncoder().encode("text");
const littleEndian = (number) => Uint8Array.from({ length: 32 }, (_, place) => Number((number >> BigInt(8 * place)) & 255n));
const toNumber = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
const both = (key, signature, text = message) => Promise.all([true, false].map((native) => verifies(key, text, signature, native)));

/** A point of order 8: a point minus its component in the group of prime order. */
function torsionPoint() {
  for (let y = 2n; ; y += 1n) {
    try {
      const point = Point.fromBytes(littleEndian(y));
      const torsion = point.multiply(ORDER - 1n, false).add(point);
      if (!torsion.multiply(4n, false).is0()) return torsion;
    } catch {
      continue;
    }
  }
}

/** Signs with secret 5 under a key that has `torsion` added; `shift` is added to R. */
function signWith(torsion, shift) {
  const key = Point.BASE.multiply(5n).add(torsion).toBytes();
  for (let r = 2n; ; r += 1n) {
    const point = Point.BASE.multiply(r).add(shift).toBytes();
    const hash = createHash("sha512").update(concat(point, key, message)).digest();
    const k = toNumber(hash) % ORDER;
    if (k % 8n === 1n) return { key, signature: concat(point, littleEndian((r + 5n * k) % ORDER)) };
  }
}

test("WebCrypto has Ed25519 here, so that both ways are tested", async () => assert.equal(await hasNative(), true));

test("a signature is good, a changed one is not", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  const signature = new Uint8Array(sign(null, message, privateKey));
  assert.deepEqual(await both(key, signature), [true, true]);
  assert.deepEqual(await both(key, signature, new TextEncoder().encode("test")), [false, false]);
  for (let place = 0; place < 64; place += 1) {
    const changed = Uint8Array.from(signature, (byte, at) => (at === place ? byte ^ 1 : byte));
    assert.deepEqual(await both(key, changed), [false, false], String(place));
  }
  assert.deepEqual(await both(key, signature.subarray(1)), [false, false]);
  // Lax programs take S + L for the same number as S.
  const other = concat(signature.subarray(0, 32), littleEndian(toNumber(signature.subarray(32)) + ORDER));
  assert.deepEqual(await both(key, other), [false, false]);
});

test("weak points are no keys, in whatever spelling", () => {
  const torsion = torsionPoint();
  for (let times = 1n; times <= 8n; times += 1n) assert.equal(isPublicKey(torsion.multiply(times, false).toBytes()), false);
  for (const y of [0n, 1n, PRIME - 1n, PRIME, PRIME + 1n, (1n << 255n) - 1n]) {
    assert.equal(isPublicKey(littleEndian(y)), false);
    assert.equal(isPublicKey(littleEndian(y | (1n << 255n))), false);
  }
  assert.equal(isPublicKey(Point.BASE.toBytes()), true);
  assert.equal(isPublicKey(new Uint8Array(31)), false);
});

test("the equation is taken without the cofactor", async () => {
  const torsion = torsionPoint();
  const none = Point.ZERO;
  const honest = signWith(none, none);
  assert.deepEqual(await both(honest.key, honest.signature), [true, true]);
  for (const [onKey, onR] of [[torsion, none], [none, torsion]]) {
    const { key, signature } = signWith(onKey, onR);
    assert.deepEqual(await both(key, signature), [false, false]);
  }
  // Here the components of small order cancel each other, so the equation holds without the cofactor too, and the program
  // accepts the signature.
  const { key, signature } = signWith(torsion, torsion.negate());
  assert.deepEqual(await both(key, signature), [true, true]);
  // An R of small order with a good key.
  const weak = concat(torsion.toBytes(), signature.subarray(32));
  assert.deepEqual(await both(key, weak), [false, false]);
});
