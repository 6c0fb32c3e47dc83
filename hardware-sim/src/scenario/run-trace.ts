import { createHash } from "node:crypto";

/** Text that waits before it is hashed: a call for each of millions of records would cost more than the hash. */
const atOnce = 16_384;

/** One running SHA-256 over everything that happened: wires, bytes, messages, requests, ledger rows. */
export class RunTrace {
	readonly #hash = createHash("sha256");
	readonly #taps: ((kind: string, fields: readonly (string | number)[]) => void)[] = [];
	#waiting = "";

	/** Adds one record. Fields must not contain the separators themselves; JSON text is fine. */
	record(kind: string, ...fields: readonly (string | number)[]): void {
		let text = kind;
		for (const field of fields) text += `\u001f${field}`;
		this.#waiting += `${text}\u001e`;
		if (this.#waiting.length > atOnce) this.#flush();
		for (const tap of this.#taps) tap(kind, fields);
	}

	/** Shows every record, as it is made. */
	tap(listener: (kind: string, fields: readonly (string | number)[]) => void): void {
		this.#taps.push(listener);
	}

	/** Digest of what was recorded so far, as lower-case hexadecimal. */
	sha256(): string {
		this.#flush();
		return this.#hash.copy().digest("hex");
	}

	#flush(): void {
		this.#hash.update(this.#waiting);
		this.#waiting = "";
	}
}
