import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import type { Database } from "../db/database.ts";
import type { ChannelStore } from "../notify/channel-store.ts";
import type { Notice } from "../notify/notice.ts";
import type { WebhookEndpoints } from "../notify/webhook-endpoint.ts";
import { AlarmNotices } from "./alarm-notices.ts";
import { alarmRoutes } from "./alarm-routes.ts";
import { AlarmSweeper } from "./alarm-sweeper.ts";
import { doorWatch, healthWatch, keysWatch, offlineWatch, paymentWatch } from "./machine-watches.ts";
import { RequestRate } from "./request-rate.ts";
import { RuleStore } from "./rule-store.ts";
import { errorRateWatch, resourceWatch, type Usage } from "./service-watches.ts";
import { binWatch, stockWatch } from "./stock-watch.ts";

/** How the service watches itself and its machines. */
export interface AlarmSettings {
	/** How often it looks, milliseconds. */
	readonly everyMs: number;
	/** What the host has left. */
	readonly usages: () => Promise<readonly Usage[]>;
	/** Tells the operator what the database cannot keep. */
	readonly lastResort: (notice: Notice) => Promise<void>;
}

/** Rules, alarms and their sweeper, put together. Without settings nothing is watched; the API works all the same. */
export function createAlarmDesk(options: {
	database: Database;
	clock: Clock;
	random: Random;
	channels: ChannelStore;
	endpoints: WebhookEndpoints;
	onDelivery: () => void;
	settings: AlarmSettings | undefined;
	tracker: TaskTracker;
	log: Log;
	onError: (error: unknown) => void;
}) {
	const { database, clock, settings } = options;
	const rules = new RuleStore(database);
	const notices = new AlarmNotices(options);
	const rate = new RequestRate(clock);
	const sweeper =
		settings &&
		new AlarmSweeper({
			...options,
			...settings,
			rules,
			notices,
			watches: [
				offlineWatch(database),
				healthWatch(database),
				doorWatch(database),
				keysWatch(database),
				paymentWatch(database),
				stockWatch(database),
				binWatch(database),
				errorRateWatch(rate),
				resourceWatch(settings.usages),
			],
		});
	return {
		routes: alarmRoutes({ database, rules, notices }),
		/** A request was answered with this status. */
		requestAnswered: (status: number) => rate.answered(status),
		start: () => sweeper?.kick(),
		close: () => sweeper?.close(),
	};
}
