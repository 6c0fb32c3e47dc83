import type { Clock } from "@visionvend/sdk/clock";
import type { Topics } from "@visionvend/sdk/device/topics";
import type { LogEntry } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import type { Random } from "@visionvend/sdk/random";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import type { PiKeys } from "./keys/pi-keys.ts";
import type { Retrier } from "./retrier.ts";
import type { Store } from "./store/store.ts";

/** What the parts of the service share. */
export interface ServiceContext {
	readonly machineId: string;
	readonly topics: Topics;
	readonly keys: PiKeys;
	readonly clock: Clock;
	readonly random: Random;
	readonly broker: MessageBroker;
	readonly store: Store;
	readonly tracker: TaskTracker;
	readonly retrier: Retrier;
	/** Tells what happened in this room. */
	tell(level: LogEntry["level"], event: string, fields?: Readonly<Record<string, unknown>>): void;
	/** True from the moment the service is being closed: results that come later are dropped. */
	closed(): boolean;
}
