import { createHash } from "node:crypto";

/** One running SHA-256 over everything that happened: wires, bytes, messages, requests, ledger rows. */
export class RunTrace {
	readonly #hash = createHash("sha256");

	/** Adds one record. Fields must not contain the separators themselves; JSON text is fine. */
	record(kind: string, ...fields: readonly (string | number)[]): void {
		this.#hash.update(`${kind}\u001f${fields.join("\u001f")}\u001e`);
	}

	/** Digest of what was recorded so far, as lower-case hexadecimal. */
	sha256(): string {
		return this.#hash.copy().digest("hex");
	}
}
