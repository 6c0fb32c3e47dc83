import fc from "fast-check";
import { expect, test } from "vitest";
import { HardwareError } from "../io/hardware-error.ts";
import type { Timer, TimerHandle } from "../io/timer.ts";
import { decodeFrame, encodeFrame, FrameType } from "./frame.ts";
import { LinkEndpoint, type LinkEndpointOptions } from "./link-endpoint.ts";

/** Time that moves when told to. */
class VirtualTime implements Timer {
	now = 0;
	#order = 0;
	#events: { at: number; order: number; run: () => void }[] = [];

	set(callback: () => void, milliseconds: number): TimerHandle {
		const event = { at: this.now + milliseconds, order: this.#order++, run: callback };
		this.#events.push(event);
		return event;
	}
	repeat(): TimerHandle {
		throw new Error("The link repeats nothing.");
	}
	clear(handle: TimerHandle): void {
		this.#events = this.#events.filter((event) => event !== handle);
	}
	get waiting(): number {
		return this.#events.length;
	}
	/** Runs everything that is due within `milliseconds`. */
	advance(milliseconds: number): void {
		const end = this.now + milliseconds;
		for (;;) {
			const due = this.#events.filter((event) => event.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
			if (due === undefined) break;
			this.clear(due);
			this.now = due.at;
			due.run();
		}
		this.now = end;
	}
}

/** A small generator (mulberry32), so that a wire's faults hang on one seed. */
function generator(seed: number): (below: number) => number {
	let state = seed >>> 0;
	return (below) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
	};
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const bytesOf = (message: string): Uint8Array => Uint8Array.from(Buffer.from(message, "latin1"));

interface End {
	readonly link: LinkEndpoint;
	/** Messages as they came. */
	readonly received: string[];
	readonly acknowledgements: (() => void)[];
	readonly peers: boolean[];
	/** Frames as they were written, and when. */
	readonly written: { at: number; type: FrameType; sequence: number; message: string }[];
}

/** Two ends on a wire that takes a millisecond. */
function pair(options: { acknowledge?: boolean } = {}): { time: VirtualTime; a: End; b: End; wire: { cut: boolean } } {
	const time = new VirtualTime();
	const wire = { cut: false };
	const end = (session: number, far: () => LinkEndpoint): End => {
		const received: string[] = [];
		const acknowledgements: (() => void)[] = [];
		const peers: boolean[] = [];
		const written: End["written"] = [];
		const link = new LinkEndpoint({
			session,
			timer: time,
			write(bytes) {
				const frame = decodeFrame(bytes.slice(1, -1))!;
				written.push({ at: time.now, type: frame.type, sequence: frame.sequence, message: text(frame.message) });
				if (!wire.cut) time.set(() => far().receive(bytes), 1);
			},
			onMessage(message, acknowledge) {
				received.push(text(message));
				if (options.acknowledge === false) acknowledgements.push(acknowledge);
				else acknowledge();
			},
			onPeer: (connected) => peers.push(connected),
		});
		return { link, received, acknowledgements, peers, written };
	};
	const a: End = end(0xaaaa_aaaa, () => b.link);
	const b: End = end(0xbbbb_bbbb, () => a.link);
	return { time, a, b, wire };
}

/** Two ends that have greeted each other. */
function connectedPair(options: { acknowledge?: boolean } = {}): ReturnType<typeof pair> {
	const both = pair(options);
	both.time.advance(100);
	both.a.written.length = 0;
	both.b.written.length = 0;
	return both;
}

const timesOf = (end: End, type: FrameType): number[] =>
	end.written.filter((frame) => frame.type === type).map((frame) => frame.at);

test("both ends greet each other, say so, and are then silent", () => {
	const { time, a, b } = pair();
	time.advance(100);
	expect(a.peers).toEqual([true]);
	expect(b.peers).toEqual([true]);
	expect(time.waiting).toBe(0);
	expect(a.link.statistics.framesSent).toBeLessThanOrEqual(3);
});

test("messages go both ways at once, in order, and are acknowledged in order", () => {
	const { time, a, b } = pair();
	const acknowledged: string[] = [];
	for (const name of ["1", "2", "3"]) {
		a.link.send(bytesOf(`a${name}`), () => acknowledged.push(`a${name}`));
		b.link.send(bytesOf(`b${name}`), () => acknowledged.push(`b${name}`));
	}
	expect(a.link.pending).toBe(3);
	time.advance(100);
	expect(b.received).toEqual(["a1", "a2", "a3"]);
	expect(a.received).toEqual(["b1", "b2", "b3"]);
	expect(acknowledged.filter((name) => name.startsWith("a"))).toEqual(["a1", "a2", "a3"]);
	expect(acknowledged).toHaveLength(6);
	expect(a.link.pending).toBe(0);
	expect(a.link.statistics.retransmissions).toBe(0);
	expect(time.waiting).toBe(0);
});

test("an unanswered message is sent again after 250 ms, then twice as long each time up to 4 s, for ever", () => {
	const { time, a, wire } = connectedPair();
	wire.cut = true;
	const start = time.now;
	a.link.send(bytesOf("m"));
	time.advance(20_000);
	const data = timesOf(a, FrameType.Data).map((at) => at - start);
	expect(data).toEqual([0, 250, 750, 1750, 3750, 7750, 11_750, 15_750, 19_750]);
	expect(a.link.statistics.retransmissions).toBe(8);
	time.advance(3_600_000);
	expect(timesOf(a, FrameType.Data)).toHaveLength(9 + 900);
	expect(a.link.pending).toBe(1);
});

test("silence is reported after 3.75 s, and the return of the peer delivers what waits", () => {
	const { time, a, b, wire } = connectedPair();
	wire.cut = true;
	a.link.send(bytesOf("m"));
	time.advance(3749);
	expect(a.peers).toEqual([true]);
	time.advance(1);
	expect(a.peers).toEqual([true, false]);
	wire.cut = false;
	time.advance(4001);
	expect(b.received).toEqual(["m"]);
	time.advance(1);
	expect(a.peers).toEqual([true, false, true]);
	expect(b.peers).toEqual([true]);
	expect(a.link.pending).toBe(0);
});

test("a peer that falls silent while nothing waits is noticed by a probe, 3.75 s after it, and greeted until it is back", () => {
	const { time, a, b, wire } = connectedPair();
	a.link.probe();
	time.advance(100);
	expect(timesOf(b, FrameType.Welcome).at(-1)).toBe(time.now - 99);
	expect(time.waiting).toBe(0);
	wire.cut = true;
	a.link.probe();
	time.advance(3_749);
	expect(a.peers).toEqual([true]);
	time.advance(1);
	expect(a.peers).toEqual([true, false]);
	a.link.probe();
	wire.cut = false;
	time.advance(4_002);
	expect(a.peers).toEqual([true, false, true]);
	expect(b.peers).toEqual([true]);
	expect(time.waiting).toBe(0);
});

test("a probe is no more than the message that waits, and does not hold it up", () => {
	const { time, a, b, wire } = connectedPair();
	a.link.probe();
	a.link.send(bytesOf("m"));
	a.link.probe();
	time.advance(100);
	expect(b.received).toEqual(["m"]);
	expect(a.link.pending).toBe(0);
	expect(time.waiting).toBe(0);
	wire.cut = true;
	a.link.send(bytesOf("n"));
	const start = time.now;
	a.link.probe();
	time.advance(2_000);
	expect(
		timesOf(a, FrameType.Data)
			.filter((at) => at >= start)
			.map((at) => at - start),
	).toEqual([0, 250, 750, 1750]);
	expect(timesOf(a, FrameType.Hello).filter((at) => at >= start)).toEqual([]);
});

test("a side that is alone greets after 0, 250, 750 ms and so on up to every 4 s", () => {
	const { time, a, wire } = pair();
	wire.cut = true;
	time.advance(12_000);
	expect(timesOf(a, FrameType.Hello)).toEqual([0, 250, 750, 1750, 3750, 7750, 11_750]);
	expect(a.peers).toEqual([]);
});

test("while the peer holds a message it is not sent again, only asked after, and custody ends the wait", () => {
	const { time, a, b } = connectedPair({ acknowledge: false });
	let acknowledged = 0;
	a.link.send(bytesOf("x".repeat(1600)), () => acknowledged++);
	a.link.send(bytesOf("next"));
	time.advance(60_100);
	expect(timesOf(a, FrameType.Data)).toHaveLength(1);
	expect(timesOf(a, FrameType.Query).length).toBeGreaterThan(15);
	expect(b.received).toHaveLength(1);
	expect(timesOf(a, FrameType.Query).length).toBe(timesOf(b, FrameType.Held).length - 1);
	expect(a.peers).toEqual([true]);
	expect(acknowledged).toBe(0);
	b.acknowledgements[0]!();
	time.advance(10);
	expect(acknowledged).toBe(1);
	expect(b.received.at(-1)).toBe("next");
});

test("a lost acknowledgement is asked for again, and the message is not delivered twice", () => {
	const { time, a, b, wire } = connectedPair({ acknowledge: false });
	a.link.send(bytesOf("m"));
	time.advance(100);
	wire.cut = true;
	b.acknowledgements[0]!();
	wire.cut = false;
	time.advance(1000);
	expect(a.link.pending).toBe(0);
	expect(b.received).toEqual(["m"]);
	expect(timesOf(a, FrameType.Data)).toHaveLength(1);
});

test("a repeated message is acknowledged again, not delivered again", () => {
	const { time, a, b, wire } = connectedPair();
	a.link.send(bytesOf("m"));
	time.advance(1);
	expect(b.received).toEqual(["m"]);
	wire.cut = true;
	time.advance(0);
	const copy = frameFromA(FrameType.Data, 0, "m");
	b.link.receive(copy);
	b.link.receive(copy);
	expect(b.received).toEqual(["m"]);
	expect(timesOf(b, FrameType.Acknowledge)).toHaveLength(3);
});

test("a second acknowledge, and one for an earlier life of the peer, write nothing", () => {
	const { time, a, b } = connectedPair({ acknowledge: false });
	a.link.send(bytesOf("m"));
	time.advance(10);
	b.acknowledgements[0]!();
	b.acknowledgements[0]!();
	expect(timesOf(b, FrameType.Acknowledge)).toHaveLength(1);
	time.advance(10);
	a.link.send(bytesOf("n"));
	time.advance(10);
	b.link.receive(frameFromA(FrameType.Hello, 0, "", { from: 0xcccc_cccc, to: 0 }));
	b.acknowledgements[1]!();
	expect(timesOf(b, FrameType.Acknowledge)).toHaveLength(1);
	expect(b.peers).toEqual([true, false]);
});

/** A frame as `a` would write it to `b`, or with other sessions. */
function frameFromA(
	type: FrameType,
	sequence = 0,
	message = "",
	sessions = { from: 0xaaaa_aaaa, to: 0xbbbb_bbbb },
): Uint8Array {
	return encodeFrame({ type, ...sessions, sequence, message: bytesOf(message) });
}

test("after a message that was held, the next one is sent again itself when it is lost", () => {
	const { time, a, b, wire } = connectedPair({ acknowledge: false });
	a.link.send(bytesOf("m"));
	time.advance(300);
	a.link.send(bytesOf("n"));
	b.acknowledgements[0]!();
	wire.cut = true;
	time.advance(200);
	wire.cut = false;
	expect(b.received).toEqual(["m"]);
	time.advance(100);
	expect(b.received).toEqual(["m", "n"]);
	expect(timesOf(a, FrameType.Query)).toHaveLength(1);
});

test("a peer that is asked for a message it never had says hello, and gets it once more", () => {
	const { time, a, b } = connectedPair({ acknowledge: false });
	b.link.receive(frameFromA(FrameType.Query, 9));
	expect(timesOf(b, FrameType.Hello)).toHaveLength(1);
	a.link.send(bytesOf("m"));
	time.advance(10);
	a.link.receive(frameFromA(FrameType.Hello, 0, "", { from: 0xbbbb_bbbb, to: 0xaaaa_aaaa }));
	time.advance(250);
	expect(timesOf(a, FrameType.Data)).toHaveLength(2);
	expect(b.received).toEqual(["m"]);
});

test("a message whose number is out of turn is dropped", () => {
	const { b } = connectedPair({ acknowledge: false });
	b.link.receive(frameFromA(FrameType.Data, 7, "m"));
	b.link.receive(frameFromA(FrameType.Data, 8, "before custody of 7"));
	b.acknowledgements[0]!();
	b.link.receive(frameFromA(FrameType.Data, 9, "skips 8"));
	b.link.receive(frameFromA(FrameType.Data, 8, "n"));
	expect(b.received).toEqual(["m", "n"]);
	expect(b.link.statistics.framesDropped).toBe(2);
});

test("somebody who forges a number does not make a side deaf: the peer's own number is taken when it insists", () => {
	const { b } = connectedPair();
	b.link.receive(frameFromA(FrameType.Data, 4_000, "forged"));
	for (let tries = 0; tries < 3; tries++) b.link.receive(frameFromA(FrameType.Data, 8, "the peer's"));
	b.link.receive(frameFromA(FrameType.Data, 9, "and the next"));
	expect(b.received).toEqual(["forged", "the peer's", "and the next"]);
});

test("numbers go on from 65,535 to 0", () => {
	const { b } = connectedPair();
	b.link.receive(frameFromA(FrameType.Data, 65_535, "m"));
	b.link.receive(frameFromA(FrameType.Data, 0, "n"));
	expect(b.received).toEqual(["m", "n"]);
});

test("66,000 messages each way, all different, arrive once and in order: past the 256th and the 65,536th too", () => {
	const { time, a, b } = connectedPair();
	let received = 0;
	const drain = (end: End, from: string) => {
		const came = end.received.splice(0).join();
		if (came !== `${from}${received}`) throw new Error(`"${came}" came instead of ${from}${received}.`);
		end.written.length = 0;
	};
	for (; received < 66_000; received++) {
		a.link.send(bytesOf(`a${received}`));
		b.link.send(bytesOf(`b${received}`));
		time.advance(4);
		drain(b, "a");
		drain(a, "b");
	}
	expect([a.link.pending, b.link.pending]).toEqual([0, 0]);
	const { framesDropped, retransmissions } = a.link.statistics;
	expect({ framesDropped, retransmissions }).toEqual({ framesDropped: 0, retransmissions: 0 });
	expect(time.waiting).toBe(0);
});

test("an acknowledgement of nothing changes nothing", () => {
	const { time, a, b } = connectedPair();
	b.link.receive(frameFromA(FrameType.Acknowledge, 0));
	b.link.receive(frameFromA(FrameType.Held, 0));
	b.link.send(bytesOf("m"));
	time.advance(10);
	expect(a.received).toEqual(["m"]);
	expect(b.written.map((frame) => frame.sequence)).toEqual([0]);
});

test.each([
	["a stranger that knows this session", 0xbbbb_bbbb],
	["a stranger that knows nobody", 0],
])("after noise that looked like %s, both sides find each other again", (_name, to) => {
	const { time, a, b } = connectedPair();
	b.link.receive(frameFromA(FrameType.Hello, 0, "", { from: 0x1234, to }));
	a.link.send(bytesOf("m"));
	b.link.send(bytesOf("n"));
	time.advance(1000);
	expect(b.received).toEqual(["m"]);
	expect(a.received).toEqual(["n"]);
	expect(b.peers.at(-1)).toBe(true);
});

test("a frame of the longest size is read, and one with bytes more is not", () => {
	const { b } = connectedPair();
	const frame = frameFromA(FrameType.Data, 0, "x".repeat(1600));
	b.link.receive(Uint8Array.from([...frame.slice(0, -1), 1, 1, 1, 1, 1, 1, 1, 1, 0]));
	expect(b.received).toHaveLength(0);
	b.link.receive(frame);
	expect(b.received).toHaveLength(1);
});

test("16 messages may wait; the 17th is refused as an overrun and the others still arrive", () => {
	const { time, a, b } = pair();
	for (let index = 0; index < 16; index++) a.link.send(bytesOf(String(index)));
	expect(a.link.pending).toBe(16);
	let refusal: unknown;
	try {
		a.link.send(bytesOf("too many"));
	} catch (error) {
		refusal = error;
	}
	expect(refusal).toBeInstanceOf(HardwareError);
	expect(refusal).toMatchObject({ kind: "overrun" });
	time.advance(1000);
	expect(b.received).toEqual(Array.from({ length: 16 }, (_, index) => String(index)));
	expect(a.link.pending).toBe(0);
});

test("1,600 bytes and none at all arrive, 1,601 are refused", () => {
	const { time, a, b } = pair();
	a.link.send(new Uint8Array(1600));
	a.link.send(new Uint8Array(1600).fill(255));
	a.link.send(new Uint8Array(0));
	expect(() => a.link.send(new Uint8Array(1601))).toThrow(RangeError);
	time.advance(100);
	expect(b.received).toEqual(["\0".repeat(1600), "\xff".repeat(1600), ""]);
});

test("a message may be changed by its owner once it was accepted", () => {
	const { time, a, b } = pair();
	const message = bytesOf("good");
	a.link.send(message);
	message.fill(0);
	time.advance(100);
	expect(b.received).toEqual(["good"]);
});

test("bytes arrive in pieces of any size, and noise before, between and after frames costs no frame", () => {
	const { time, a, b, wire } = connectedPair();
	wire.cut = true;
	a.link.send(bytesOf("m"));
	const frame = frameFromA(FrameType.Data, 0, "m");
	const second = frameFromA(FrameType.Data, 1, "n");
	for (const byte of [1, 2, 3, ...frame, 0, 0, 255, 254, 0, 9, ...new Uint8Array(5000).fill(7), ...second]) {
		b.link.receive(Uint8Array.of(byte));
	}
	expect(b.received).toEqual(["m", "n"]);
	expect(b.link.statistics.framesDropped).toBe(3);
	time.advance(0);
});

test("an end that hears itself does not take itself for a peer", () => {
	const time = new VirtualTime();
	const peers: boolean[] = [];
	const link: LinkEndpoint = new LinkEndpoint({
		session: 5,
		timer: time,
		write: (bytes) => link.receive(bytes),
		onMessage: () => expect.unreachable(),
		onPeer: (connected) => peers.push(connected),
	});
	link.send(bytesOf("m"));
	time.advance(10_000);
	expect(peers).toEqual([]);
	expect(link.pending).toBe(1);
	expect(link.statistics.framesReceived).toBe(0);
});

test("on a wire that answers at once, no message comes inside the handling of another", () => {
	const time = new VirtualTime();
	const received: string[] = [];
	const options = (session: number, far: () => LinkEndpoint, answer: boolean): LinkEndpointOptions => {
		let handling = false;
		return {
			session,
			timer: time,
			write: (bytes) => far().receive(bytes),
			onMessage(message, acknowledge) {
				expect(handling).toBe(false);
				handling = true;
				received.push(text(message));
				acknowledge();
				if (answer) b.send(bytesOf(`re ${text(message)}`));
				handling = false;
			},
		};
	};
	const a: LinkEndpoint = new LinkEndpoint(options(1, () => b, false));
	const b: LinkEndpoint = new LinkEndpoint(options(2, () => a, true));
	for (let index = 0; index < 5; index++) a.send(bytesOf(String(index)));
	time.advance(1000);
	expect(received.filter((message) => !message.startsWith("re"))).toEqual(["0", "1", "2", "3", "4"]);
	expect(received.filter((message) => message.startsWith("re"))).toEqual(["re 0", "re 1", "re 2", "re 3", "re 4"]);
});

test("a closed end writes, delivers and calls nothing, and refuses to send", () => {
	const { time, a, b } = connectedPair();
	b.link.send(bytesOf("m"));
	a.link.send(bytesOf("n"), () => expect.unreachable());
	a.link.close();
	a.link.close();
	time.advance(10_000);
	expect(a.received).toEqual([]);
	expect(a.written).toHaveLength(1);
	expect(a.link.pending).toBe(0);
	expect(() => a.link.send(bytesOf("x"))).toThrow(/closed/);
});

test("a session that is no unsigned 32-bit number is refused, and 0 counts as 1", () => {
	const time = new VirtualTime();
	const written: Uint8Array[] = [];
	const options = { timer: time, write: (bytes: Uint8Array) => void written.push(bytes), onMessage: () => undefined };
	for (const session of [-1, 2 ** 32, 0.5, Number.NaN])
		expect(() => new LinkEndpoint({ ...options, session })).toThrow(RangeError);
	new LinkEndpoint({ ...options, session: 0 });
	time.advance(0);
	expect(decodeFrame(written[0]!.slice(1, -1))!.from).toBe(1);
});

/** What a wire does to frames, in per mille of them. */
interface Faults {
	drop: number;
	garble: number;
	duplicate: number;
	noise: number;
	cutShort: number;
}

/** Garbled, but the frame check holds: one in 65,536 of them. Only an envelope's seal finds these, and there is none here. */
function readsAsAnother(carried: Uint8Array, sent: Uint8Array): boolean {
	const good = Buffer.from(sent.slice(1, -1));
	for (let start = 0, index = 0; index < carried.length; index++) {
		if (carried[index] !== 0) continue;
		const piece = carried.slice(start, index);
		if (decodeFrame(piece) !== undefined && !good.equals(piece)) return true;
		start = index + 1;
	}
	return false;
}

/** One direction of a bad wire: 115,200 baud, in pieces, never reordered. */
class BadWire {
	faults: Faults;
	readonly #time: VirtualTime;
	readonly #below: (below: number) => number;
	readonly #deliver: (bytes: Uint8Array) => void;
	#freeAt = 0;

	constructor(
		time: VirtualTime,
		below: (below: number) => number,
		faults: Faults,
		deliver: (bytes: Uint8Array) => void,
	) {
		this.#time = time;
		this.#below = below;
		this.faults = faults;
		this.#deliver = deliver;
	}

	write(bytes: Uint8Array): void {
		const happens = (perMille: number): boolean => this.#below(1000) < perMille;
		if (happens(this.faults.noise)) this.#carry(Uint8Array.from({ length: this.#below(30) }, () => this.#below(256)));
		if (happens(this.faults.drop)) return;
		let carried = bytes.slice();
		if (happens(this.faults.garble)) {
			for (let count = 1 + this.#below(6); count > 0; count--) {
				const at = this.#below(carried.length);
				carried[at] = carried[at]! ^ (1 << this.#below(8));
			}
		}
		if (happens(this.faults.cutShort))
			carried = carried.slice(this.#below(carried.length), this.#below(carried.length) + 1);
		if (readsAsAnother(carried, bytes)) return;
		this.#carry(carried);
		if (happens(this.faults.duplicate)) this.#carry(carried);
	}

	#carry(bytes: Uint8Array): void {
		for (let start = 0; start < bytes.length; ) {
			const piece = bytes.slice(start, start + 1 + this.#below(200));
			start += piece.length;
			this.#freeAt = Math.max(this.#freeAt, this.#time.now) + piece.length / 11.52;
			this.#time.set(() => this.#deliver(piece), this.#freeAt - this.#time.now);
		}
	}
}

const sound: Faults = { drop: 0, garble: 0, duplicate: 0, noise: 0, cutShort: 0 };
const arbitraryFaults: fc.Arbitrary<Faults> = fc.record({
	drop: fc.nat(300),
	garble: fc.nat(200),
	duplicate: fc.nat(200),
	noise: fc.nat(200),
	cutShort: fc.nat(100),
});

/** One side of a run: it lives several lives, and what it took custody of outlives them. */
class Side {
	link!: LinkEndpoint;
	life = 0;
	/** Messages that the link accepted, by the life that sent them. */
	readonly accepted: string[][] = [];
	/** Messages of the other side in the order that they were delivered. */
	readonly delivered: string[] = [];
	readonly taken = new Set<string>();
	readonly acknowledged: string[] = [];
	readonly #time: VirtualTime;
	readonly #below: (below: number) => number;
	readonly #name: string;
	readonly #write: (bytes: Uint8Array) => void;
	#number = 0;

	constructor(name: string, time: VirtualTime, below: (below: number) => number, write: (bytes: Uint8Array) => void) {
		this.#name = name;
		this.#time = time;
		this.#below = below;
		this.#write = write;
		this.start();
	}

	start(): void {
		this.link?.close();
		this.accepted.push([]);
		const life = ++this.life;
		this.link = new LinkEndpoint({
			session: 1 + this.#below(0xffff_fffe),
			timer: this.#time,
			write: this.#write,
			onMessage: (bytes, acknowledge) => {
				const message = text(bytes);
				this.delivered.push(message);
				const take = (): void => {
					// Custody is taken by a program that is alive.
					if (life !== this.life) return;
					this.taken.add(message);
					acknowledge();
				};
				if (this.#below(3) === 0) take();
				else this.#time.set(take, this.#below(3000));
			},
		});
	}

	send(): void {
		if (this.link.pending >= 16) return;
		const size = this.#below(4) === 0 ? this.#below(1600) : this.#below(60);
		const message = `${this.#name}${this.life}.${this.#number++}:`.padEnd(size, String.fromCharCode(this.#below(256)));
		this.link.send(bytesOf(message), () => this.acknowledged.push(message));
		this.accepted[this.life - 1]!.push(message);
	}
}

function run(seed: number, faults: Faults, restarts: number): { a: Side; b: Side; time: VirtualTime } {
	const time = new VirtualTime();
	const below = generator(seed);
	const toB = new BadWire(time, below, faults, (bytes) => b.link.receive(bytes));
	const toA = new BadWire(time, below, faults, (bytes) => a.link.receive(bytes));
	const a: Side = new Side("a", time, below, (bytes) => toB.write(bytes));
	const b: Side = new Side("b", time, below, (bytes) => toA.write(bytes));
	for (let index = 0; index < 15; index++) {
		time.set(() => a.send(), below(30_000));
		time.set(() => b.send(), below(30_000));
	}
	for (let index = 0; index < restarts; index++) {
		const side = below(2) === 0 ? a : b;
		time.set(() => side.start(), below(40_000));
	}
	time.advance(40_000);
	toA.faults = sound;
	toB.faults = sound;
	time.advance(200_000);
	return { a, b, time };
}

/** With repeats of the message before taken out. */
const once = (messages: readonly string[]): string[] =>
	messages.filter((message, index) => message !== messages[index - 1]);

test("on a wire that loses, garbles, repeats, cuts and adds, every message is delivered exactly once, in order", () => {
	let retransmissions = 0;
	let dropped = 0;
	fc.assert(
		fc.property(fc.integer(), arbitraryFaults, (seed, faults) => {
			const { a, b, time } = run(seed, faults, 0);
			expect(b.delivered).toEqual(a.accepted[0]);
			expect(a.delivered).toEqual(b.accepted[0]);
			expect(a.acknowledged).toEqual(a.accepted[0]);
			expect(b.acknowledged).toEqual(b.accepted[0]);
			expect(a.taken.size + b.taken.size).toBe(30);
			// Nothing is left to do, and nothing is repeated for its own sake.
			expect(time.waiting).toBe(0);
			retransmissions += a.link.statistics.retransmissions;
			dropped += a.link.statistics.framesDropped;
		}),
		{ seed: 20, numRuns: 200 },
	);
	expect(retransmissions).toBeGreaterThan(500);
	expect(dropped).toBeGreaterThan(500);
});

test("whoever restarts, and whenever: nothing that a living sender accepted is lost, nothing is made up, nothing overtakes", () => {
	let repeats = 0;
	fc.assert(
		fc.property(fc.integer(), arbitraryFaults, fc.integer({ min: 1, max: 6 }), (seed, faults, restarts) => {
			const { a, b, time } = run(seed, faults, restarts);
			for (const [sender, receiver] of [
				[a, b],
				[b, a],
			] as const) {
				const sent = sender.accepted.flat();
				const came = once(receiver.delivered);
				repeats += receiver.delivered.length - came.length;
				// In the order in which they were sent, each once but for the repeats of the one on its way.
				expect(came).toEqual(sent.filter((message) => came.includes(message)));
				// The last life never restarted: all of it arrived, and its receiver took custody.
				for (const message of sender.accepted.at(-1)!) expect(receiver.taken.has(message)).toBe(true);
				// What was reported as taken was taken.
				for (const message of sender.acknowledged) expect(receiver.taken.has(message)).toBe(true);
				expect(sender.link.pending).toBe(0);
			}
			expect(time.waiting).toBe(0);
		}),
		{ seed: 21, numRuns: 300 },
	);
	expect(repeats).toBeGreaterThan(20);
});
