export default {
  production: { aws: { accessKeyId: "@{id:runtimes-KIND-production}", secretAccessKey: "@{secret:runtimes-KIND-production}" }, debug: false },
  staging: { aws: { accessKeyId: "@{id:runtimes-KIND-staging}", secretAccessKey: "@{secret:runtimes-KIND-staging}" }, debug: true },
};
