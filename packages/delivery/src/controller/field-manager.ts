/** Who owns the fields that delivery writes. */
export const fieldManager = "lateen-delivery";
