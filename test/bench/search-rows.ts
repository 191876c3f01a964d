import { join } from "node:path";
import { exportsOf } from "./inputs.ts";
import { BenchFailed, runScript } from "./process.ts";
import { describeInput } from "./read-rows.ts";
import type { SearchedArchive } from "./search-archive.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** The filler texts have no such word: everything is searched to its end. */
const ABSENT = "nightjar";

/** Searching conversations for a text and for an expression. */
export async function measureSearch({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  say("B: writing the export, if it is not there yet");
  const input = await exportsOf({ records: sizes.bodies, bodies: true });
  const file = join(input.folder, input.names[0] ?? "");
  const resident: number[] = [];
  const search = async (kind: "text" | "regex", pattern: string): Promise<number> => {
    const { seconds, residentMiB, records } = JSON.parse((await runScript("search-archive.ts", [file, kind, pattern])).stdout) as SearchedArchive;
    if (records !== input.records) throw new BenchFailed(`${kind}: ${records} of ${input.records} records`);
    resident.push(residentMiB);
    return input.cborBytes / 1e6 / seconds;
  };
  say(`B: searching it ${rounds} times each way`);
  const [text, regex]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    text.push(await search("text", ABSENT));
    regex.push(await search("regex", `(?i)${ABSENT}s?`));
  }
  return {
    rows: [
      { what: "B searched for a text", unit: "MB/s", ours: text },
      { what: "B searched for an expression", unit: "MB/s", ours: regex },
      { what: "B searched, most resident", unit: "MiB", ours: resident, judgedBy: "highest", target: { on: "ours", is: "under", value: 190 } },
    ],
    inputs: [describeInput("B", input)],
  };
}
