/** Arbitrary values of the kinds that our laws are about, for fast-check; it prints the seed of what fails. */
import type { JsonValue } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import fc from "fast-check";

/** Names that trip careless code up, beside plain ones. */
const trickyNames = ["__proto__", "constructor", "toString", "a.b", "a/b", "", "0", "ü"];

export const arbitraryKey: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,6}$/) },
  { weight: 1, arbitrary: fc.constantFrom(...trickyNames) },
);

/** A DNS-1123 label. */
export const arbitraryName: fc.Arbitrary<string> = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);

export const arbitraryLabels: fc.Arbitrary<Readonly<Record<string, string>>> = fc.dictionary(
  fc.stringMatching(/^[a-z]([a-z0-9]{0,6})$/),
  fc.stringMatching(/^[a-z0-9]{0,4}$/),
  { maxKeys: 4 },
);

/** Any JSON value a few levels deep; members have own keys only. */
export const arbitraryJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.string(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(arbitraryKey, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** A ConfigMap: the plainest object that a server takes. */
export const arbitraryConfigMap: fc.Arbitrary<KubeObject> = fc.record({
  apiVersion: fc.constant("v1"),
  kind: fc.constant("ConfigMap"),
  metadata: fc.record({ name: arbitraryName, namespace: fc.constant("default"), labels: arbitraryLabels }),
  data: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9._-]{0,8}$/), fc.string({ maxLength: 20 }), { maxKeys: 4 }),
});
