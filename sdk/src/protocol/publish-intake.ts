import { Duplex } from "node:stream";

/** Takes one message in. It is acknowledged when what is returned resolves, at once where nothing is. */
export type TakeMessage = (topic: string, payload: Buffer) => Promise<void> | void;

/** MQTT 5.0 section 2.1.2: the packet's type stands in the upper half of its first byte. */
const publish = 3;
/** PUBACK, before the packet identifier and with nothing behind it: success (MQTT 5.0 section 3.4.2.1). */
const acknowledgement = 0x4002_0000;
/** MQTT 5.0 section 1.5.5: seven bits a byte, four bytes at most. */
const longestVariableInteger = 4;

/** Messages one after the other that are taken by the same promise. */
interface Run {
	readonly taken: Promise<void> | undefined;
	readonly identifiers: number[];
	isTaken: boolean;
}

/**
 * A connection to a broker as mqtt.js sees it: everything but what others publish, which is taken here with QoS 0 and 1.
 * mqtt.js acknowledges a message before it looks at the next one, so that a receiver who stores many in one commit either
 * acknowledges what it has not stored or gets one message a commit. Here any number is under way, and acknowledged in
 * the order that they came (MQTT 5.0 section 4.6), many in one write.
 */
export class PublishIntake extends Duplex {
	readonly #connection: Duplex;
	readonly #hasProperties: boolean;
	readonly #take: TakeMessage;
	readonly #onError: (error: unknown) => void;
	/** Of a packet that is not here in full. */
	#parts: Buffer[] = [];
	#length = 0;
	/** So many bytes have to be there before it is worth looking again. */
	#wanted = 2;
	#runs: Run[] = [];

	/**
	 * @param connection to the broker, or still connecting
	 * @param options.onError hears why a message was not taken; it is acknowledged all the same, or it would come for ever
	 */
	constructor(
		connection: Duplex,
		options: { readonly protocolVersion: 4 | 5; take: TakeMessage; onError(error: unknown): void },
	) {
		super();
		this.#connection = connection;
		this.#hasProperties = options.protocolVersion === 5;
		this.#take = options.take;
		this.#onError = options.onError;
		connection.on("data", (part: Buffer) => this.#receive(part));
		connection.once("end", () => this.push(null));
		connection.once("error", (error) => this.destroy(error));
		connection.once("close", () => this.destroy());
	}

	override _read(): void {
		// What is read is pushed as it comes: a few answers of the broker.
	}

	override _write(part: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
		this.#connection.write(part, done);
	}

	override _writev(parts: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
		this.#connection.write(Buffer.concat(parts.map(({ chunk }) => chunk)), done);
	}

	override _final(done: (error?: Error | null) => void): void {
		this.#connection.end(done);
	}

	override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
		this.#runs = [];
		this.#connection.destroy();
		done(error);
	}

	#receive(part: Buffer): void {
		this.#parts.push(part);
		this.#length += part.length;
		if (this.#length < this.#wanted) return;
		const bytes = this.#parts.length === 1 ? part : Buffer.concat(this.#parts, this.#length);
		let from = 0;
		this.#wanted = 2;
		while (from < bytes.length && !this.destroyed) {
			const end = this.#endOf(bytes, from);
			if (end === undefined) break;
			from = end;
		}
		this.#parts = from < bytes.length ? [bytes.subarray(from)] : [];
		this.#length = bytes.length - from;
		this.#acknowledge();
	}

	/** Handles the packet at `from`. @returns where it ends; `undefined` when it is not here in full */
	#endOf(bytes: Buffer, from: number): number | undefined {
		const remaining = variableInteger(bytes, from + 1);
		if (remaining === undefined) {
			if (bytes.length - from > longestVariableInteger) this.#refuse("a packet without a length");
			return undefined;
		}
		const end = remaining.end + remaining.value;
		if (end > bytes.length) {
			this.#wanted = end - from;
			return undefined;
		}
		const first = bytes.readUInt8(from);
		const quality = (first >> 1) & 3;
		if (first >> 4 === publish && quality < 2) this.#publish(bytes, remaining.end, end, quality === 1);
		else this.push(bytes.subarray(from, end));
		return end;
	}

	/** MQTT 5.0 section 3.3.2 and 3.3.3: topic, identifier, properties, payload. */
	#publish(bytes: Buffer, from: number, end: number, wantsAcknowledgement: boolean): void {
		const topicEnd = from + 2 <= end ? from + 2 + bytes.readUInt16BE(from) : end;
		const identifierEnd = topicEnd + (wantsAcknowledgement ? 2 : 0);
		let payloadFrom = identifierEnd;
		if (this.#hasProperties && identifierEnd <= end) {
			const properties = variableInteger(bytes, identifierEnd);
			payloadFrom = properties === undefined ? end + 1 : properties.end + properties.value;
		}
		// Without a topic it would be an alias, and we have told the broker that we know none.
		if (topicEnd === from + 2 || payloadFrom > end) {
			this.#refuse("a message without a topic, or one that does not end");
			return;
		}
		const taken = this.#taken(bytes.toString("utf8", from + 2, topicEnd), bytes.subarray(payloadFrom, end));
		if (wantsAcknowledgement) this.#enqueue(bytes.readUInt16BE(topicEnd), taken);
	}

	#taken(topic: string, payload: Buffer): Promise<void> | undefined {
		try {
			return this.#take(topic, payload) ?? undefined;
		} catch (error) {
			this.#onError(error);
			return undefined;
		}
	}

	#enqueue(identifier: number, taken: Promise<void> | undefined): void {
		const last = this.#runs.at(-1);
		if (last !== undefined && last.taken === taken) {
			last.identifiers.push(identifier);
			return;
		}
		const run: Run = { taken, identifiers: [identifier], isTaken: taken === undefined };
		this.#runs.push(run);
		void taken
			?.catch((error: unknown) => this.#onError(error))
			.then(() => {
				run.isTaken = true;
				this.#acknowledge();
			});
	}

	/** What is taken and has nothing before it that is not. */
	#acknowledge(): void {
		const open = this.#runs.findIndex(({ isTaken }) => !isTaken);
		const taken = this.#runs.splice(0, open === -1 ? this.#runs.length : open);
		if (taken.length === 0 || this.destroyed || this.writableEnded) return;
		const identifiers = taken.flatMap((run) => run.identifiers);
		const bytes = Buffer.allocUnsafe(4 * identifiers.length);
		identifiers.forEach((identifier, index) => {
			bytes.writeUInt32BE(acknowledgement + identifier, 4 * index);
		});
		// Through the same queue as what mqtt.js writes, which writes a packet in parts.
		this.write(bytes);
	}

	#refuse(what: string): void {
		this.destroy(Object.assign(new Error(`the broker sent ${what}`), { code: "ERR_MQTT_MALFORMED_PACKET" }));
	}
}

function variableInteger(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
	let value = 0;
	for (let index = 0; index < longestVariableInteger; index += 1) {
		const byte = bytes[from + index];
		if (byte === undefined) return undefined;
		value += (byte & 127) * 128 ** index;
		if (byte < 128) return { value, end: from + index + 1 };
	}
	return undefined;
}
