/** The version of this package, as `/health` and `--version` tell it. */
export const version = "0.1.0";
