import { z } from "zod";
import type { OutgoingAnswer, OutgoingRequest } from "./guarded-sender.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** The operator's account with an SMS gateway that speaks Twilio's REST API. */
export interface SmsAccount {
	/** `https://api.twilio.com` for Twilio itself. */
	readonly baseUrl: string;
	/** `AC…`. */
	readonly accountSid: string;
	readonly authToken: string;
	/** E.164, or the sender's name where the country allows one. */
	readonly from: string;
}

// Two segments of UCS-2 text: an alarm need not be longer, and segments cost money.
const mostCharacters = 134;

/** One message to one telephone. Source: twilio.com/docs/messaging/api/message-resource. */
export function smsRequest(account: SmsAccount, to: string, text: string): OutgoingRequest {
	const credentials = Buffer.from(`${account.accountSid}:${account.authToken}`).toString("base64");
	const body = text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}…`;
	return {
		url: `${account.baseUrl}/2010-04-01/Accounts/${encodeURIComponent(account.accountSid)}/Messages.json`,
		method: "POST",
		headers: { authorization: `Basic ${credentials}`, "content-type": "application/x-www-form-urlencoded" },
		body: new URLSearchParams({ To: to, From: account.from, Body: body }).toString(),
	};
}

const errorSchema = z.object({ code: z.int(), message: z.string() });

/** Twilio answers 201 with a resource; an error has a code of its own that tells more than the status. */
export function smsOutcome(answer: OutgoingAnswer, nowMs: number): Outcome {
	const outcome = outcomeOf(answer, nowMs);
	if (outcome.kind === "delivered") return outcome;
	const parsed = errorSchema.safeParse(parsedJson(answer.body));
	return parsed.success ? { ...outcome, reason: `${parsed.data.code} ${parsed.data.message}` } : outcome;
}

function parsedJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}
