import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { CommandStatusBody, RemoteAction } from "@visionvend/sdk/device/messages";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";

const KEY = "commands";
/** Copies of a command come within minutes: nobody repeats the ninth last one. */
const MOST_COMMANDS = 8;

/** How far a remote command has come. */
export interface LoggedCommand {
	readonly commandId: string;
	readonly action: RemoteAction;
	readonly state: Exclude<CommandStatusBody["state"], "expired">;
	readonly reason: string;
	/** The cloud has been told how it ended. */
	readonly told: boolean;
}

/** The last remote commands, oldest first, so that a copy does nothing twice and a restart can be told of. Survives power cuts. */
export class CommandLog {
	readonly #storage: KeyValue;
	#commands: readonly LoggedCommand[];

	/** A store that was never written, or holds something else, has seen no command. */
	constructor(storage: KeyValue) {
		this.#storage = storage;
		const stored = storage.read(KEY);
		const values = stored === undefined ? [] : parse(stored);
		this.#commands = Array.isArray(values) ? values.filter(isLoggedCommand) : [];
	}

	get commands(): readonly LoggedCommand[] {
		return this.#commands;
	}

	find(commandId: string): LoggedCommand | undefined {
		return this.#commands.find((command) => command.commandId === commandId);
	}

	/** Keeps a new command, or how far a known one has come. Throws what the storage throws, and then knows it all the same. */
	keep(command: LoggedCommand): void {
		const isKnown = this.find(command.commandId) !== undefined;
		this.#commands = isKnown
			? this.#commands.map((known) => (known.commandId === command.commandId ? command : known))
			: [...this.#commands.slice(1 - MOST_COMMANDS), command];
		this.#storage.write(KEY, encodeUtf8(JSON.stringify(this.#commands)));
	}
}

function parse(stored: ArrayBuffer): unknown {
	try {
		return JSON.parse(decodeUtf8(new Uint8Array(stored)));
	} catch {
		// Not ours: as good as none.
		return undefined;
	}
}

function isLoggedCommand(value: unknown): value is LoggedCommand {
	if (typeof value !== "object" || value === null) return false;
	const { commandId, action, state, reason, told } = value as Record<string, unknown>;
	return (
		typeof commandId === "string" &&
		typeof action === "string" &&
		typeof state === "string" &&
		typeof reason === "string" &&
		typeof told === "boolean"
	);
}
