import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cached, digest } from "./cache.ts";
import { runScript } from "./process.ts";

export interface Shape {
  records: number;
  bodies: boolean;
  /** Requests of how many days; 1 by default. */
  days?: number;
  /** Most records in one export; all in one by default. */
  limit?: number;
}

export interface ExportFolder {
  folder: string;
  /** Names in order of time. */
  names: readonly string[];
  records: number;
  bytes: number;
  cborBytes: number;
}

/** A folder with the simulator's exports of this shape: no request twice, none late. */
export async function exportsOf(shape: Shape): Promise<ExportFolder> {
  const folder = await cached(`exports-${digest({ ...shape, simulator: simulatorDigest() })}`, async (empty) => {
    const { stdout } = await runScript("write-exports.ts", [empty, JSON.stringify(shape)]);
    return JSON.parse(stdout) as Omit<ExportFolder, "folder">;
  });
  return { ...(folder.described as Omit<ExportFolder, "folder">), folder: folder.path };
}

function simulatorDigest(): string {
  const folder = join(import.meta.dirname, "../../src/simulate");
  return digest(readdirSync(folder).toSorted().map((file) => readFileSync(join(folder, file), "utf8")));
}
