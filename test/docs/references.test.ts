import { Ajv } from "ajv";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configJsonSchema } from "../../src/config/config-json-schema.ts";
import { exampleOf } from "./references/configuration-page.ts";
import { listKeys, objectsIn } from "./references/key-rows.ts";
import { REFERENCES } from "./references/references.ts";

test.each(REFERENCES)("docs/$file is what npm run references writes", ({ file, render }) => {
  expect(readFileSync(join(import.meta.dirname, "../../docs", file), "utf8")).toBe(render());
});

describe("each key of the configuration", () => {
  const listed = new Map<string, string>();
  const sections = Object.entries(configJsonSchema().properties ?? {}).flatMap(([name, schema]) => (typeof schema === "object" ? [{ path: name, schema }] : []));
  const keys = [...sections, ...sections.flatMap(({ path, schema }) => listKeys(path, schema, listed))];
  const ajv = new Ajv({ strict: false, validateFormats: false });

  test("says what it means, in a sentence", () => {
    expect(keys.filter(({ schema }) => !/^[A-Z`].*\.$/su.test(schema.description ?? "")).map(({ path }) => path)).toEqual([]);
    expect(keys.length).toBeGreaterThan(150);
  });

  test("has an example, but for those that only hold other keys", () => {
    const without = keys.filter(({ schema }) => exampleOf(schema) === undefined && objectsIn(schema).length === 0);
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  test("has an example that its schema takes", () => {
    const wrong = keys.filter(({ schema }) => {
      const example = exampleOf(schema);
      return example !== undefined && !ajv.validate(schema, example);
    });
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
