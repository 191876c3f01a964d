import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { archiveSection } from "../../src/config/sections/archive-section.ts";
import { privacySection } from "../../src/config/sections/privacy-section.ts";
import { findExposedKeys } from "../../src/open/exposed-keys.ts";
import { temporaryFolder } from "../test-ledger.ts";

let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), "key");
  writeFileSync(file, "a secret");
});
afterEach(() => void vi.restoreAllMocks());

const privacy = privacySection.parse({});

test.each([
  [0o600, []],
  [0o400, []],
  [0o640, ["0640"]],
  [0o604, ["0604"]],
  [0o644, ["0644"]],
])("a key file with the permissions %o that the process owns is reported if others can read it", async (mode, modes) => {
  chmodSync(file, mode);
  for (const key of ["signing_key", "erasure_key"]) {
    const archive = archiveSection.parse({ [key]: file });
    expect(await findExposedKeys({ archive, privacy }, {})).toEqual(modes.map((said) => ({ file, mode: said })));
  }
});

test("a file that the environment names is looked at as well, and one file once", async () => {
  chmodSync(file, 0o644);
  const env = { APERTURE_LEDGER_SIGNING_KEY_FILE: file, APERTURE_LEDGER_ERASURE_KEY_FILE: file };
  expect(await findExposedKeys({ archive: archiveSection.parse({}), privacy }, env)).toEqual([{ file, mode: "0644" }]);
  expect(await findExposedKeys({ archive: archiveSection.parse({}), privacy }, { ...env, APERTURE_LEDGER_SIGNING_KEY: "x", APERTURE_LEDGER_ERASURE_KEY: "x" })).toEqual([]);
});

test("a secret that is mounted for the process and belongs to another account is not, nor a key in AWS KMS", async () => {
  chmodSync(file, 0o444);
  const owner = process.getuid?.() ?? 0;
  vi.spyOn(process as Required<typeof process>, "getuid").mockReturnValue(owner + 1);
  expect(await findExposedKeys({ archive: archiveSection.parse({ signing_key: file, erasure_key: join(file, "nothing") }), privacy }, {})).toEqual([]);
  expect(await findExposedKeys({ archive: archiveSection.parse({ signing_key: "awskms:alias/x" }), privacy }, {})).toEqual([]);
});
