import type { ApiResponse, Transport } from "@lateen/objects";

/** Tells the `Warning` headers of each answer (RFC 9111's predecessor 7234 §5.5, code 299 as Kubernetes sends them). */
export function withWarnings(transport: Transport, onWarning: (text: string) => void): Transport {
  return async (request) => {
    const response = await transport(request);
    for (const text of warningsOf(response)) onWarning(text);
    return response;
  };
}

/** The texts of an answer's warnings, in order. */
export function warningsOf({ headers }: Pick<ApiResponse, "headers">): string[] {
  const { warning } = headers;
  const lines = warning === undefined ? [] : typeof warning === "string" ? [warning] : warning;
  return lines.flatMap((line) =>
    Array.from(line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g), ([, text = ""]) => text.replaceAll(/\\(.)/g, "$1")),
  );
}
