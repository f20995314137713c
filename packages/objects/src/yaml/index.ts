export { type Manifests, readManifests } from "./manifests.ts";
export {
  type DuplicateKey,
  type TextRange,
  type YamlDocument,
  YamlError,
  readYaml,
  readYamlDocuments,
} from "./read-yaml.ts";
export { toYaml } from "./write-yaml.ts";
