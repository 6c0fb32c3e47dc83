import { once } from "node:events";
import { closeSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { errno } from "./abi/errno.ts";
import { openFlags } from "./abi/fcntl.ts";
import { decodeLineEvents, GPIO_GET_CHIPINFO_IOCTL, lineEventLayout } from "./abi/gpio.ts";
import { encodeTransaction, I2C_RDWR } from "./abi/i2c-dev.ts";
import { decodeRevents, encodePollfds, POLLIN } from "./abi/poll.ts";
import { openKoffiLinux } from "./koffi-linux.ts";
import { type LibC, loadLibC } from "./libc.ts";

/** The thread is a file of its own, and Node runs built ones only. */
const edgeWorker = new URL("../../dist/linux/edge-worker.js", import.meta.url);
const canRun = process.platform === "linux" && (process.arch === "x64" || process.arch === "arm64");
const skipped = canRun ? "" : ` (skipped: ${process.platform} on ${process.arch})`;
const isBuilt = existsSync(fileURLToPath(edgeWorker));
const skippedThread = !canRun ? skipped : isBuilt ? "" : " (skipped: run npm run build first)";

function pipe(libc: LibC): { readonly read: number; readonly write: number } {
	const ends = new Int32Array(2);
	expect(libc.pipe2(ends, openFlags.O_CLOEXEC)).toBe(0);
	const [read = -1, write = -1] = ends;
	return { read, write };
}

function event(line: number, sequence: number): Uint8Array {
	const bytes = new Uint8Array(lineEventLayout.size);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(lineEventLayout.timestampNs, 123_456_789_012n, true);
	view.setUint32(lineEventLayout.id, 1, true);
	view.setUint32(lineEventLayout.offset, line, true);
	view.setUint32(lineEventLayout.lineSeqno, sequence, true);
	return bytes;
}

test.skipIf(!canRun)(`files are opened, read, written and closed through the C library${skipped}`, () => {
	const system = openKoffiLinux();
	const fd = system.open("/dev/null", openFlags.O_RDWR | openFlags.O_CLOEXEC);
	expect(fd).toBeGreaterThan(2);
	expect(system.write(fd, Uint8Array.of(1, 2, 3))).toBe(3);
	expect(system.read(fd, new Uint8Array(8))).toBe(0);
	system.close(fd);
	expect(system.read(fd, new Uint8Array(8))).toBe(-errno.EBADF);
	const zero = system.open("/dev/zero", openFlags.O_RDONLY);
	const bytes = Uint8Array.of(9, 9, 9);
	expect(system.read(zero, bytes)).toBe(3);
	expect(bytes).toEqual(new Uint8Array(3));
	system.close(zero);
});

test.skipIf(!canRun)(`a call that fails answers -errno${skipped}`, () => {
	const system = openKoffiLinux();
	expect(system.open("/dev/no-such-device", openFlags.O_RDWR)).toBe(-errno.ENOENT);
	const fd = system.open("/dev/null", openFlags.O_RDWR);
	expect(system.ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, { bytes: new Uint8Array(68) })).toBe(-errno.ENOTTY);
	const messages = [
		{ address: 0x29, bytes: Uint8Array.of(0xc0), read: false },
		{ address: 0x29, bytes: new Uint8Array(2), read: true },
	];
	expect(system.ioctl(fd, I2C_RDWR, encodeTransaction(messages))).toBe(-errno.ENOTTY);
	system.close(fd);
	expect(system.list("/no/such/folder")).toEqual([]);
	expect(system.list("/dev")).toContain("null");
	expect([system.realPath("/no/such/file"), system.realPath("/dev/../dev/null")]).toEqual([undefined, "/dev/null"]);
});

test.skipIf(!canRun)(
	`pointers of a structure hold the addresses of its buffers when the call is made${skipped}`,
	() => {
		const libc = loadLibC();
		const system = openKoffiLinux();
		const fd = system.open("/dev/null", openFlags.O_RDWR);
		const buffer = Uint8Array.of(0xc0);
		const memory = encodeTransaction([{ address: 0x29, bytes: buffer, read: false }]);
		system.ioctl(fd, I2C_RDWR, memory);
		system.close(fd);
		const array = memory.pointers?.[0]?.target.bytes ?? new Uint8Array(0);
		expect(new DataView(memory.bytes.buffer).getBigUint64(0, true)).toBe(libc.address(array));
		expect(new DataView(array.buffer).getBigUint64(8, true)).toBe(libc.address(buffer));
	},
);

test.skipIf(!canRun)(`poll tells which pipe has something to read${skipped}`, () => {
	const libc = loadLibC();
	const quiet = pipe(libc);
	const busy = pipe(libc);
	const pollfds = encodePollfds([quiet.read, busy.read]);
	expect(libc.poll(pollfds, 2, 0)).toBe(0);
	libc.write(busy.write, Uint8Array.of(1), 1);
	expect(libc.poll(pollfds, 2, 0)).toBe(1);
	expect([decodeRevents(pollfds, 0), decodeRevents(pollfds, 1)]).toEqual([0, POLLIN]);
	for (const fd of [quiet.read, quiet.write, busy.read, busy.write]) libc.close(fd);
});

test.skipIf(!canRun || !isBuilt)(
	`the thread posts the events of each line, and lets go of a line at once${skippedThread}`,
	async () => {
		const libc = loadLibC();
		const system = openKoffiLinux({ edgeWorker });
		const [first, second] = [pipe(libc), pipe(libc)];
		const heard: string[] = [];
		let wanted = 0;
		let done: () => void = () => undefined;
		const heardAll = (count: number): Promise<void> => {
			wanted = count;
			return new Promise((resolve) => {
				done = resolve;
				if (heard.length >= wanted) resolve();
			});
		};
		const hear =
			(name: string) =>
			(bytes: Uint8Array): void => {
				for (const { line, sequence, timestampNs, rising } of decodeLineEvents(bytes))
					heard.push(`${name} ${line} ${sequence} ${timestampNs} ${rising}`);
				if (heard.length >= wanted) done();
			};
		const forgetFirst = system.watchEdges(first.read, hear("first"));
		const forgetSecond = system.watchEdges(second.read, hear("second"));
		libc.write(first.write, event(17, 1), lineEventLayout.size);
		libc.write(first.write, event(17, 2), lineEventLayout.size);
		expect(heard).toEqual([]); // never from inside a call
		await heardAll(2);
		libc.write(second.write, event(27, 1), lineEventLayout.size);
		await heardAll(3);
		expect(heard).toEqual([
			"first 17 1 123456789012 true",
			"first 17 2 123456789012 true",
			"second 27 1 123456789012 true",
		]);

		forgetFirst();
		forgetFirst();
		libc.write(first.write, event(17, 3), lineEventLayout.size);
		libc.write(second.write, event(27, 2), lineEventLayout.size);
		await heardAll(4);
		expect(heard.at(-1)).toBe("second 27 2 123456789012 true");
		// The event is still in the pipe: nobody read it for a listener that is gone.
		expect(libc.poll(encodePollfds([first.read]), 1, 0)).toBe(1);
		forgetSecond();

		// The thread has ended; the next line starts a new one.
		const forgetThird = system.watchEdges(first.read, hear("third"));
		await heardAll(5);
		expect(heard.at(-1)).toBe("third 17 3 123456789012 true");
		forgetThird();
		for (const fd of [first.read, first.write, second.read, second.write]) closeSync(fd);
	},
);

test.skipIf(!canRun || !isBuilt)(
	`a line that is gone ends the thread with an error that names it${skippedThread}`,
	async () => {
		const libc = loadLibC();
		const wake = pipe(libc);
		const line = pipe(libc);
		const worker = new Worker(edgeWorker, { workerData: { wakeFd: wake.read, done: new SharedArrayBuffer(4) } });
		const failed = once(worker, "error");
		worker.postMessage({ kind: "watch", id: 1, fd: line.read });
		libc.write(wake.write, Uint8Array.of(0), 1);
		libc.close(line.write); // POLLHUP
		const [error] = await failed;
		expect(String(error)).toMatch(/The GPIO line behind descriptor \d+ is gone/);
		for (const fd of [wake.read, wake.write, line.read]) libc.close(fd);
	},
);

test.skipIf(!canRun)(`a serial device that is not there is told by its listener, later${skipped}`, async () => {
	const system = openKoffiLinux();
	let failedEarly = true;
	const message = await new Promise<string>((resolve) => {
		const line = system.openSerial("/dev/no-such-tty", 115_200, {
			onOpen: () => resolve("opened"),
			onData: () => resolve("data"),
			onFailure: (why) => resolve(`${failedEarly} ${why}`),
		});
		line.write(Uint8Array.of(1), () => resolve("sent"));
		failedEarly = false;
	});
	expect(message).toMatch(/^false .*no-such-tty/);
});
