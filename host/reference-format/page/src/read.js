// Streams within limits.

import { concat } from "./bytes.js";

/** All bytes of a stream; it is given up as soon as there are more than `bytesMax`. */
export async function readAll(stream, bytesMax) {
  const reader = stream.getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(...parts);
    parts.push(value);
    length += value.length;
    if (length > bytesMax) {
      reader.cancel().catch(() => {});
      throw new Error(`there are more than ${bytesMax} bytes`);
    }
  }
}
