import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { I2C, I2COptions } from "@visionvend/sdk/device/io/i2c";
import { expect, test } from "vitest";
import { checkedI2C } from "./checked-i2c.ts";

class DeafI2C implements I2C {
	closed = false;
	readonly options: I2COptions;
	constructor(options: I2COptions) {
		this.options = options;
	}
	read(): ArrayBuffer {
		throw new Error("read failed");
	}
	write(buffer: ArrayBuffer | Uint8Array): void {
		if (buffer.byteLength > 1) throw new Error("write failed");
	}
	close(): void {
		this.closed = true;
	}
}

test("a part that does not answer is a HardwareError that names bus and address", () => {
	const Checked = checkedI2C(DeafI2C);
	const display = new Checked({ data: 10, clock: 11, hz: 400_000, address: 0x3c });
	display.write(Uint8Array.of(1));
	for (const attempt of [() => display.read(1), () => display.write(Uint8Array.of(1, 2))]) {
		expect(attempt).toThrow(HardwareError);
		expect(attempt).toThrow(/address 60 on data 10, clock 11/);
	}
	display.close();
});

test("a transaction ends with a stop unless the caller says otherwise", () => {
	const stops: (boolean | undefined)[] = [];
	class Recorder implements I2C {
		read(_byteLength: number, stop?: boolean): ArrayBuffer {
			stops.push(stop);
			return new ArrayBuffer(0);
		}
		write(_buffer: ArrayBuffer | Uint8Array, stop?: boolean): void {
			stops.push(stop);
		}
		close(): void {
			stops.length = 0;
		}
	}
	const i2c = new (checkedI2C(Recorder))({ data: 10, clock: 11, hz: 400_000, address: 0x3c });
	i2c.write(Uint8Array.of(1));
	i2c.read(1);
	i2c.write(Uint8Array.of(1), false);
	i2c.read(1, false);
	// Moddable takes an argument that is there and undefined for false.
	expect(stops).toEqual([true, true, false, false]);
});
