import { withDuckDb } from "/work/main/src/ledger/sql/duckdb.ts";
import { withAllocatedSpan } from "/work/main/src/allocation/shares/allocate-span.ts";
import { writeAllocations } from "/work/main/src/allocation/shares/write-allocations.ts";
import { boundMonth } from "/work/main/src/ledger/months.ts";
import { settingsOf } from "/work/main/test/allocation/who-pays.ts";
import { mkdtempSync } from "node:fs";
const folder = mkdtempSync("/dev/shm/mb-");
const simple = settingsOf({ directory: { teams: [{ name: "web", cost_center: "C1", members: ["user1*"] }, { name: "b", members: ["user2*"] }] } });
const pooled = settingsOf({ directory: { teams: [{ name: "web", cost_center: "C1", members: ["user1*"] }, { name: "b", members: ["user*"] },{ name: "p", members: ["tag:prod"] }] }, allocation: {pools: [{name:"p", when:{team:"p"}, spread:"proportional"}], adjustments: [{name:"d", when:{}, percent:-10}]} });
const month = boundMonth("2026-10","UTC");
const tok = ["input_tokens","output_tokens","cached_tokens","cache_write_tokens","cache_write_5m_tokens","cache_write_1h_tokens","reasoning_tokens","image_input_tokens","image_output_tokens","web_searches"];
for (const [name, settings] of [["simple", simple],["pooled", pooled]] as const) await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
  const f = folder+"/r.parquet";
  await duck.run(`COPY (SELECT TIMESTAMPTZ '2026-10-01 00:00:00+00' + to_minutes(15*i) AS slot, 'prod' AS instance, CASE WHEN i%9=0 THEN 'tag:prod' ELSE 'user' || (i%30)::VARCHAR || '@example.com' END AS caller, CASE WHEN i%9=0 THEN 'tag' ELSE 'user' END AS caller_type, CASE WHEN i%9=0 THEN ['tag:prod'] ELSE []::VARCHAR[] END AS tags, 'a' provider, 'm' AS model, 'metered' AS billing, MAP {}::MAP(VARCHAR,VARCHAR) AS dimensions, 1::BIGINT AS requests, 0::BIGINT AS unpriced_requests, ${tok.map(t=>`i::BIGINT AS ${t}`)}, 0.1::DECIMAL(38,9) AS cost_usd FROM range(100) n(i)) TO '${f}' (FORMAT parquet)`);
  const times=new Map<string,number>(); for (const m of ["run","runAndReadAll"] as const) { const o=(duck as any)[m].bind(duck); (duck as any)[m]=async(q:string,...r:any[])=>{const t=performance.now(); const x=await o(q,...r); const n=q.replace(/\s+/g," ").slice(0,70); times.set(n,(times.get(n)??0)+performance.now()-t); return x;}; }
  for (let k=0;k<3;k++) await withAllocatedSpan(duck, {files:[f], span: month, settings}, () => writeAllocations(duck, folder+"/o.parquet"));
  const c0=process.cpuUsage(); 
  for (let k=0;k<20;k++) await withAllocatedSpan(duck, {files:[f], span: month, settings}, () => writeAllocations(duck, folder+"/o.parquet"));
  const c=process.cpuUsage(c0); for (const [n,t] of [...times].sort((a,b)=>b[1]-a[1]).slice(0,14)) console.log((t/23).toFixed(2), n); console.log(name, ((c.user+c.system)/20000).toFixed(1), "ms cpu each");
});
