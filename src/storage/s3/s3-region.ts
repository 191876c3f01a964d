/** From the environment variables, then from the profile in AWS's configuration file; otherwise AWS's default region. */
export async function regionOfEnvironment(): Promise<string> {
  const region = process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"];
  if (region) return region;
  const { S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({});
  try {
    return await client.config.region();
  } catch {
    return "us-east-1";
  } finally {
    client.destroy();
  }
}
