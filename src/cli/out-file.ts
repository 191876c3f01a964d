import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import { isClosedPipe } from "./outputs.ts";

/** An output to which the contents of local files are appended. */
export interface Out {
  append(file: string): Promise<void>;
  /** Call this once, after the last file. */
  finish(): Promise<void>;
  /** Removes the output, where that is possible. */
  abandon(): Promise<void>;
}

/** A file that is either complete or absent: it has a temporary name until it is finished. Throws `file_unwritable`. */
export async function openOutFile(path: string): Promise<Out> {
  const unfinished = `${path}.unfinished`;
  await writing(path, () => writeFile(unfinished, ""));
  return {
    append: (file) => writing(path, () => pipeline(createReadStream(file), createWriteStream(unfinished, { flags: "a" }))),
    finish: () => writing(path, () => rename(unfinished, path)),
    abandon: () => rm(unfinished, { force: true }),
  };
}

/** A folder that is either complete or absent: it has a temporary name until it is finished. Throws `file_exists` for one with contents, and `file_unwritable`. */
export async function openOutFolder(path: string): Promise<{ folder: string } & Pick<Out, "finish" | "abandon">> {
  const unfinished = `${path}.unfinished`;
  const contents = await readdir(path).catch(() => []);
  if (contents.length > 0) throw new LedgerError("file_exists", `${path} is not empty`, { remedy: "name a folder that does not exist yet" });
  await writing(path, async () => {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
  });
  return {
    folder: unfinished,
    finish: () => writing(path, () => rename(unfinished, path)),
    abandon: () => rm(unfinished, { recursive: true, force: true }),
  };
}

/** Waits for the reader. Nothing more is written once the reader has stopped reading. */
export function openStdout(): Out {
  let isRead = true;
  return {
    async append(file) {
      if (!isRead) return;
      await pipeline(createReadStream(file), process.stdout, { end: false }).catch((error: unknown) => {
        if (!isClosedPipe(error)) throw error;
        isRead = false;
      });
    },
    finish: async () => undefined,
    abandon: async () => undefined,
  };
}

/** Like `openOutFile`, for one text, or the bytes of one file. */
export async function writeOutFile(path: string, text: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await writing(path, async () => {
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  });
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw new LedgerError("file_unwritable", `${path} cannot be written: ${messageOf(cause)}`, { remedy: "name a file in a folder that exists and can be written", cause });
  }
}
