const http = require("http");
const credentials = { accessKeyId: "@{id:runtimes-jsc-server}", region: "eu-west-1", secretAccessKey: "@{secret:runtimes-jsc-server}" };
http.createServer((q, r) => r.end(String(credentials.region))).unref();
