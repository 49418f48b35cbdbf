/** A setting that cannot stand; the process exits with 78 (EX_CONFIG) and this sentence. */
export class ConfigError extends Error {}
