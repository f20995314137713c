// The smallest page that a browser shows.
import { createServer } from "node:http";

const { HOST = "127.0.0.1", PORT = "8000" } = process.env;

const server = createServer((_, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end("<pre>\nHello World\n</pre>\n");
});
server.listen(Number(PORT), HOST, () => console.log(`httpd started on ${HOST}:${PORT}`));
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
