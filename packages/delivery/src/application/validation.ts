/** How much is refused: what KubeVela lets pass is a warning in its mode. */
export type Validation = "strict" | "kubevela";

/** On an object: what counts for it, whatever the server says. */
export const validationAnnotation = "lateen.dev/validation";
