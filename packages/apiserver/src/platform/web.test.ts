import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { nodePlatform } from "./node.ts";
import { webPlatform } from "./web.ts";

const text = new TextEncoder().encode("lateen ".repeat(1_000));

describe("the web platform", () => {
  it("compresses and expands as Node does", async () => {
    expect(new Uint8Array(gunzipSync(await webPlatform.gzip(text)))).toEqual(text);
    expect(await webPlatform.gunzip(gzipSync(text), text.length)).toEqual(text);
    expect(await webPlatform.sha256(text)).toEqual(new Uint8Array(await nodePlatform.sha256(text)));
  });

  it("refuses what grows beyond the limit, and what is no gzip", async () => {
    await expect(webPlatform.gunzip(gzipSync(text), text.length - 1)).rejects.toThrow("bytes come out");
    await expect(webPlatform.gunzip(text, 10)).rejects.toThrow();
  });
});
