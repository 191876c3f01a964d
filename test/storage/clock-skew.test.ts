import { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { s3Error } from "../../src/storage/s3-errors.ts";

test("a store that refuses the time of a request is asked again, since clocks are set right", () => {
  const target = { client: new S3Client({}), bucket: "b", root: "", url: "s3://b", server: "http://store", encryption: undefined };
  const refused = Object.assign(new Error("the time differs"), { name: "RequestTimeTooSkewed", $metadata: { httpStatusCode: 403 } });
  expect(s3Error(refused, target, "list")).toMatchObject({ code: "storage_denied", retryable: true, remedy: "Set this machine's clock." });
});
