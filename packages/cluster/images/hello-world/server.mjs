// A page that says hello, and from where.
import { createServer } from "node:http";

const { HOST = "127.0.0.1", PORT = "8000", POD_NAME = "this machine", TARGET = "World" } = process.env;

const server = createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`Hello ${TARGET} from ${POD_NAME}\n`);
});
server.listen(Number(PORT), HOST, () => console.log(`listening on ${HOST}:${PORT}`));
process.on("SIGTERM", () => {
  console.log("asked to end");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
