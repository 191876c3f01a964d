import { createInterface, type Interface } from "node:readline";
import { DEFAULT_INSTANCE, type SettingFlags, settingsOfFlags } from "../../config/reading/settings.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { refuseOverlaps } from "../../open/check-places.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";

/** Asks a person on a terminal. */
export interface Ask {
  /** The answer without spaces around it; undefined at the end of the input. */
  question(text: string): Promise<string | undefined>;
  /** Says what is wrong with an answer. */
  say(text: string): void;
  close(): void;
}

/** On stderr, since stdout is for results. Undefined where standard input or stderr is not a terminal. Reads nothing before the first question. */
export function openAsk(): Ask | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  let reader: Interface | undefined;
  let lines: AsyncIterator<string> | undefined;
  return {
    async question(text) {
      // The terminal edits the line itself: in raw mode, Ctrl-C would be a character instead of a signal.
      reader ??= createInterface({ input: process.stdin, terminal: false });
      lines ??= reader[Symbol.asyncIterator]();
      process.stderr.write(text);
      const next = await lines.next();
      if (next.done !== true) return next.value.trim();
      process.stderr.write("\n");
      return undefined;
    },
    say: (text) => void process.stderr.write(`${visibleText(text)}\n`),
    close: () => reader?.close(),
  };
}

interface Question {
  flag: "source" | "instance" | "lake" | "gatewayConfig";
  text: string;
  /** What an empty answer stands for; undefined where an answer is needed. */
  otherwise: string | undefined;
}

const QUESTIONS: readonly Question[] = [
  { flag: "source", text: "Where does the gateway's exporter write (s3://bucket/prefix, file:///dir or a path)?", otherwise: undefined },
  { flag: "instance", text: `Name of that gateway, which never changes (Enter: ${DEFAULT_INSTANCE})?`, otherwise: DEFAULT_INSTANCE },
  { flag: "lake", text: "Where is the ledger kept (s3://bucket/prefix, file:///dir or a path)?", otherwise: undefined },
  { flag: "gatewayConfig", text: "Address of the gateway, such as http://ai (Enter: none)?", otherwise: "" },
];

/** Asks for what the flags lack, and again where an answer is not a valid setting. Throws `usage` at the end of the input. */
export async function askForSettings(flags: SettingFlags, ask: Ask): Promise<SettingFlags> {
  let settings = flags;
  try {
    for (const question of QUESTIONS) {
      if (flags[question.flag] === undefined) settings = await answered(settings, question, ask);
    }
  } finally {
    ask.close();
  }
  return settings;
}

async function answered(settings: SettingFlags, { flag, text, otherwise }: Question, ask: Ask): Promise<SettingFlags> {
  for (;;) {
    const answer = await ask.question(`${text} `);
    if (answer === undefined) throw new LedgerError("usage", "the questions were not answered, so nothing was written", { remedy: "call init again, or give the settings as flags: aperture-ledger init --source URL --lake URL" });
    const value = answer === "" ? otherwise : answer;
    if (value === undefined) continue;
    const next: SettingFlags = value === "" ? settings : { ...settings, [flag]: value };
    const mistake = await findMistake(next);
    if (mistake === undefined) return next;
    ask.say(mistake);
  }
}

/** A sentence about an answer that cannot be used; undefined for any other. */
async function findMistake(settings: SettingFlags): Promise<string | undefined> {
  try {
    await refuseOverlaps(settingsOfFlags(settings));
    return undefined;
  } catch (error) {
    if (error instanceof LedgerError) return /✖ (.*)/.exec(error.message)?.[1] ?? error.message;
    throw error;
  }
}
