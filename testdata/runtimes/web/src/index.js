import { Client, config } from "./config";
import { upload } from "./upload";
import environments from "./environments";
export function start(env) {
  const settings = environments[env] ?? config;
  return upload(new Client(settings.aws), env);
}
globalThis.start = start;
