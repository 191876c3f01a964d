import { changeLedger } from "../change-ledger.ts";
import { expect, test } from "vitest";
import { eraseCaller } from "../../src/archive/erase-caller.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { ARCHIVING, namesLogin } from "../e2e/erasing.ts";
import { describeCases } from "./case-files.ts";
import { runCase } from "./case-ledger.ts";

const LOGIN = "alice.doe@example.com";

describeCases("erasing a caller whom a client wrote down encoded", () => {
  test("leaves the login nowhere, as it is and encoded, and as many requests", async () => {
    const { ledger: opened, lake, summary } = await runCase("erase-encoded-login");
    const ledger = changeLedger(opened, { work: { archiving: { ...opened.work.archiving, ...ARCHIVING } } });
    const store = new FsStore(lake);
    expect(await namesLogin(store, lake, LOGIN)).not.toEqual([]);
    let ids = 0;
    await eraseCaller(ledger, { login: LOGIN, reason: "asked to be forgotten", by: "officer", apply: true }, () => `id-${String(ids++)}`);
    const { totals } = await runOnce(ledger);
    expect(await namesLogin(store, lake, LOGIN)).toEqual([]);
    expect(totals).toEqual(summary.totals);
  });
});
