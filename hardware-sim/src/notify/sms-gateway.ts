import { Hono } from "hono";

/** A short message as it lies on a telephone. */
export interface ShortMessage {
	readonly to: string;
	readonly from: string;
	readonly body: string;
}

/**
 * The one call of Twilio's REST API that sends a message, with its authentication and its error bodies.
 * Source: twilio.com/docs/messaging/api/message-resource; twilio.com/docs/api/errors (20003, 21211, 21605).
 */
export class SmsGateway {
	readonly messages: ShortMessage[] = [];
	/** Whether it says that it is overloaded. */
	overloaded = false;
	readonly app = new Hono();

	constructor(accountSid: string, authToken: string) {
		const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;
		this.app.post("/2010-04-01/Accounts/:account/Messages.json", async (context) => {
			const refuse = (status: 400 | 401 | 429, code: number, message: string) =>
				context.json({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, status);
			if (context.req.param("account") !== accountSid || context.req.header("authorization") !== authorization) {
				return refuse(401, 20_003, "Authenticate");
			}
			if (this.overloaded) return refuse(429, 20_429, "Too Many Requests");
			const { To: to, From: from, Body: body } = await context.req.parseBody();
			if (typeof to !== "string" || !/^\+[1-9]\d{6,14}$/.test(to)) {
				return refuse(400, 21_211, `Invalid 'To' Phone Number: ${String(to)}`);
			}
			if (typeof from !== "string") return refuse(400, 21_603, "A 'From' phone number is required.");
			if (typeof body !== "string" || body === "") return refuse(400, 21_602, "Message body is required.");
			if (body.length > 1_600) return refuse(400, 21_605, "Maximum body length is 1600 characters.");
			this.messages.push({ to, from, body });
			const sid = `SM${String(this.messages.length).padStart(32, "0")}`;
			return context.json({ sid, account_sid: accountSid, to, from, body, status: "queued", error_code: null }, 201);
		});
	}
}
