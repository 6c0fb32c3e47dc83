import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import type { Random } from "@visionvend/sdk/random";
import type { Database } from "../src/db/database.ts";

const never = new Promise<never>(() => undefined);

/**
 * One life of a process. Every call through a port counts once when it goes out and once when it comes back; at the
 * given count the process is gone: nothing of it goes out any more, and nothing it waits for answers.
 */
export class Mortal {
	#left: number;
	#dead = false;
	#die: () => void = () => undefined;
	/** Resolves at death. */
	readonly death: Promise<void>;
	#calls = 0;

	constructor(diesAtCall: number) {
		this.#left = diesAtCall;
		this.death = new Promise((resolve) => {
			this.#die = resolve;
		});
	}

	get dead(): boolean {
		return this.#dead;
	}

	/** How many calls there were. */
	get calls(): number {
		return this.#calls;
	}

	/** Whether the process still lives after this step. */
	#step(): boolean {
		if (this.#dead) return false;
		this.#calls += 1;
		this.#left -= 1;
		if (this.#left > 0) return true;
		this.#dead = true;
		this.#die();
		return false;
	}

	async through<Result>(call: () => Promise<Result>): Promise<Result> {
		if (!this.#step()) return never;
		try {
			const result = await call();
			return this.#step() ? result : never;
		} catch (error) {
			if (!this.#step()) return never;
			throw error;
		}
	}

	clock(clock: Clock): Clock {
		return {
			now: () => clock.now(),
			after: (delayMs, callback) =>
				clock.after(delayMs, () => {
					if (!this.#dead) callback();
				}),
		};
	}

	random(random: Random): Random {
		return (byteLength) => random(byteLength);
	}

	log(log: Log): Log {
		return (entry) => {
			if (!this.#dead) log(entry);
		};
	}

	broker(broker: MessageBroker): MessageBroker {
		const isDead = () => this.#dead;
		return {
			publish: (topic, payload) => this.through(() => broker.publish(topic, payload)),
			subscribe: (filter, onMessage) =>
				broker.subscribe(filter, (topic, payload) => {
					if (!isDead()) onMessage(topic, payload);
				}),
			onConnectionChange: (listener) =>
				broker.onConnectionChange((connected) => {
					if (!isDead()) listener(connected);
				}),
			get connected() {
				return !isDead() && broker.connected;
			},
			close: () => broker.close(),
		};
	}

	database(database: Database): Database {
		return {
			read: (sql, args) => (this.#dead ? never : database.read(sql, args)),
			write: (statements) => this.through(() => database.write(statements)),
			snapshot: (work) => database.snapshot(work),
			close: () => database.close(),
		};
	}
}
