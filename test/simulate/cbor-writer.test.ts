import { decode } from "cborg";
import { describe, expect, it } from "vitest";
import { CborWriter } from "../../src/simulate/cbor-writer.ts";

function written(write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter();
  write(writer);
  return writer.take();
}

describe("CborWriter", () => {
  it.each([0, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, Number.MAX_SAFE_INTEGER])(
    "writes %i in the shortest form",
    (value) => {
      expect(decode(written((writer) => writer.unsigned(value)), { strict: true })).toBe(value);
    },
  );

  it.each([0, 1, 0.046167639999999996])("writes %d dollars as eight bytes of float", (value) => {
    const bytes = written((writer) => writer.float(value));
    expect(bytes).toHaveLength(9);
    expect(decode(bytes)).toBe(value);
  });

  it.each(["", "tag:ci", "Žofie ☕ 🦊", "x".repeat(3_000_000)])("writes text of any length and alphabet", (value) => {
    expect(decode(written((writer) => writer.text(value)))).toBe(value);
    expect(decode(written((writer) => writer.encodedText(Buffer.from(value))))).toBe(value);
  });

  it("writes maps, arrays, bytes and constants", () => {
    const bytes = written((writer) => {
      writer.map(2);
      writer.text("a");
      writer.array(3);
      writer.boolean(true);
      writer.boolean(false);
      writer.null();
      writer.text("b");
      writer.bytes([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    });
    expect(decode(bytes)).toEqual({ a: [true, false, null], b: Uint8Array.of(1, 2, 3) });
  });

  it("starts anew after its bytes were taken", () => {
    const writer = new CborWriter();
    writer.text("first");
    expect(writer.length).toBe(6);
    writer.take();
    writer.text("second");
    expect(decode(writer.take())).toBe("second");
  });
});
