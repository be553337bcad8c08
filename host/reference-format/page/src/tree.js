// The log's Merkle tree (RFC 6962 section 2.1), and its tiles as they are published (c2sp.org/tlog-tiles).

import { concat, equal, sha256 } from "./bytes.js";

const HASH_BYTES = 32;
const TILE_WIDTH = 256n;
const TILE_HEIGHT = 8n;

export const leafHash = (entry) => sha256(concat(new Uint8Array([0]), entry));

const nodeHash = (left, right) => sha256(concat(new Uint8Array([1]), left, right));

/** Whether `path` proves that `leaf` is the `index`-th of `size` under `root` (RFC 9162 section 2.1.3.2). */
export async function isIncluded(leaf, index, size, path, root) {
  if (index >= size) return false;
  let [place, last, hash] = [index, size - 1n, leaf];
  for (const step of path) {
    if (last === 0n) return false;
    if (place % 2n === 1n || place === last) {
      hash = await nodeHash(step, hash);
      while (place % 2n === 0n && place !== 0n) [place, last] = [place >> 1n, last >> 1n];
    } else {
      hash = await nodeHash(hash, step);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n && equal(hash, root);
}

/** The path of a tile below the log's folder, as of a log of `size` entries. */
export function tilePath(level, index, size) {
  const hashes = size >> (TILE_HEIGHT * level);
  const width = hashes / TILE_WIDTH > index ? TILE_WIDTH : hashes % TILE_WIDTH;
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const groups = digits.match(/.{3}/g).map((group, place, all) => (place < all.length - 1 ? `x${group}` : group));
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** The inclusion proof of an entry from the published tiles. `fetchTile` gets a path. */
export function inclusionPath(index, size, fetchTile) {
  const tiles = new Map();
  const tile = (path) => {
    if (!tiles.has(path)) tiles.set(path, fetchTile(path));
    return tiles.get(path);
  };
  return new TileReader(size, tile).path(index);
}

class TileReader {
  constructor(size, tile) {
    this.size = size;
    this.tile = tile;
  }

  /** `PATH(m, D[n])`. */
  async path(index) {
    let [start, end] = [0n, this.size];
    const steps = [];
    while (end - start > 1n) {
      const middle = start + splitPoint(end - start);
      steps.push(index < middle ? [middle, end] : [start, middle]);
      [start, end] = index < middle ? [start, middle] : [middle, end];
    }
    return Promise.all(steps.reverse().map(([from, to]) => this.range(from, to)));
  }

  /** `MTH(D[start:end])`, for the ranges that the tree is made of. */
  async range(start, end) {
    const length = end - start;
    const half = length === 1n ? 0n : splitPoint(length);
    if (length === 1n || half * 2n === length) return this.node(height(length), start / length);
    return nodeHash(await this.range(start, start + half), await this.range(start + half, end));
  }

  /** The hash of the `index`-th full subtree of `1 << level` entries. */
  async node(level, index) {
    if (level % TILE_HEIGHT !== 0n) {
      const children = [this.node(level - 1n, 2n * index), this.node(level - 1n, 2n * index + 1n)];
      return nodeHash(...(await Promise.all(children)));
    }
    const bytes = await this.tile(tilePath(level / TILE_HEIGHT, index / TILE_WIDTH, this.size));
    const start = Number(index % TILE_WIDTH) * HASH_BYTES;
    if (bytes.length < start + HASH_BYTES) throw new Error("a tile of the published log is too short");
    return bytes.subarray(start, start + HASH_BYTES);
  }
}

const height = (power) => BigInt(power.toString(2).length - 1);

/** The largest power of two below `number`, which is at least 2. */
const splitPoint = (number) => 1n << height(number - 1n);
