import type { Claims } from "@visionvend/sdk/device/envelope/envelope";
import type { CommandStatusBody, RemoteCommandBody } from "@visionvend/sdk/device/messages";
import { isRemoteCommandBody } from "@visionvend/sdk/device/validators.generated";
import type { ControllerHost } from "../controller-host.ts";
import type { Freshness } from "../freshness.ts";
import { CommandLog, type LoggedCommand } from "./command-log.ts";

/** Told by whoever carries a command out; once it is done or has failed, never again. */
export type Progress = (state: "running" | "done" | "failed", reason: string, detail: string) => void;

export interface RemoteCommandsOptions {
	readonly host: ControllerHost;
	readonly freshness: Freshness;
	/** Carries it out. May call `progress` at once, or much later. */
	perform(command: RemoteCommandBody, progress: Progress): void;
	/** The machine is still in the service that this command began. */
	isServing(): boolean;
	onRejected(topic: string, reason: string): void;
	/** Tells the cloud; `onDelivered` when it has been told. */
	status(body: CommandStatusBody, onDelivered?: () => void): void;
}

/** What a person far away asks for: once each, fresh, and told how far it has come. */
export class RemoteCommands {
	readonly #options: RemoteCommandsOptions;
	readonly #log: CommandLog;
	/** As the store had them at the start. */
	#earlier: readonly LoggedCommand[];
	#closed = false;

	constructor(options: RemoteCommandsOptions) {
		this.#options = options;
		this.#log = new CommandLog(options.host.storage);
		this.#earlier = this.#log.commands;
	}

	/** Tells what became of commands that were under way when the power went, or the firmware. */
	begin(): void {
		for (const command of this.#earlier) {
			// The machine may have told of its service already.
			if (this.#log.find(command.commandId) !== command) continue;
			if (isOver(command)) {
				if (!command.told) this.#sayEnd(command, "");
			} else if (command.action === "reboot") {
				this.#end(command, "done", "", `Reset reason: ${this.#options.host.resetReason}.`);
			} else if (command.action !== "service-start" || !this.#options.isServing()) {
				this.#end(command, "failed", "power-cut", "");
			}
		}
		this.#earlier = [];
	}

	take({ topic, nonce, body }: Claims): void {
		if (!isRemoteCommandBody(body)) {
			this.#options.onRejected(topic, "bad-body");
			return;
		}
		const { commandId } = body;
		const known = this.#log.find(commandId);
		if (known !== undefined) {
			this.#say(known, "");
		} else if (this.#options.freshness.use(nonce, "command")) {
			this.#options.host.timer.set(() => {
				if (!this.#closed) this.#begin(body);
			}, 0);
		} else {
			this.#options.onRejected(topic, "stale-nonce");
			this.#options.status({ commandId, state: "expired", reason: "stale-nonce", detail: "" });
		}
	}

	/** What became of a service, in the words of the machine. It may have been granted before this start. */
	serviceChanged(state: "started" | "ended" | "refused", commandId: string, reason: string): void {
		const command = this.#log.find(commandId);
		if (command === undefined || isOver(command)) return;
		if (state === "started") this.#advance(command, "running", "");
		else this.#end(command, state === "ended" ? "done" : "failed", reason, "");
	}

	close(): void {
		this.#closed = true;
	}

	#begin(body: RemoteCommandBody): void {
		const { commandId, action } = body;
		const command: LoggedCommand = { commandId, action, state: "received", reason: "", told: false };
		this.#options.host.log("command.received", { commandId, action });
		if (!this.#keep(command)) {
			// Otherwise a copy of it could do it twice.
			this.#end(command, "failed", "storage", "");
			return;
		}
		this.#say(command, "");
		this.#options.perform(body, (state, reason, detail) => {
			const now = this.#log.find(commandId) ?? command;
			if (isOver(now) || this.#closed) return;
			if (state === "running") this.#advance(now, state, detail);
			else this.#end(now, state, reason, detail);
		});
	}

	#advance(command: LoggedCommand, state: "running", detail: string): void {
		const advanced = { ...command, state };
		this.#keep(advanced);
		this.#say(advanced, detail);
	}

	#end(command: LoggedCommand, state: "done" | "failed", reason: string, detail: string): void {
		const ended = { ...command, state, reason };
		this.#options.host.log(`command.${state}`, { commandId: command.commandId, action: command.action, reason });
		this.#keep(ended);
		this.#sayEnd(ended, detail);
	}

	/** Until it has been heard, through power cuts. */
	#sayEnd(command: LoggedCommand, detail: string): void {
		const { commandId, state, reason } = command;
		this.#options.status({ commandId, state, reason, detail }, () => this.#keep({ ...command, told: true }));
	}

	#say({ commandId, state, reason }: LoggedCommand, detail: string): void {
		this.#options.status({ commandId, state, reason, detail });
	}

	#keep(command: LoggedCommand): boolean {
		try {
			this.#log.keep(command);
			return true;
		} catch (error) {
			if (!(error instanceof Error)) throw error;
			this.#options.host.log("storage.failed", { message: error.message });
			return false;
		}
	}
}

function isOver({ state }: LoggedCommand): boolean {
	return state === "done" || state === "failed";
}
