type TidyUp = () => void | Promise<void>;

const afterTests: TidyUp[] = [];
const afterFiles: TidyUp[] = [];

/** Has something done after each test from now on, of this file and of those that the process runs later; the last one first. */
export function afterEachTest(tidyUp: TidyUp): void {
  afterTests.unshift(tidyUp);
}

/** The same after each file. */
export function afterEachFile(tidyUp: TidyUp): void {
  afterFiles.unshift(tidyUp);
}

/** Runs all of them, whatever fails, and then fails. */
export async function tidyUpAfter(what: "test" | "file"): Promise<void> {
  const failures: unknown[] = [];
  for (const tidyUp of what === "test" ? afterTests : afterFiles) {
    try {
      await tidyUp();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 1) throw new AggregateError(failures, "several helpers could not tidy up");
  if (failures.length > 0) throw failures[0];
}
