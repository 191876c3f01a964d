import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { parseQuestion } from "../../src/explore/question/parse-question.ts";
import { layout } from "../../src/lake/layout.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { addRequests, explorerOf, lakeOfRequests, request } from "./explored-lake.ts";

afterEach(() => void vi.unstubAllEnvs());

const REQUESTS = [
  request({ at: "2026-10-31T23:50:00Z", cost: 7n }),
  request({ at: "2026-11-02T10:00:00Z", cost: 3n, sessionId: "s1" }),
  request({ at: "2026-11-30T10:00:00Z", cost: 5n, instance: "lab" }),
];

async function copyAll(from: ObjectStore, folder: string, to: ObjectStore): Promise<void> {
  for await (const { key } of from.list("")) await to.replace(key, await readFile(join(folder, key)));
}

test("a lake in S3 answers questions, and a day that is built again changes the next answer", async () => {
  const place = await freshS3(SHARED_S3);
  place.client.destroy();
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  const { folder, lake } = await lakeOfRequests(REQUESTS);
  const remote = await openStore(place.location);
  await copyAll(lake, folder, remote);
  const explorer = explorerOf(remote);
  const question = parseQuestion(new URLSearchParams("from=2026-11-01&to=2026-11-30&rows=instance"), explorer.settings);
  const costs = async (): Promise<unknown> => (await explorer.ask(question)).answer?.rows.map(({ value, figures }) => [value, figures.cost]);
  expect(await costs()).toEqual([["lab", 5n], ["prod", 3n]]);
  expect((await explorer.askSessions(question)).answer?.rows.map(({ session, figures }) => [session, figures.cost])).toEqual([["s1", 3n]]);
  await addRequests(lake, folder, "prod", [request({ at: "2026-11-02T10:00:00Z", cost: 11n })]);
  await copyAll(lake, folder, remote);
  expect(await costs()).toEqual([["prod", 11n], ["lab", 5n]]);
  // A table that its manifest does not describe is no answer.
  await remote.replace(layout.rollups("2026-11-30", "lab"), await readFile(join(folder, layout.rollups("2026-11-02", "prod"))));
  await expect(explorerOf(remote).ask(question)).rejects.toMatchObject({ code: "object_changed" });
});
