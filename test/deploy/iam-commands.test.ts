import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runCommand } from "../../src/cli/run-command.ts";
import { KEY_PEM } from "../archive/retained-archive.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { actionsOf, statementsOf } from "./iam-policies.ts";
import { allow, exportTo, limitClients, type LimitedPlace, limitedPlace } from "./recorded-s3.ts";

const NOW = new Date();
/** A month that is over, whatever today is. */
const MONTH = new Date(NOW.getTime() - 40 * 86_400_000).toISOString().slice(0, 7);

interface Configured {
  source: LimitedPlace;
  lake: LimitedPlace;
  archive: LimitedPlace;
  /** Calls a command as somebody whom the policies limit, and returns its output. */
  call: (...args: string[]) => Promise<string>;
}

/** A configuration over three buckets, for somebody who may do what `run` needs. */
async function configured(): Promise<Configured> {
  const [source, lake, archive] = [await limitedPlace(statementsOf("source")), await limitedPlace(statementsOf("lake")), await limitedPlace(statementsOf("archive"))];
  const folder = temporaryFolder();
  const file = join(folder, "aperture-ledger.yaml");
  const url = ({ place }: LimitedPlace): string => place.location.url;
  writeFileSync(file, `sources: [{name: prod, url: "${url(source)}"}]\nlake: "${url(lake)}"\narchive: {url: "${url(archive)}"}\n`);
  vi.stubEnv("APERTURE_LEDGER_SIGNING_KEY", KEY_PEM);
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("LOG_LEVEL", "silent");
  const call = async (...args: string[]): Promise<string> => {
    let said = "";
    const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write").mockImplementation((text) => ((said += String(text)), true)));
    const code = await runCommand([...args, "--config", file], () => NOW);
    for (const write of writes) write.mockRestore();
    return code === 0 ? said : `${String(code)}: ${said}`;
  };
  return { source, lake, archive, call };
}

beforeEach(limitClients);
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("who closes a month may write to the lake and read the archive, and who runs may book what differs later", async () => {
  const { source, lake, archive, call } = await configured();
  await exportTo(source, { by: "ann@example.com", at: `${MONTH}-10T12:00:00Z`, dollars: 3 });
  expect(await call("run")).toContain("1 ingested");
  expect(await call("archive", "seal")).toContain("lists 1 exports");
  archive.used();

  await allow(archive.place, statementsOf("source"));
  expect(await call("chargeback", "--month", MONTH, "--close", "--by", "kim@example.com")).toContain("by kim@example.com");
  expect(archive.used()).toEqual(actionsOf("source"));

  await allow(archive.place, statementsOf("archive"));
  await exportTo(source, { by: "bob@example.com", at: `${MONTH}-11T12:00:00Z`, dollars: 5 });
  expect(await call("run")).toContain(`corrected ${MONTH}`);
  expect(lake.used()).toEqual(actionsOf("lake"));
  expect([source, lake, archive].flatMap((place) => place.denied())).toEqual([]);
});
