import { silentLog, createManualClock } from "@lateen/base";
import { createClient } from "@lateen/client";
import { builtinProviders, createProviders } from "@lateen/workflow";
import { describe, expect, it } from "vitest";
import { createStepProviders } from "./run-controllers.ts";

describe("operations of steps with different rights", () => {
  it("share the mails that are under way, which a table made anew would send again", () => {
    const environment = {
      client: createClient({ transport: () => Promise.reject(new Error("unused")) }),
      clock: createManualClock(),
      log: silentLog,
    };
    const author = createClient({ transport: () => Promise.reject(new Error("unused")) });
    const make = createStepProviders(environment as never, { sendMail: () => Promise.resolve() });
    const find = (tables: ReturnType<typeof make>, provider: string, operation: string) =>
      createProviders(builtinProviders, ...tables).find(provider, operation);
    const [own, others] = [make({}), make({}, author)];
    expect(find(others, "email", "send")).toBe(find(own, "email", "send"));
    expect(find(others, "kube", "apply")).not.toBe(find(own, "kube", "apply"));
  });
});
