const windowMs = 10_000;

/** Events a second over the last ten seconds. */
export class FrameRate {
	#times: number[] = [];

	add(atMs: number): void {
		this.#times.push(atMs);
		this.#forget(atMs);
	}

	/** A second, 0 when nothing came for ten seconds. */
	at(nowMs: number): number {
		this.#forget(nowMs);
		return this.#times.length / (windowMs / 1_000);
	}

	#forget(nowMs: number): void {
		const first = this.#times.findIndex((atMs) => atMs > nowMs - windowMs);
		this.#times = first === -1 ? [] : this.#times.slice(first);
	}
}
