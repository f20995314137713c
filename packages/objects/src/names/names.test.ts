import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type IpAddress, formatCidr, formatIp, maskedCidr, parseCidr, parseIp } from "./addresses.ts";
import { validateCidr, validateIp } from "./field-names.ts";
import { validateMetadata, validateMetadataUpdate } from "./metadata.ts";
import {
  generateName,
  nameIsSubdomain,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateLabelValue,
} from "./names.ts";

const ips: fc.Arbitrary<IpAddress> = fc.oneof(
  fc.record({ family: fc.constant(4 as const), value: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }) }),
  fc.record({ family: fc.constant(6 as const), value: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }) }),
);

describe("addresses", () => {
  it("read back what they write", () => {
    fc.assert(
      fc.property(ips, (ip) => {
        expect(parseIp(formatIp(ip))).toEqual(ip);
      }),
    );
  });

  it("are masked once and for all", () => {
    fc.assert(
      fc.property(ips, fc.nat({ max: 32 }), (ip, prefixLength) => {
        const masked = maskedCidr({ ip, prefixLength });
        expect(maskedCidr(masked)).toEqual(masked);
        expect(parseCidr(formatCidr(masked))).toEqual(masked);
      }),
    );
  });

  it("are written in one form", () => {
    expect(formatIp(parseIp("2001:DB8:0:0:1::1")!)).toBe("2001:db8::1:0:0:1");
    expect(parseIp("1.2.3.04")).toBeUndefined();
    expect(parseIp("::1::")).toBeUndefined();
    expect(validateIp("f", "2001:DB8::1").map(({ detail }) => detail)).toEqual([
      'must be in canonical form ("2001:db8::1")',
    ]);
    expect(validateCidr("f", "10.0.0.1/8")).toHaveLength(1);
  });
});

describe("names", () => {
  it("are generated short enough", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,250}$/), (base) => {
        const name = generateName(base, () => 0.5);
        expect(validateDns1123Label(name)).toEqual([]);
      }),
    );
  });

  it("are subdomains when all their labels are labels", () => {
    const label = fc.string({ unit: fc.constantFrom("a", "Z", "9", "-", "_", "."), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
        const parts = labels.flatMap((text) => text.split("."));
        const sound = parts.every((part) => validateDns1123Label(part).length === 0);
        expect(validateDns1123Subdomain(labels.join(".")).length === 0).toBe(sound);
      }),
    );
  });

  it("of labels may be empty values, but not long ones", () => {
    expect(validateLabelValue("")).toEqual([]);
    expect(validateLabelValue("a".repeat(64))).toEqual(["must be no more than 63 bytes"]);
  });
});

describe("metadata", () => {
  const rules = { namespaced: true, nameRule: nameIsSubdomain };

  it("says what is wrong with each field", () => {
    const labels = { "a b": "x" };
    const errors = validateMetadata({ name: "A", labels, generation: -1 }, rules);
    expect(errors.map(({ field }) => field)).toEqual([
      "metadata.name",
      "metadata.namespace",
      "metadata.generation",
      "metadata.labels",
    ]);
  });

  it("gets no new finalizers while it is being deleted", () => {
    const old = { name: "a", resourceVersion: "1", deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x/a"] };
    expect(validateMetadataUpdate({ ...old, finalizers: [] }, old)).toEqual([]);
    const [error] = validateMetadataUpdate({ ...old, finalizers: ["x/a", "x/b"] }, old);
    expect(error?.detail).toContain('found new finalizers []string{"x/b"}');
  });
});
