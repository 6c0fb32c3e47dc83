import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import type { Database } from "../db/database.ts";
import { AlarmCourier } from "./alarm-courier.ts";
import { ChannelStore } from "./channel-store.ts";
import { Deliveries } from "./deliveries.ts";
import type { SendRequest } from "./guarded-sender.ts";
import { MailCourier } from "./mail-courier.ts";
import type { Mailer } from "./mailer.ts";
import { notificationRoutes } from "./notification-routes.ts";
import { PushCourier, type VapidKeys } from "./push-courier.ts";
import { pushRoutes } from "./push-routes.ts";
import { PushSubscriptions } from "./push-subscription.ts";
import { SaleAnnouncer } from "./sale-announcer.ts";
import type { SmsAccount } from "./sms.ts";
import { WebhookCourier } from "./webhook-courier.ts";
import { WebhookEndpoints } from "./webhook-endpoint.ts";
import { webhookEndpointRoutes } from "./webhook-endpoint-routes.ts";

/** The operator's accounts and services; what is absent is off. */
export interface NotifySettings {
	readonly sms?: SmsAccount | undefined;
	readonly vapid?: VapidKeys | undefined;
	/** `https://events.pagerduty.com` where not given. */
	readonly pagerDutyBaseUrl?: string | undefined;
	/** Push services beside those of the browsers. */
	readonly pushHosts?: readonly string[] | undefined;
}

/** Everything that tells the outside what happens, put together. */
export function createNotifier(options: {
	database: Database;
	clock: Clock;
	random: Random;
	/** Without them what waits is delivered, and nobody is told of sales. */
	settings: NotifySettings | undefined;
	/** Reaches addresses that tenants wrote. */
	send: SendRequest;
	mailer: Mailer | undefined;
	tracker: TaskTracker;
	log: Log;
	onError: (error: unknown) => void;
}) {
	const { clock, settings, send, mailer } = options;
	const { vapid, sms, pagerDutyBaseUrl = "https://events.pagerduty.com", pushHosts = [] } = settings ?? {};
	const channels = new ChannelStore(options);
	const endpoints = new WebhookEndpoints(options);
	const subscriptions = new PushSubscriptions({ ...options, moreHosts: pushHosts });
	const deliveries = new Deliveries({
		...options,
		couriers: {
			alarm: new AlarmCourier({ channels, services: { mailer, sms, pagerDutyBaseUrl }, send, clock }),
			webhook: new WebhookCourier({ endpoints, send, clock }),
			push: new PushCourier({ subscriptions, vapid, send, clock }),
			mail: new MailCourier(mailer),
		},
	});
	const onDelivery = (): void => deliveries.kick();
	const announcer = new SaleAnnouncer({ ...options, endpoints, subscriptions, onDelivery });
	return {
		channels,
		endpoints,
		/** Something may wait to be delivered. */
		onDelivery,
		/** Sales may have changed. */
		salesChanged: () => {
			if (settings) announcer.kick();
		},
		routes: [
			notificationRoutes({ ...options, channels, deliveries }),
			webhookEndpointRoutes({ ...options, endpoints, deliveries }),
			pushRoutes({ subscriptions, vapid }),
		],
		/** Takes up what an earlier life left. */
		start() {
			if (!settings) return;
			announcer.kick();
			deliveries.kick();
		},
		close() {
			announcer.close();
			deliveries.close();
		},
	};
}
