export interface Instruction {
  keyword: string;
  /** Everything behind the keyword, in one line. */
  text: string;
  /** The same as words: of the JSON form where it is one, else divided as a shell would, without flags. */
  words: string[];
  /** `--from=build` and its like. */
  flags: Record<string, string>;
}

export interface Stage {
  /** Of another stage, or an image. */
  base: string;
  name: string;
  instructions: Instruction[];
}

export interface Dockerfile {
  /** What FROM may name, each with its default; a build may say otherwise. */
  arguments: Record<string, string>;
  stages: Stage[];
}

/** Instructions that `assembleStage` or a test knows what to do with; any other has to be thought about first. */
const KNOWN: ReadonlySet<string> = new Set(["ARG", "COPY", "RUN", "WORKDIR", "USER", "LABEL", "ENV", "ENTRYPOINT", "CMD"]);
const WORD = /(?:[^\s"]|"[^"]*")+/g;

/** Reads the part of the Dockerfile format that this project uses; what it does not know is an error. */
export function parseDockerfile(text: string): Dockerfile {
  const given: Record<string, string> = {};
  const stages: Stage[] = [];
  for (const line of logicalLines(text)) {
    const [, keyword = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
    const instruction = parseInstruction(keyword.toUpperCase(), rest);
    if (instruction.keyword === "FROM") {
      const [image = "", as, name = ""] = instruction.words;
      const base = image.replace(/^\$\{(\w+)\}$/, (_, argument: string) => given[argument] ?? "");
      if (as?.toUpperCase() !== "AS") throw new Error(`a stage without a name: ${line}`);
      stages.push({ base, name, instructions: [] });
    } else if (instruction.keyword === "ARG" && stages.length === 0) {
      const [name = "", value = ""] = instruction.text.split("=");
      given[name] = value;
    } else if (KNOWN.has(instruction.keyword) && stages.length > 0) {
      stages.at(-1)?.instructions.push(instruction);
    } else {
      throw new Error(`not understood in the Dockerfile: ${line}`);
    }
  }
  return { arguments: given, stages };
}

/** Comments go, also between continued lines; a backslash at the end continues. */
function logicalLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
}

function parseInstruction(keyword: string, rest: string): Instruction {
  const flags: Record<string, string> = {};
  let text = rest;
  for (let flag; (flag = /^--([\w-]+)=(\S+)\s+/.exec(text)) !== null; text = text.slice(flag[0].length)) {
    flags[flag[1] ?? ""] = flag[2] ?? "";
  }
  const words = text.startsWith("[") ? (JSON.parse(text) as string[]) : (text.match(WORD) ?? []).map((word) => word.replaceAll('"', ""));
  return { keyword, text, words, flags };
}
