// Settings of the shop's web app.
export const config = {
  region: "eu-west-1",
  aws: { accessKeyId: "@{id:runtimes-KIND-config}", secretAccessKey: "@{secret:runtimes-KIND-config}" },
  checksum: "@{hash:runtimes-KIND-config}",
};
export class Client {
  static #instances = 0;
  keyId = "@{id:runtimes-KIND-fields}";
  region = "us-east-1";
  secretKey = "@{secret:runtimes-KIND-fields}";
  constructor(aws) {
    Client.#instances++;
    this.aws = aws;
  }
}
