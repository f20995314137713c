/** A policy that cannot be followed: what is wrong with it, by its name. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly code = "policy";
  readonly policy: string;
  constructor(policy: string, message: string) {
    super(message);
    this.policy = policy;
  }
}

/** @throws PolicyError for a field that the policy's type does not have. */
export function refuseUnknownFields(
  policy: { readonly name: string; readonly type: string },
  object: object,
  known: readonly string[],
): void {
  for (const field of Object.keys(object)) {
    if (!known.includes(field))
      throw new PolicyError(
        policy.name,
        `failed to parse ${policy.type} policy ${policy.name}: json: unknown field "${field}"`,
      );
  }
}
