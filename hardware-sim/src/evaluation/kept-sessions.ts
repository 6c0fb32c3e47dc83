import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { SessionResult } from "./judge-session.ts";
import type { SessionOrder } from "./session-workers.ts";

/** What decides about a session beside its order. */
interface Circumstances {
	readonly model: string;
	readonly split: string;
}

/** Results of sessions in a file, one JSON object a line, so that a long run may be broken off. */
export class KeptSessions {
	readonly #path: string;
	readonly #circumstances: Circumstances;
	readonly #results = new Map<string, SessionResult>();

	constructor(path: string, circumstances: Circumstances) {
		this.#path = path;
		this.#circumstances = circumstances;
		if (!existsSync(path)) return;
		for (const line of readFileSync(path, "utf8").split("\n")) {
			if (line === "") continue;
			const { key, result } = JSON.parse(line) as { readonly key: string; readonly result: SessionResult };
			this.#results.set(key, result);
		}
	}

	of(order: SessionOrder): SessionResult | undefined {
		return this.#results.get(this.#keyOf(order));
	}

	add(order: SessionOrder, result: SessionResult): void {
		appendFileSync(this.#path, `${JSON.stringify({ key: this.#keyOf(order), result })}\n`);
	}

	#keyOf({ seed, number, story, noise }: SessionOrder): string {
		const { model, split } = this.#circumstances;
		return `${model} ${split} ${seed} ${story} ${noise} ${number}`;
	}
}
