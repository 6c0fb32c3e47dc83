import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import type { ControllerHost } from "./controller-host.ts";

const NONCE_BYTES = 16;
/** An unlock that answers an older nonce comes too late: whoever asked has gone. */
const LIFETIME_MS = 20_000;
/** A nonce this young is given out again, so that a second request does not spoil the answer to the first. */
const REUSE_MS = 5_000;

/** What a nonce is used up for: a sale, or a remote command. One does not spoil the other's. */
export type FreshPurpose = "order" | "command";

/** Freshness without a clock: a nonce that only this start of the controller knows, young, and good for one use of each purpose. */
export class Freshness {
	readonly #host: ControllerHost;
	#nonce = "";
	#madeAtMs = 0;
	#usedFor: readonly FreshPurpose[] = [];

	constructor(host: ControllerHost) {
		this.#host = host;
	}

	/** The nonce that the next order or command must carry. */
	issue(): string {
		const now = this.#host.ticks();
		if (this.#nonce === "" || this.#usedFor.length > 0 || now - this.#madeAtMs > REUSE_MS) {
			this.#nonce = encodeBase64url(this.#host.random(NONCE_BYTES));
			this.#madeAtMs = now;
			this.#usedFor = [];
		}
		return this.#nonce;
	}

	/** Whoever says this nonce has heard the last hello of this start. */
	knows(nonce: string | undefined): boolean {
		return this.#nonce !== "" && nonce === this.#nonce;
	}

	/** True once for the current nonce and this purpose, while it is young. */
	use(nonce: string | undefined, purpose: FreshPurpose): boolean {
		if (!this.knows(nonce) || this.#usedFor.includes(purpose)) return false;
		this.#usedFor = [...this.#usedFor, purpose];
		return this.#host.ticks() - this.#madeAtMs < LIFETIME_MS;
	}
}
