// Stands in for nginx: a welcome page at "/", 404 elsewhere, an access log. No configuration is read; its arguments are ignored.
import { createServer } from "node:http";

const { HOST = "127.0.0.1", PORT = "80" } = process.env;
const page = (title, text) =>
  `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1><p>${text}</p></body>\n</html>\n`;

const server = createServer((request, response) => {
  const found = request.url === "/" || request.url === "/index.html";
  const body = found
    ? page("Welcome to nginx!", "This page is served by Lateen's stand-in for the image nginx.")
    : page("404 Not Found", "The stand-in serves one page.");
  response.writeHead(found ? 200 : 404, { server: "nginx", "content-type": "text/html; charset=utf-8" });
  response.end(request.method === "HEAD" ? undefined : body);
  const time = new Date().toISOString();
  console.log(
    `${request.socket.remoteAddress} - - [${time}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${response.statusCode} ${body.length}`,
  );
});
server.listen(Number(PORT), HOST, () => console.error(`listening on ${HOST}:${PORT}`));
for (const signal of ["SIGTERM", "SIGQUIT"]) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
