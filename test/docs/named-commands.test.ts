import type { Command } from "commander";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { callDry, theProgram, wordsOf } from "../cli/dry-program.ts";

const ROOT = join(import.meta.dirname, "../..");
const PROGRAM = theProgram();
const TOP = new Set(PROGRAM.commands.map((command) => command.name()));

/** Words that follow the product's name where it is the subject of a sentence, or part of a text that is no call. */
const PROSE = new Set(["calculates", "closed", "copies", "does", "for", "is", "made", "needs", "of", "reads", "report", "that", "turns", "wants", "whose", "writes", "gets", "has", "and", "or", "in", "as"]);
const PROGRAM_NAMES = /(?:\baperture-ledger|npm run (?:-s )?ledger --) +((?:[^\s"'`(),;:|#]|"[^"`]*"|'[^'`]*')(?:[^\n`;|#])*)/g;

interface Mention {
  place: string;
  words: string[];
}

/** Calls that a text names, each up to the end of its line or of the code around it. */
function mentionsIn(text: string, place: string): Mention[] {
  return [...text.matchAll(PROGRAM_NAMES)].map(([, call = ""]) => ({ place, words: wordsOf(call) }));
}

/** The program's code without comments; what a template fills in is one word. */
function textsOf(file: string): string {
  const code = readFileSync(file, "utf8").replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/(^|[^:"'`])\/\/.*$/gm, "$1");
  return code.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "FILLED");
}

/** Why a mention is no call of the program; undefined where it is one, or a sentence about the product. */
function mistakeIn(words: readonly string[]): string | undefined {
  const clean = words.map((word) => word.replace(/["'.,)\]\\]+$|^\[/g, "")).filter(Boolean);
  const [first = ""] = clean;
  if (first.startsWith("<") || first.startsWith("-") || first === "FILLED" || first === "…") return undefined;
  if (!TOP.has(first)) return PROSE.has(first) || !/^[a-z][a-z-]*$/.test(first) ? undefined : `there is no command ${first}`;
  let command = PROGRAM;
  let place = 0;
  for (let next = find(command, clean[place]); next !== undefined; next = find(command, clean[++place])) command = next;
  const flags = clean.slice(place).filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/=.*$/, ""));
  const unknown = flags.filter((flag) => !takes(command, flag));
  return unknown.length === 0 ? undefined : `${clean.slice(0, place).join(" ")} does not take ${unknown.join(", ")}`;
}

function describeMistake({ place, words }: Mention): string[] {
  const mistake = mistakeIn(words);
  return mistake === undefined ? [] : [`${place}: ${mistake} (${words.slice(0, 6).join(" ")})`];
}

function find(command: Command, word: string | undefined): Command | undefined {
  return command.commands.find((one) => one.name() === word);
}

function takes(command: Command | null, flag: string): boolean {
  return command !== null && (flag === "--help" || command.options.some(({ long }) => long === flag) || takes(command.parent, flag));
}

const DOCS = [...globSync("docs/**/*.md", { cwd: ROOT }), "README.md", "CHANGELOG.md"].filter((file) => !file.startsWith("docs/adr/"));

test("a mention of a command that does not exist, or of a flag that it does not take, would be found", () => {
  expect(mentionsIn('remedy: "call aperture-ledger verify --archive X"', "x").map(({ words }) => mistakeIn(words))).toEqual(["there is no command verify"]);
  expect(mentionsIn("`npm run -s ledger -- archive verify --moth 2026-10`", "x").map(({ words }) => mistakeIn(words))).toEqual(["archive verify does not take --moth"]);
  expect(mistakeIn(["chargeback", "--month", "2026-10", "reports", "without", "it"])).toBeUndefined();
});

test("every command that a message, a remedy, a page or a help of the program names exists, with its flags", () => {
  const files = globSync("{src,jobs}/**/*.ts", { cwd: ROOT });
  const mentions = files.flatMap((file) => mentionsIn(textsOf(join(ROOT, file)), file));
  expect(mentions.length).toBeGreaterThan(60);
  expect(mentions.flatMap(describeMistake)).toEqual([]);
});

test.each([...DOCS, "docs/aperture-ledger.service", "docker-compose.yml", "Dockerfile"])("every command that %s names exists, with its flags", (file) => {
  expect(mentionsIn(readFileSync(join(ROOT, file), "utf8"), file).flatMap(describeMistake)).toEqual([]);
});

describe("calls in the code blocks of the pages", () => {
  /** Each with its continued lines. */
  const calls = DOCS.filter((file) => file !== "docs/commands.md").flatMap((file) => {
    const blocks = [...readFileSync(join(ROOT, file), "utf8").matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = ""]) => block.replaceAll(/\\\n\s*/g, ""));
    return blocks.flatMap((block) => [...block.matchAll(/^(?:aperture-ledger|npm run -s ledger --) (.*)$/gm)].map(([, call = ""]) => [file, call] as const));
  });

  test("are many", () => expect(calls.length).toBeGreaterThan(30));

  test.each(calls.filter(([, call]) => !/[[\]…]|<\w/.test(call)))("%s: %s", async (_, call) => {
    expect((await callDry(wordsOf(call))).error).toBeUndefined();
  });
});
