import type { CompressionCodec } from "hyparquet";
import type { ColumnSource } from "hyparquet-writer";
import type { LandingColumn } from "./landing-columns.ts";

/** Raised whenever the same usage records would be written as other landing files. */
export const LANDING_VERSION = 3;

type Values = readonly (string | null)[] | readonly (bigint | null)[] | readonly (number | null)[] | readonly boolean[];

/** Says how the writer encodes a column, so that it does not have to find out by trying. */
export function encodeColumn({ name, storage }: LandingColumn, values: Values, codec: CompressionCodec): ColumnSource {
  const data = values as ColumnSource["data"];
  switch (storage) {
    case "text":
      return { name, data, encoding: "RLE_DICTIONARY", codec };
    case "own_text":
      return { name, data: encodeTexts(values as readonly (string | null)[]), encoding: "DELTA_LENGTH_BYTE_ARRAY", codec };
    case "integer":
      return { name, data, encoding: "DELTA_BINARY_PACKED", codec };
    default:
      return { name, data, encoding: "PLAIN", codec };
  }
}

/** UTF-8 of each text. Those of ASCII, which capture ids are, are cut out of one piece: left to the writer they take five times as long. */
function encodeTexts(texts: readonly (string | null)[]): (Uint8Array | null)[] {
  const joined = texts.join("");
  const { buffer, byteOffset, byteLength } = Buffer.from(joined);
  if (byteLength !== joined.length) return texts.map((text) => (text === null ? null : Buffer.from(text)));
  let at = byteOffset;
  return texts.map((text) => {
    if (text === null) return null;
    const bytes = new Uint8Array(buffer, at, text.length);
    at += text.length;
    return bytes;
  });
}
