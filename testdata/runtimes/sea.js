const { S3 } = globalThis;
function make() {
  return new S3({ region: "eu-north-1", credentials: { accessKeyId: "@{id:runtimes-sea-main}", secretAccessKey: "@{secret:runtimes-sea-main}" } });
}
if (S3) make();
