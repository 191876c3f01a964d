import { expect, test } from "vitest";
import { openS3Target } from "../../src/storage/s3/s3-client.ts";
import { s3Error } from "../../src/storage/s3/s3-errors.ts";

test("a store that refuses the time of a request is asked again, since clocks are set right", async () => {
  const target = await openS3Target({ kind: "s3", bucket: "b", prefix: "", endpoint: "http://store", region: "us-east-1", pathStyle: undefined, encryption: undefined });
  const refused = Object.assign(new Error("the time differs"), { name: "RequestTimeTooSkewed", $metadata: { httpStatusCode: 403 } });
  expect(s3Error(refused, target, "list")).toMatchObject({ code: "storage_denied", retryable: true, remedy: "Set this machine's clock." });
});
