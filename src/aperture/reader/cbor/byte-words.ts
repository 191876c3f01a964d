const WORD = 4;

/** A name as words of four bytes; the last word overlaps the one before where the length is not a multiple of four. */
export interface NameWords {
  length: number;
  first: number;
  last: number;
  /** The words between, for names of more than eight bytes. */
  inner: Int32Array;
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

export function wordsOf(name: Uint8Array): NameWords {
  const view = viewOf(name);
  const { length } = name;
  const inner = Int32Array.from({ length: Math.max(0, Math.ceil(length / WORD) - 2) }, (_, i) => view.getInt32((i + 1) * WORD));
  return { length, first: firstOf(view, 0, length), last: lastOf(view, 0, length), inner };
}

/** Whether the bytes at `start` are the name. */
export function isName({ length, first, last, inner }: NameWords, bytes: DataView, start: number): boolean {
  if (first !== firstOf(bytes, start, length) || last !== lastOf(bytes, start, length)) return false;
  for (let i = 0; i < inner.length; i++) if (inner[i] !== bytes.getInt32(start + (i + 1) * WORD)) return false;
  return true;
}

/** The first four bytes; for names of one or two bytes the first one, for names of three the first two. */
function firstOf(bytes: DataView, start: number, length: number): number {
  if (length >= WORD) return bytes.getInt32(start);
  return length === 3 ? bytes.getUint16(start) : bytes.getUint8(start);
}

function lastOf(bytes: DataView, start: number, length: number): number {
  return length >= WORD ? bytes.getInt32(start + length - WORD) : bytes.getUint8(start + length - 1);
}
