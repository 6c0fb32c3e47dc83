import { createHash } from "node:crypto";

/** One running SHA-256 over everything that happened: wires, bytes, messages, requests, ledger rows. */
export class RunTrace {
	readonly #hash = createHash("sha256");
	readonly #taps: ((kind: string, fields: readonly (string | number)[]) => void)[] = [];

	/** Adds one record. Fields must not contain the separators themselves; JSON text is fine. */
	record(kind: string, ...fields: readonly (string | number)[]): void {
		this.#hash.update(`${kind}\u001f${fields.join("\u001f")}\u001e`);
		for (const tap of this.#taps) tap(kind, fields);
	}

	/** Shows every record, as it is made. */
	tap(listener: (kind: string, fields: readonly (string | number)[]) => void): void {
		this.#taps.push(listener);
	}

	/** Digest of what was recorded so far, as lower-case hexadecimal. */
	sha256(): string {
		return this.#hash.copy().digest("hex");
	}
}
