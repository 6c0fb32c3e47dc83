import { createTransport, type Transporter } from "nodemailer";
import { z } from "zod";
import { emailAddressSchema } from "../http/email-address.ts";
import { messageOf } from "../http/error-message.ts";
import type { Outcome } from "./outcome.ts";

export const mailSchema = z.object({
	to: z.array(emailAddressSchema).min(1).max(50),
	subject: z.string().min(1).max(200),
	text: z.string().max(200_000),
	attachments: z
		.array(z.object({ filename: z.string().max(200), contentType: z.string(), content: z.string().max(5_000_000) }))
		.max(5)
		.default([]),
});
/** A letter in plain text. */
export type Mail = z.infer<typeof mailSchema>;

const smtpErrorSchema = z.object({ responseCode: z.int().optional(), code: z.string().optional() });

/** Sends letters through the operator's SMTP server (RFC 5321). */
export class Mailer {
	readonly #transport: Transporter;
	readonly #from: string;

	/** @param url `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…:465` */
	constructor({ url, from, timeoutMs = 10_000 }: { url: string; from: string; timeoutMs?: number }) {
		this.#from = from;
		this.#transport = createTransport(
			{
				url,
				connectionTimeout: timeoutMs,
				greetingTimeout: timeoutMs,
				socketTimeout: timeoutMs,
				// Letters here are text of ours; nothing is read from a disk or fetched for them.
				disableFileAccess: true,
				disableUrlAccess: true,
			},
			{},
		);
	}

	/**
	 * @param messageId is the same for each attempt, so that a letter that arrived twice is recognised (RFC 5322 §3.6.4)
	 */
	async send(mail: Mail, messageId: string): Promise<Outcome> {
		try {
			await this.#transport.sendMail({
				from: this.#from,
				to: [...mail.to],
				subject: mail.subject,
				text: mail.text,
				attachments: mail.attachments.map((attachment) => ({ ...attachment })),
				messageId: `<${messageId}@visionvend>`,
				headers: { "Auto-Submitted": "auto-generated" },
			});
			return { kind: "delivered" };
		} catch (error) {
			const { responseCode, code } = smtpErrorSchema.parse(error);
			// 5xx is for good (RFC 5321 §4.2.1), except for what a change of the operator's settings cures.
			const isFinal = responseCode !== undefined && responseCode >= 500 && code === "EENVELOPE";
			return { kind: isFinal ? "refused" : "retry", reason: messageOf(error) };
		}
	}

	close(): void {
		this.#transport.close();
	}
}
