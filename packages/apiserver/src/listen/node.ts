export { issueCertificate, type CertificateOptions, type KeyPair } from "./node/certificate.ts";
export { type KubeconfigOptions, writeKubeconfig } from "./node/kubeconfig.ts";
export { type Listening, type ListenOptions, listen } from "./node/listen.ts";
export { frontProxyName, type PrepareTlsOptions, prepareTls, type TlsMaterial } from "./node/tls.ts";
