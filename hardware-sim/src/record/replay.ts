import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import { z } from "zod";
import { analogFullScaleVolts } from "../board/analog.ts";
import type { Board } from "../board/board.ts";
import { pinName } from "../board/board-host.ts";
import type { I2CTarget } from "../board/i2c-target.ts";
import { type SerialBoardEnd, SerialWire } from "../board/serial-wire.ts";
import type { SimulationClock } from "../clock.ts";
import type { Net, NetLevel } from "../net.ts";
import { fromHex, type Transaction, toHex } from "./transaction.ts";

/** The first thing that a program did otherwise than when the log was made. */
export interface Deviation {
	/** The instance, as people call it: `I2C 0x29`, `Digital GPIO14`. */
	readonly name: string;
	/** When, nanoseconds of the board's clock. */
	readonly atNs: number;
	/** Line of the log, from 1; `undefined` after its end. */
	readonly line: number | undefined;
	readonly expected: string;
	readonly seen: string;
}

/** A log on a board. */
export interface Replay {
	/** `undefined` while everything is as it was. */
	readonly deviation: Deviation | undefined;
	/** Whether everything that the log expects of the program has happened. */
	readonly finished: boolean;
	/** What the chips do not check: PWM, and SPI without a clock. */
	readonly unchecked: readonly string[];
}

interface Numbered {
	readonly line: number;
	readonly transaction: Transaction;
}

/** All transactions of instances on the same pins. */
interface Instance {
	readonly name: string;
	readonly options: Readonly<Record<string, string | number | boolean>>;
	readonly lines: readonly Numbered[];
}

/** Keeps the first deviation of all chips. */
class Judge {
	readonly #board: Board;
	deviation: Deviation | undefined;
	readonly parts: { finished(): boolean }[] = [];

	constructor(board: Board) {
		this.#board = board;
	}

	complain(name: string, line: number | undefined, expected: string, seen: string): void {
		this.deviation ??= { name, atNs: this.#board.clock.now, line, expected, seen };
	}
}

/**
 * Puts chips on a board that answer as the parts of a log answered: a field bug becomes a test. They follow the
 * program step by step, not the clock: what it does a little earlier or later gets the same answers. The first thing
 * that it does otherwise is the {@link Replay.deviation}.
 *
 * What a part does by itself (an edge, bytes on a UART) comes as long after the program's last action on that part as
 * it did then.
 */
export function replayOnto(board: Board, log: readonly Transaction[]): Replay {
	const judge = new Judge(board);
	const unchecked: string[] = [];
	for (const [io, instances] of instancesOf(log)) {
		for (const instance of io === "Digital" ? [] : instances) {
			if (io === "I2C") replayI2C(board, judge, instance);
			else if (io === "Serial") replaySerial(board, judge, instance);
			else if (io === "Analog") replayAnalog(board, judge, instance);
			else if (io === "SPI" && instance.options.clock !== undefined) replaySPI(board, judge, instance);
			else unchecked.push(instance.name);
		}
		if (io === "Digital") replayDigital(board, judge, instances);
	}
	return {
		get deviation() {
			return judge.deviation;
		},
		get finished() {
			return judge.parts.every((part) => part.finished());
		},
		unchecked,
	};
}

/** A sentence for people. */
export function deviationText({ name, atNs, line, expected, seen }: Deviation): string {
	const where = line === undefined ? "after the end of the log" : `line ${line} of the log`;
	return `${name} at ${(atNs / 1e9).toFixed(9)} s: expected ${expected} (${where}), saw ${seen}`;
}

/** What decides that two instances are the same part. */
const placeOf: Readonly<Record<string, readonly string[]>> = Object.freeze({
	Analog: ["pin"],
	Digital: ["pin"],
	I2C: ["data", "clock", "address"],
	PWM: ["pin"],
	SPI: ["out", "in", "clock"],
	Serial: ["receive", "transmit"],
});

function instancesOf(log: readonly Transaction[]): Map<string, Instance[]> {
	const keyOfId = new Map<number, string>();
	const found = new Map<string, Instance & { io: string; lines: Numbered[] }>();
	for (const [index, transaction] of log.entries()) {
		if (transaction.do === "open") {
			// What was refused when it was opened never touched a part.
			if (transaction.error !== undefined) continue;
			const { io, options } = transaction;
			const key = JSON.stringify([io, ...(placeOf[io] ?? []).map((name) => options[name] ?? null)]);
			keyOfId.set(transaction.id, key);
			if (!found.has(key)) found.set(key, { io, name: nameOf(io, options), options, lines: [] });
		}
		const instance = found.get(keyOfId.get(transaction.id) ?? "");
		instance?.lines.push({ line: index + 1, transaction });
	}
	const byClass = new Map<string, Instance[]>();
	for (const instance of found.values()) byClass.set(instance.io, [...(byClass.get(instance.io) ?? []), instance]);
	return byClass;
}

function nameOf(io: string, options: Instance["options"]): string {
	const { address } = options;
	if (typeof address === "number") return `${io} 0x${address.toString(16).padStart(2, "0")}`;
	const pins = (placeOf[io] ?? []).flatMap((name) =>
		options[name] === undefined ? [] : [pinName(pin(options[name]))],
	);
	return `${io} ${pins.join("/")}`;
}

function pin(value: unknown): PinSpecifier {
	return z.union([z.number(), z.string()]).parse(value);
}

const number = (value: unknown): number => z.number().parse(value);
const spaced = (hexadecimal: string): string => hexadecimal.replaceAll(/(..)(?=.)/g, "$1 ") || "nothing";

function replayI2C(board: Board, judge: Judge, { name, options, lines }: Instance): void {
	const expected = lines.filter(({ transaction }) => transaction.do === "read" || transaction.do === "write");
	let next = 0;
	let now: Numbered | undefined;
	let written: number[] = [];
	let readAt = 0;
	const settle = () => {
		const done = now;
		now = undefined;
		if (done === undefined || done.transaction.error !== undefined) return;
		if (done.transaction.do === "read") {
			const wanted = fromHex(done.transaction.bytes ?? "").length;
			if (readAt < wanted) judge.complain(name, done.line, `read of ${wanted} bytes`, `read of ${readAt}`);
			return;
		}
		if (done.transaction.do !== "write") return;
		const seen = toHex(Uint8Array.from(written));
		const wanted = done.transaction.bytes ?? "";
		if (seen !== wanted) judge.complain(name, done.line, `write ${spaced(wanted)}`, `write ${spaced(seen)}`);
	};
	const target: I2CTarget = {
		start(read) {
			settle();
			now = expected[next++];
			written = [];
			readAt = 0;
			const seen = read ? "read" : "write";
			if (now === undefined) {
				judge.complain(name, undefined, "nothing more", seen);
				return true;
			}
			const { transaction } = now;
			if (transaction.do !== seen) judge.complain(name, now.line, describe(transaction), seen);
			return transaction.error === undefined;
		},
		write(byte) {
			written.push(byte);
			return true;
		},
		read() {
			const { transaction } = now ?? {};
			const bytes = transaction?.do === "read" ? fromHex(transaction.bytes ?? "") : new Uint8Array();
			const byte = bytes[readAt++];
			if (byte === undefined && now !== undefined)
				judge.complain(name, now.line, `read of ${bytes.length} bytes`, `read of byte ${readAt}`);
			return byte ?? 0xff;
		},
		stop: settle,
	};
	board.attachI2C({ data: pin(options.data), clock: pin(options.clock) }, number(options.address), target);
	judge.parts.push({ finished: () => next >= expected.length });
}

function describe(transaction: Transaction): string {
	if (transaction.do === "write")
		return `write ${transaction.bytes === undefined ? String(transaction.value) : spaced(transaction.bytes)}`;
	if (transaction.do === "transfer") return `transfer ${spaced(transaction.out)}`;
	return transaction.do;
}

function replayAnalog(board: Board, judge: Judge, { name, options, lines }: Instance): void {
	const reads = lines.flatMap(({ transaction }) =>
		transaction.do === "read" && transaction.error === undefined ? [transaction.value ?? 0] : [],
	);
	// The recorded converter's width is not in the log; 12 bits are those of an ESP32-S3 and of this board.
	const codes = 2 ** 12;
	let next = 0;
	board.setVoltage(pin(options.pin), () => {
		const code = reads[next++];
		if (code === undefined) judge.complain(name, undefined, "nothing more", "read");
		return (((code ?? reads.at(-1) ?? 0) + 0.5) * analogFullScaleVolts) / codes;
	});
	judge.parts.push({ finished: () => next >= reads.length });
}

/** The part's end of a UART, at whatever rate the program opens it: it hears every byte at the end of its frame. */
class ReplayWire extends SerialWire {
	override readonly near: SerialBoardEnd;
	#receiver: Parameters<SerialBoardEnd["listen"]>[0];

	constructor(clock: SimulationClock, onBytes: (bytes: Uint8Array) => void) {
		super(clock, 115_200);
		let busyUntil = 0;
		let life = 0;
		this.near = {
			write: (bytes, baud, onSent) => {
				const sentInLife = life;
				const copy = bytes.slice();
				busyUntil = Math.round(Math.max(clock.now, busyUntil) + copy.length * frameNs(baud));
				clock.after(busyUntil - clock.now, () => {
					if (sentInLife !== life) return;
					onBytes(copy);
					onSent();
				});
			},
			listen: (next) => {
				this.#receiver = next;
			},
			silence: () => {
				life++;
				busyUntil = 0;
			},
		};
	}

	answer(bytes: Uint8Array): void {
		this.#receiver?.receive(bytes);
	}
}

/** Start bit, eight data bits, stop bit. */
function frameNs(baud: number): number {
	return 10e9 / baud;
}

/** Bytes of the program in order, and the part's bytes, each run as long after the program's last as it was then. */
function replaySerial(board: Board, judge: Judge, { name, options, lines }: Instance): void {
	const wanted: { readonly byte: number; readonly line: number }[] = [];
	const answers: { readonly afterBytes: number; readonly delayNs: number; readonly bytes: Uint8Array }[] = [];
	let baud = number(options.baud);
	let writtenAt = lines[0]?.transaction.at ?? 0;
	let arrivedAt: number | undefined;
	for (const { line, transaction } of lines) {
		if (transaction.do === "open") baud = number(transaction.options.baud);
		else if (transaction.do === "write" && transaction.error === undefined) {
			const bytes = fromHex(transaction.bytes ?? "");
			for (const byte of bytes) wanted.push({ byte, line });
			writtenAt = Math.max(writtenAt, transaction.at) + bytes.length * frameNs(baud);
		} else if (transaction.do === "readable") arrivedAt = transaction.at;
		else if (transaction.do === "read" && transaction.bytes !== undefined) {
			const delayNs = Math.max(0, Math.round((arrivedAt ?? transaction.at) - writtenAt));
			answers.push({ afterBytes: wanted.length, delayNs, bytes: fromHex(transaction.bytes) });
			arrivedAt = undefined;
		}
	}
	let seen = 0;
	let answered = 0;
	const answer = () => {
		for (let next = answers[answered]; next !== undefined && next.afterBytes <= seen; next = answers[++answered]) {
			const { bytes, delayNs } = next;
			board.clock.after(delayNs, () => wire.answer(bytes));
		}
	};
	const hex = (value: number) => value.toString(16).padStart(2, "0");
	const wire = new ReplayWire(board.clock, (bytes) => {
		for (const byte of bytes) {
			const expected = wanted[seen++];
			if (expected === undefined) judge.complain(name, undefined, "nothing more", `byte ${hex(byte)}`);
			else if (expected.byte !== byte)
				judge.complain(name, expected.line, `byte ${seen} to be ${hex(expected.byte)}`, hex(byte));
		}
		answer();
	});
	board.attachSerial({ receive: pin(options.receive), transmit: pin(options.transmit) }, wire);
	answer();
	judge.parts.push({ finished: () => seen >= wanted.length });
}

/** A clocked part: it answers bit by bit on the program's clock, and looks at what the program says. */
function replaySPI(board: Board, judge: Judge, { name, options, lines }: Instance): void {
	const transfers = lines.flatMap(({ line, transaction }) => {
		if (transaction.error !== undefined) return [];
		if (transaction.do === "transfer")
			return [{ line, out: fromHex(transaction.out), in: fromHex(transaction.in ?? "") }];
		if (transaction.do === "write") return [{ line, out: fromHex(transaction.bytes ?? ""), in: new Uint8Array() }];
		return [];
	});
	const bits = transfers.flatMap(({ line, out, in: answer }) =>
		Array.from({ length: out.length * 8 }, (_, bit) => {
			const bitOf = (bytes: Uint8Array): NetLevel => ((((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1 ? 1 : 0);
			return { line, out: bitOf(out), in: bitOf(answer) };
		}),
	);
	const mode = options.mode === undefined ? 0 : number(options.mode);
	const clock = board.net(pin(options.clock));
	const out = options.out === undefined ? undefined : board.net(pin(options.out));
	const driver = options.in === undefined ? undefined : board.net(pin(options.in)).attach();
	const samplingLevel: NetLevel = mode === 0 || mode === 3 ? 1 : 0;
	let next = 0;
	const show = () => driver?.drive(bits[next]?.in ?? 0);
	if (mode === 0 || mode === 2) show();
	clock.watch((level) => {
		if (level !== samplingLevel) {
			// The other edge: the part puts its bit out, for the sampling edge that follows.
			show();
			return;
		}
		const bit = bits[next++];
		if (bit === undefined) judge.complain(name, undefined, "nothing more", "a clock pulse");
		else if (out !== undefined && out.level !== bit.out)
			judge.complain(name, bit.line, `bit ${next} to be ${bit.out}`, String(out.level));
	});
	judge.parts.push({ finished: () => next >= bits.length });
}

interface InputChange {
	readonly net: Net;
	readonly level: NetLevel;
	/** After the edge that it follows. */
	readonly delayNs: number;
}

interface OutputEdge {
	readonly line: number;
	readonly name: string;
	readonly net: Net;
	readonly level: NetLevel;
	readonly follow: InputChange[];
}

// As Moddable's `embedded:io/digital` counts its modes.
const output = 8;
const outputOpenDrain = 9;

/** What the log says of all digital pins: the program's edges, and what the inputs did after each. */
class DigitalStory {
	/** Before the program's first edge. */
	readonly first: InputChange[] = [];
	readonly edges: OutputEdge[] = [];
	readonly #board: Board;
	readonly #levels = new Map<Instance, NetLevel>();
	/** Levels of outputs while nobody drives them. */
	readonly #resting = new Map<Instance, NetLevel>();
	/** Inputs that the program has read since its last edge. */
	readonly #readSinceEdge = new Set<Instance>();
	readonly #toldAt = new Map<Instance, number>();
	#lastEdgeAt: number;

	constructor(board: Board, startedAt: number) {
		this.#board = board;
		this.#lastEdgeAt = startedAt;
	}

	add(instance: Instance, { line, transaction }: Numbered): void {
		switch (transaction.do) {
			case "open": {
				const { mode, initialValue } = transaction.options;
				if (mode !== output && mode !== outputOpenDrain) break;
				// An open drain without a pull-up would never be high.
				const resting: NetLevel = mode === outputOpenDrain ? 1 : 0;
				if (resting === 1) this.#board.net(pin(instance.options.pin)).pull(1);
				this.#resting.set(instance, resting);
				this.#levels.set(instance, resting);
				this.#edge(instance, line, initialValue === 1 ? 1 : 0, transaction.at);
				break;
			}
			case "close": {
				const resting = this.#resting.get(instance);
				if (resting !== undefined) this.#edge(instance, line, resting, transaction.at);
				this.#resting.delete(instance);
				this.#levels.delete(instance);
				break;
			}
			case "write":
				this.#edge(instance, line, transaction.value === 1 ? 1 : 0, transaction.at);
				break;
			case "readable":
				this.#toldAt.set(instance, transaction.at);
				break;
			case "read":
				this.#read(instance, transaction.value === 1 ? 1 : 0, transaction.at);
				break;
		}
	}

	#edge(instance: Instance, line: number, level: NetLevel, at: number): void {
		if (this.#levels.get(instance) === level) return;
		this.#levels.set(instance, level);
		const net = this.#board.net(pin(instance.options.pin));
		this.edges.push({ line, name: instance.name, net, level, follow: [] });
		this.#lastEdgeAt = at;
		this.#readSinceEdge.clear();
	}

	#read(instance: Instance, level: NetLevel, at: number): void {
		const before = this.#levels.get(instance);
		const toldAt = this.#toldAt.get(instance);
		this.#toldAt.delete(instance);
		if (before !== level) {
			// Read for the first time since the edge: the edge brought it. Read before: it came by itself, at this time.
			const cameAt = toldAt ?? (this.#readSinceEdge.has(instance) || this.edges.length === 0 ? at : this.#lastEdgeAt);
			const delayNs = before === undefined ? 0 : Math.max(0, cameAt - this.#lastEdgeAt);
			const net = this.#board.net(pin(instance.options.pin));
			(this.edges.at(-1)?.follow ?? this.first).push({ net, level, delayNs });
			this.#levels.set(instance, level);
		}
		this.#readSinceEdge.add(instance);
	}
}

/**
 * All digital pins together: what an input shows follows the edges of the outputs. A bit that the program reads after
 * it has clocked is there as soon as the edge is; a level that it waited for comes after the time that it waited.
 */
function replayDigital(board: Board, judge: Judge, instances: readonly Instance[]): void {
	const lines = instances
		.flatMap((instance) => instance.lines.map((numbered) => ({ ...numbered, instance })))
		.filter(({ transaction }) => transaction.error === undefined)
		.sort((a, b) => a.line - b.line);
	const story = new DigitalStory(board, lines[0]?.transaction.at ?? 0);
	for (const { instance, ...numbered } of lines) story.add(instance, numbered);
	const drivers = new Map<Net, ReturnType<Net["attach"]>>();
	const apply = (changes: readonly InputChange[]) => {
		for (const { net, level, delayNs } of changes) {
			const driver = drivers.get(net) ?? net.attach();
			drivers.set(net, driver);
			if (delayNs === 0) driver.drive(level);
			else board.clock.after(delayNs, () => driver.drive(level));
		}
	};
	let next = 0;
	const outputs = new Map<Net, string>(story.edges.map(({ net, name }) => [net, name]));
	for (const [net, name] of outputs)
		net.watch((level) => {
			const expected = story.edges[next++];
			if (expected === undefined) judge.complain(name, undefined, "nothing more", `an edge to ${level}`);
			else if (expected.net !== net || expected.level !== level)
				judge.complain(name, expected.line, `${expected.name} to become ${expected.level}`, `${name} become ${level}`);
			if (expected !== undefined) apply(expected.follow);
		});
	apply(story.first);
	judge.parts.push({ finished: () => next >= story.edges.length });
}
