import type { Clock } from "@visionvend/sdk/clock";
import type { Channel } from "./channel.ts";
import type { ChannelStore } from "./channel-store.ts";
import type { Attempt, Courier } from "./courier.ts";
import type { Delivery } from "./delivery.ts";
import type { SendRequest } from "./guarded-sender.ts";
import type { Mailer } from "./mailer.ts";
import { headline, type Notice, noticeSchema, plainText } from "./notice.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { pagerDutyRequest } from "./pagerduty.ts";
import { slackRequest } from "./slack.ts";
import { type SmsAccount, smsOutcome, smsRequest } from "./sms.ts";

/** The operator's own accounts with services; what is absent is off. */
export interface AlarmServices {
	readonly mailer: Mailer | undefined;
	readonly sms: SmsAccount | undefined;
	/** `https://events.pagerduty.com`. */
	readonly pagerDutyBaseUrl: string;
}

const minuteMs = 60_000;

/** Tells a tenant's people of alarms, over the channels that the tenant has set up. */
export class AlarmCourier implements Courier {
	/** An alarm is worth little after half a day: nine attempts. */
	readonly waitsMs = [
		10_000,
		30_000,
		minuteMs,
		5 * minuteMs,
		15 * minuteMs,
		60 * minuteMs,
		180 * minuteMs,
		360 * minuteMs,
	];
	readonly #channels: Pick<ChannelStore, "find">;
	readonly #services: AlarmServices;
	readonly #send: SendRequest;
	readonly #clock: Clock;

	constructor(options: {
		channels: Pick<ChannelStore, "find">;
		services: AlarmServices;
		/** Guarded: tenants wrote the addresses. */
		send: SendRequest;
		clock: Clock;
	}) {
		this.#channels = options.channels;
		this.#services = options.services;
		this.#send = options.send;
		this.#clock = options.clock;
	}

	async prepare({ tenantId, destinationId, messageId, payload }: Delivery): Promise<Attempt | Outcome> {
		const channel = await this.#channels.find(tenantId, destinationId);
		if (!channel?.enabled) return { kind: "refused", reason: "the channel has been removed or switched off" };
		return this.#attempt(channel, noticeSchema.parse(payload), messageId);
	}

	#attempt({ target }: Channel, notice: Notice, messageId: string): Attempt | Outcome {
		const { mailer, sms, pagerDutyBaseUrl } = this.#services;
		switch (target.kind) {
			case "slack":
				return this.#http(`slack ${new URL(target.url).host}`, slackRequest(target.url, notice));
			case "pagerduty":
				return this.#http("pagerduty", pagerDutyRequest(pagerDutyBaseUrl, target.routingKey, notice));
			case "sms":
				if (sms === undefined)
					return { kind: "refused", reason: "the operator has set up no SMS gateway (SMS_ACCOUNT_SID)" };
				return { service: "sms", make: () => this.#sms(sms, target.numbers, headline(notice)) };
			case "email":
				if (mailer === undefined)
					return { kind: "refused", reason: "the operator has set up no mail server (SMTP_URL)" };
				return {
					service: "email",
					make: () =>
						mailer.send(
							{
								to: target.addresses,
								subject: headline(notice).slice(0, 200),
								text: plainText(notice),
								attachments: [],
							},
							messageId,
						),
				};
		}
	}

	#http(service: string, request: Parameters<SendRequest>[0]): Attempt {
		return { service, make: async () => outcomeOf(await this.#send(request), this.#clock.now()) };
	}

	/** To each number; those that worked are told again when another one has to be tried again. */
	async #sms(account: SmsAccount, numbers: readonly string[], text: string): Promise<Outcome> {
		const outcomes: Outcome[] = [];
		for (const number of numbers) {
			outcomes.push(smsOutcome(await this.#send(smsRequest(account, number, text)), this.#clock.now()));
		}
		return (
			outcomes.find(({ kind }) => kind === "retry") ??
			outcomes.find(({ kind }) => kind === "refused") ?? { kind: "delivered" }
		);
	}
}
