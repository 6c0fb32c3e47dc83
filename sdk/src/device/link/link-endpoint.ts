import { HardwareError } from "../io/hardware-error.ts";
import type { Timer, TimerHandle } from "../io/timer.ts";
import {
	DELIMITER,
	decodeFrame,
	encodeFrame,
	type Frame,
	FrameType,
	MAXIMUM_ENCODED_BYTES,
	MAXIMUM_MESSAGE_BYTES,
} from "./frame.ts";

/** First wait for an answer. It doubles up to the last, and goes on so forever. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 4000;

/** A message out of turn that comes so often is the one that the peer is at. */
const INSISTING_TRIES = 3;
/** Tries in a row without any answer that count as "nobody is there": 3.75 s after the first of them. */
const SILENT_TRIES = 4;

/** Messages that may wait for their acknowledgement, the one on the wire included. */
const LONGEST_QUEUE = 16;

export interface LinkEndpointOptions {
	/** Puts one frame on the wire. It takes all of it or drops it, and does not throw: what was dropped is sent again. */
	write(bytes: Uint8Array): void;
	readonly timer: Timer;
	/** A random unsigned 32-bit number, another one at every start: it tells the peer of a restart. 0 counts as 1. */
	readonly session: number;
	/**
	 * A message from the peer, in order. The peer goes on keeping it until `acknowledge` is called: call it once the
	 * message is safe (stored, or of no more use), at once or at any time later. A second call does nothing. The next
	 * message comes only after that. Must not throw.
	 */
	onMessage(message: Uint8Array, acknowledge: () => void): void;
	/** The peer answers (again), or has stopped to. Silence is noticed only while something waits for an answer: see `probe`. */
	onPeer?(connected: boolean): void;
}

/** Counts since construction. */
export interface LinkStatistics {
	/** All frames written, repeats included. */
	readonly framesSent: number;
	/** Frames of any kind that were sound and meant for this session. */
	readonly framesReceived: number;
	/** Noise, broken and overlong frames, and sound ones that were not meant for this session. */
	readonly framesDropped: number;
	/** Messages written again. */
	readonly retransmissions: number;
}

interface Outgoing {
	readonly message: Uint8Array;
	readonly onAcknowledged: (() => void) | undefined;
	written: boolean;
}

/**
 * One end of a serial wire between two programs that may each restart at any time. Messages of up to 1,600 bytes go
 * both ways at once, each way in order and one at a time, sent again until the other side takes custody of them.
 *
 * While neither side restarts, every message is delivered exactly once. When the receiver restarts, the message that
 * is on its way may come a second time. A message is lost only when its own sender restarts: the queue is in memory.
 *
 * The sides greet each other with the random numbers of their sessions before a message flows, and every frame names
 * both. So a frame of an earlier life is never taken for one of this life.
 */
export class LinkEndpoint {
	readonly #options: LinkEndpointOptions;
	readonly #session: number;
	#closed = false;

	/** Session of the peer; 0: never heard of. */
	#peer = 0;
	/** The peer knows this session. */
	#greeted = false;
	/** What `onPeer` was told. */
	#connected = false;
	/** Tries since anything was heard. */
	#unanswered = 0;

	/** Outgoing. The first is on the wire as number #sequence. */
	readonly #queue: Outgoing[] = [];
	#sequence = 0;
	/** The peer has the first message, and has not taken custody of it. */
	#held = false;
	#retry: TimerHandle | undefined;
	/** The wait after the one that runs. */
	#nextRetryMs = FIRST_RETRY_MS;

	/** Number of the last message of this peer session; -1: none yet. */
	#received = -1;
	/** Custody of it was taken. */
	#taken = true;
	/** The last number that was out of turn, and how often it came since. */
	#insists = -1;
	#insisting = 0;

	/** Bytes since the last delimiter. #length runs on beyond the end when they are too many for a frame. */
	readonly #buffer = new Uint8Array(MAXIMUM_ENCODED_BYTES);
	#length = 0;
	#receiving = false;
	readonly #waiting: Uint8Array[] = [];

	#framesSent = 0;
	#framesReceived = 0;
	#framesDropped = 0;
	#retransmissions = 0;

	/** Greets the peer as soon as the timer runs. Throws a `RangeError` when `session` is no unsigned 32-bit integer. */
	constructor(options: LinkEndpointOptions) {
		const session = options.session;
		if (!Number.isInteger(session) || session < 0 || session > 0xffff_ffff) {
			throw new RangeError(`LinkEndpoint: session must be an integer from 1 to 2^32 - 1, not ${session}.`);
		}
		this.#options = options;
		// 0 stands for "unknown" on the wire.
		this.#session = session === 0 ? 1 : session;
		this.#schedule(0);
	}

	/** Messages accepted by `send` that the peer has not taken custody of. */
	get pending(): number {
		return this.#queue.length;
	}

	/** The counts of this moment. */
	get statistics(): LinkStatistics {
		return {
			framesSent: this.#framesSent,
			framesReceived: this.#framesReceived,
			framesDropped: this.#framesDropped,
			retransmissions: this.#retransmissions,
		};
	}

	/**
	 * Accepts a message of at most 1,600 bytes and sends it until the peer takes custody; then calls `onAcknowledged`.
	 * Throws a `HardwareError` of kind `overrun` while 16 messages wait and of kind `closed` after `close`, and a
	 * `RangeError` when the message is too long.
	 */
	send(message: Uint8Array, onAcknowledged?: () => void): void {
		if (this.#closed) throw new HardwareError("closed", "The link is closed: nothing can be sent any more.");
		if (message.length > MAXIMUM_MESSAGE_BYTES) {
			throw new RangeError(
				`A message of ${message.length} bytes does not fit the link: the most is ${MAXIMUM_MESSAGE_BYTES}.`,
			);
		}
		if (this.#queue.length >= LONGEST_QUEUE) {
			throw new HardwareError(
				"overrun",
				`${LONGEST_QUEUE} messages wait for the peer already. Keep this one and send it when one of them is acknowledged.`,
			);
		}
		this.#queue.push({ message: message.slice(), onAcknowledged, written: false });
		if (this.#queue.length === 1 && this.#greeted) this.#sendFirst();
	}

	/** Asks a peer of which nothing is expected whether it is still there; does nothing where something waits for it anyway. */
	probe(): void {
		if (this.#closed || !this.#connected || this.#retry !== undefined) return;
		this.#unanswered = 0;
		this.#write(FrameType.Hello, 0);
		this.#schedule(FIRST_RETRY_MS);
	}

	/** Takes bytes from the wire, in pieces of any size. `onMessage` never runs inside another `onMessage`. */
	receive(bytes: Uint8Array): void {
		if (this.#closed) return;
		if (this.#receiving) {
			// A callback below wrote something, and the wire answered at once.
			this.#waiting.push(bytes.slice());
			return;
		}
		this.#receiving = true;
		try {
			let next: Uint8Array | undefined = bytes;
			while (next !== undefined) {
				this.#take(next);
				next = this.#waiting.shift();
			}
		} finally {
			this.#receiving = false;
		}
	}

	/** Stops: nothing is sent, delivered or called back any more. A second call does nothing. */
	close(): void {
		this.#closed = true;
		this.#stopRetry();
		this.#queue.length = 0;
		this.#waiting.length = 0;
	}

	#take(bytes: Uint8Array): void {
		const buffer = this.#buffer;
		for (let index = 0; index < bytes.length && !this.#closed; index++) {
			const byte = bytes[index]!;
			if (byte !== DELIMITER) {
				if (this.#length < buffer.length) buffer[this.#length] = byte;
				this.#length++;
				continue;
			}
			const length = this.#length;
			this.#length = 0;
			if (length === 0) continue;
			const frame = length > buffer.length ? undefined : decodeFrame(buffer.subarray(0, length));
			// With its own session in it, a frame is an echo of this side (a short between the wires), not a peer.
			if (frame === undefined || frame.from === this.#session) this.#framesDropped++;
			else if (frame.type === FrameType.Hello || frame.type === FrameType.Welcome) this.#greet(frame);
			else this.#accept(frame);
		}
	}

	#greet(frame: Frame): void {
		this.#framesReceived++;
		if (frame.from !== this.#peer) {
			this.#peer = frame.from;
			this.#greeted = false;
			this.#received = -1;
			this.#schedule(FIRST_RETRY_MS);
			this.#tell(false);
		}
		// Whoever says hello may not have the message any more.
		this.#held = false;
		if (frame.to === this.#session) this.#greeted = true;
		// A hello answers a hello until both sides know each other; a welcome is not answered.
		if (frame.type === FrameType.Hello) this.#write(this.#greeted ? FrameType.Welcome : FrameType.Hello, 0);
		if (frame.to === this.#session) this.#hear();
	}

	#accept(frame: Frame): void {
		if (frame.from !== this.#peer || frame.to !== this.#session) {
			// One side has restarted, and the other has not noticed.
			this.#framesDropped++;
			this.#write(FrameType.Hello, 0);
			return;
		}
		this.#framesReceived++;
		this.#greeted = true;
		this.#hear();
		if (frame.type === FrameType.Data) this.#deliver(frame.sequence, frame.message);
		else if (frame.type === FrameType.Query) {
			// A hello makes a peer that asks for an unknown message send it again.
			if (frame.sequence === this.#received) this.#write(this.#answer(), frame.sequence);
			else this.#write(FrameType.Hello, 0);
		} else if (frame.sequence === this.#sequence) {
			if (frame.type === FrameType.Held) this.#held = true;
			else this.#finishFirst();
		}
	}

	/** The peer lives and knows this session. */
	#hear(): void {
		this.#unanswered = 0;
		if (this.#connected) {
			// Nothing but a probe was to be answered.
			if (this.#queue.length === 0) this.#stopRetry();
			return;
		}
		this.#stopRetry();
		this.#sendFirst();
		this.#tell(true);
	}

	#tell(connected: boolean): void {
		if (this.#connected === connected || this.#closed) return;
		this.#connected = connected;
		this.#options.onPeer?.(connected);
	}

	#deliver(sequence: number, message: Uint8Array): void {
		if (sequence === this.#received) {
			this.#write(this.#answer(), sequence);
			return;
		}
		if (this.#received >= 0 && (!this.#taken || sequence !== ((this.#received + 1) & 0xffff))) {
			// A number that nobody forged comes again and again: somebody has led this side astray, and not the peer.
			this.#insisting = this.#insists === sequence ? this.#insisting + 1 : 1;
			this.#insists = sequence;
			if (!this.#taken || this.#insisting < INSISTING_TRIES) {
				this.#framesDropped++;
				return;
			}
		}
		this.#insisting = 0;
		this.#received = sequence;
		this.#taken = false;
		const peer = this.#peer;
		this.#options.onMessage(message, () => {
			if (this.#taken || peer !== this.#peer || sequence !== this.#received) return;
			this.#taken = true;
			this.#write(FrameType.Acknowledge, sequence);
		});
		if (!this.#taken) this.#write(FrameType.Held, sequence);
	}

	/** The answer to a repeat of the last message. */
	#answer(): FrameType {
		return this.#taken ? FrameType.Acknowledge : FrameType.Held;
	}

	#finishFirst(): void {
		if (this.#queue[0]?.written !== true) return;
		const first = this.#queue.shift();
		this.#sequence = (this.#sequence + 1) & 0xffff;
		this.#stopRetry();
		this.#sendFirst();
		first?.onAcknowledged?.();
	}

	#sendFirst(): void {
		const first = this.#queue[0];
		if (first === undefined) return;
		this.#held = false;
		this.#schedule(FIRST_RETRY_MS);
		this.#writeFirst(first);
	}

	#writeFirst(first: Outgoing): void {
		if (first.written) this.#retransmissions++;
		first.written = true;
		this.#write(FrameType.Data, this.#sequence, first.message);
	}

	#schedule(milliseconds: number): void {
		this.#stopRetry();
		this.#nextRetryMs = Math.min(Math.max(milliseconds * 2, FIRST_RETRY_MS), LAST_RETRY_MS);
		if (!this.#closed) this.#retry = this.#options.timer.set(() => this.#tryAgain(), milliseconds);
	}

	#stopRetry(): void {
		if (this.#retry !== undefined) this.#options.timer.clear(this.#retry);
		this.#retry = undefined;
	}

	#tryAgain(): void {
		const first = this.#queue[0];
		this.#unanswered++;
		// All is in order before anything is called that may come back.
		this.#schedule(this.#nextRetryMs);
		if (!this.#greeted || first === undefined) this.#write(FrameType.Hello, 0);
		else if (this.#held) this.#write(FrameType.Query, this.#sequence);
		else this.#writeFirst(first);
		if (this.#unanswered >= SILENT_TRIES) this.#tell(false);
	}

	#write(type: FrameType, sequence: number, message: Uint8Array = new Uint8Array(0)): void {
		if (this.#closed) return;
		this.#framesSent++;
		this.#options.write(encodeFrame({ type, from: this.#session, to: this.#peer, sequence, message }));
	}
}
