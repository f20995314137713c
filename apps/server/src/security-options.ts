/** Files that say who may come in, what is written down about it, and what lies encrypted. */
export interface SecurityOptions {
  /** Bearer tokens that are known beside those of service accounts: CSV lines `token,user,uid,"group1,group2"`. */
  readonly tokenFile?: string;
  /** AuthenticationConfiguration (apiserver.config.k8s.io): issuers of OIDC tokens. */
  readonly authenticationConfig?: string;
  /** Where the audit log goes. Without a policy it tells of every request, without objects. */
  readonly auditLog?: string;
  /** Policy (audit.k8s.io/v1). */
  readonly auditPolicy?: string;
  /** EncryptionConfiguration (apiserver.config.k8s.io/v1): what is encrypted at rest, and with which keys. */
  readonly encryptionConfig?: string;
}
