import type { Attempt, Courier } from "./courier.ts";
import type { Delivery } from "./delivery.ts";
import { type Mailer, mailSchema } from "./mailer.ts";
import type { Outcome } from "./outcome.ts";

const minuteMs = 60_000;

/** Sends letters that are written already: reports, receipts. */
export class MailCourier implements Courier {
	readonly waitsMs = [minuteMs, 5 * minuteMs, 30 * minuteMs, 120 * minuteMs, 360 * minuteMs, 720 * minuteMs];
	readonly #mailer: Mailer | undefined;

	constructor(mailer: Mailer | undefined) {
		this.#mailer = mailer;
	}

	async prepare({ payload, messageId }: Delivery): Promise<Attempt | Outcome> {
		const mailer = this.#mailer;
		if (mailer === undefined) return { kind: "refused", reason: "the operator has set up no mail server (SMTP_URL)" };
		const mail = mailSchema.parse(payload);
		return { service: "email", make: () => mailer.send(mail, messageId) };
	}
}
