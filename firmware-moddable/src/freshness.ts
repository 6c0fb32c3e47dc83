import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import type { ControllerHost } from "./controller-host.ts";

const NONCE_BYTES = 16;
/** An unlock that answers an older nonce comes too late: whoever asked has gone. */
const LIFETIME_MS = 20_000;
/** A nonce this young is given out again, so that a second request does not spoil the answer to the first. */
const REUSE_MS = 5_000;

/** Freshness without a clock: a nonce that only this start of the controller knows, young, and good for one unlock. */
export class Freshness {
	readonly #host: ControllerHost;
	#nonce = "";
	#madeAtMs = 0;

	constructor(host: ControllerHost) {
		this.#host = host;
	}

	/** The nonce that the next unlock must carry. */
	issue(): string {
		const now = this.#host.ticks();
		if (this.#nonce === "" || now - this.#madeAtMs > REUSE_MS) {
			this.#nonce = encodeBase64url(this.#host.random(NONCE_BYTES));
			this.#madeAtMs = now;
		}
		return this.#nonce;
	}

	/** True once for the current nonce, while it is young. */
	use(nonce: string | undefined): boolean {
		if (this.#nonce === "" || nonce !== this.#nonce) return false;
		this.#nonce = "";
		return this.#host.ticks() - this.#madeAtMs < LIFETIME_MS;
	}
}
