const ACCESS_KEY = "@{id:runtimes-KIND-const}";
const SECRET_KEY = "@{secret:runtimes-KIND-const}";

export function upload(client, env) {
  console.log(`upload to ${env} with "${client.region}"`);
  return fetch("https://s3.example.com/?X-Amz-Date=20240101", { headers: { key: ACCESS_KEY, secret: SECRET_KEY } });
}
