import type { OutgoingAnswer } from "./guarded-sender.ts";

/** What became of one attempt to deliver. */
export type Outcome =
	| { readonly kind: "delivered" }
	/** Later it may work. */
	| { readonly kind: "retry"; readonly reason: string; readonly retryAfterMs?: number | undefined }
	/** It will not work like this; somebody has to change something. */
	| { readonly kind: "refused"; readonly reason: string };

const longestReasonCharacters = 300;

/** The reason that an answer gives, short enough to be kept. */
export function reasonOf({ status, body }: OutgoingAnswer): string {
	const told = body.replace(/\s+/g, " ").trim().slice(0, longestReasonCharacters);
	return told === "" ? `status ${status}` : `status ${status}: ${told}`;
}

/** How long the other side asks to wait: seconds or a date (RFC 9110 §10.2.3); at most a day is believed. */
export function retryAfterMs({ headers }: OutgoingAnswer, nowMs: number): number | undefined {
	const told = headers["retry-after"];
	if (told === undefined) return undefined;
	const waitMs = /^\d+$/.test(told) ? Number(told) * 1_000 : Date.parse(told) - nowMs;
	return Number.isNaN(waitMs) ? undefined : Math.min(86_400_000, Math.max(0, waitMs));
}

/** 2xx is a delivery; too many requests and errors of the server may pass; anything else is refused. */
export function outcomeOf(answer: OutgoingAnswer, nowMs: number): Outcome {
	const { status } = answer;
	if (status >= 200 && status < 300) return { kind: "delivered" };
	if (status === 408 || status === 429 || status >= 500) {
		return { kind: "retry", reason: reasonOf(answer), retryAfterMs: retryAfterMs(answer, nowMs) };
	}
	return { kind: "refused", reason: reasonOf(answer) };
}
