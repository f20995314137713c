/** How much is refused: what KubeVela lets pass is a warning in its mode. */
export type Validation = "strict" | "kubevela";
