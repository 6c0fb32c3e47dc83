import type { Serial, SerialOptions } from "@visionvend/sdk/device/io/serial";
import { expect, test } from "vitest";
import { bufferedSerial } from "./buffered-serial.ts";

/** A UART as Moddable gives it on an ESP32: 128 bytes, and an error for what does not fit. */
class SmallSerial implements Serial {
	static latest: SmallSerial | undefined;
	readonly options: SerialOptions;
	readonly sent: number[] = [];
	unsent = 0;
	closed = false;

	constructor(options: SerialOptions) {
		this.options = options;
		SmallSerial.latest = this;
	}

	read(): ArrayBuffer | undefined {
		return Uint8Array.of(1, 2, 3).buffer;
	}

	write(buffer: ArrayBuffer | Uint8Array): void {
		const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
		if (bytes.length > 128 - this.unsent) throw new Error("output full");
		this.unsent += bytes.length;
		this.sent.push(...bytes);
	}

	close(): void {
		this.closed = true;
	}

	/** Bits leave the chip. */
	transmit(): void {
		this.unsent = 0;
		this.options.onWritable?.call(this, 128);
	}
}

function open(options: Partial<SerialOptions> = {}) {
	const Buffered = bufferedSerial(SmallSerial, 1);
	const serial = new Buffered({ receive: 18, transmit: 17, baud: 115_200, ...options });
	const uart = SmallSerial.latest!;
	return { serial, uart };
}

test("a message that is longer than the UART's buffer leaves whole and in order", () => {
	const { serial, uart } = open();
	const message = Uint8Array.from({ length: 1_600 }, (_, index) => index & 0xff);
	serial.write(message);
	serial.write(Uint8Array.of(9));
	for (let turn = 0; turn < 14; turn++) uart.transmit();
	expect(uart.sent).toEqual([...message, 9]);
});

test("what the caller does to its buffer later does not change what is sent", () => {
	const { serial, uart } = open();
	const message = Uint8Array.of(1, 2, 3);
	serial.write(message);
	message.fill(0);
	uart.transmit();
	expect(uart.sent).toEqual([1, 2, 3]);
});

test("a full buffer throws an overrun and keeps what it has", () => {
	const { serial, uart } = open();
	serial.write(new Uint8Array(4_096));
	expect(() => serial.write(Uint8Array.of(1))).toThrow(expect.objectContaining({ kind: "overrun" }));
	for (let turn = 0; turn < 33; turn++) uart.transmit();
	expect(uart.sent).toHaveLength(4_096);
	serial.write(Uint8Array.of(1));
	uart.transmit();
	expect(uart.sent).toHaveLength(4_097);
});

test("it opens the port that it was made for, passes on what comes in, and tells when all has left", () => {
	const readable: number[] = [];
	const writable: number[] = [];
	const { serial, uart } = open({
		onReadable: (bytes) => readable.push(bytes),
		onWritable: (bytes) => writable.push(bytes),
	});
	expect(uart.options).toMatchObject({ port: 1, receive: 18, transmit: 17, baud: 115_200, format: "buffer" });
	uart.options.onReadable?.call(uart, 3);
	expect(readable).toEqual([3]);
	expect(new Uint8Array(serial.read()!)).toEqual(Uint8Array.of(1, 2, 3));
	serial.write(new Uint8Array(200));
	uart.transmit();
	expect(writable).toEqual([]);
	uart.transmit();
	expect(writable).toEqual([4_096]);
	serial.write(new Uint8Array(10));
	serial.close();
	uart.transmit();
	expect(uart.closed).toBe(true);
});
