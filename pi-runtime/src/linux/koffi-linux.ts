import { readdirSync, realpathSync } from "node:fs";
import { systemClock } from "@visionvend/sdk/clock";
import { clockTimer } from "../link/clock-timer.ts";
import { EdgeWatcher } from "./edge-watcher.ts";
import { type LibC, loadLibC } from "./libc.ts";
import type { KernelMemory, LinuxSystem } from "./linux-system.ts";
import { openSerialLine } from "./serial-line.ts";

/**
 * The kernel of this computer. Throws where there is none that we know, or no koffi.
 *
 * `edgeWorker` is the built `edge-worker.js`; it is needed where this module itself runs unbuilt.
 */
export function openKoffiLinux(options: { readonly edgeWorker?: URL } = {}): LinuxSystem {
	const libc = loadLibC();
	const edges = new EdgeWatcher(libc, options.edgeWorker ?? new URL("./edge-worker.js", import.meta.url));
	const answer = (result: number): number => (result < 0 ? -libc.errno() : result);
	return {
		timer: clockTimer(systemClock),
		open: (path, flags) => answer(libc.open(path, flags)),
		close: (fd) => void libc.close(fd),
		read: (fd, bytes) => answer(libc.read(fd, bytes, bytes.length)),
		write: (fd, bytes) => answer(libc.write(fd, bytes, bytes.length)),
		ioctl(fd, request, memory) {
			fillInAddresses(libc, memory);
			return answer(libc.ioctl(fd, request, memory.bytes));
		},
		list: (folder) => unlessAbsent(() => readdirSync(folder)) ?? [],
		realPath: (path) => unlessAbsent(() => realpathSync(path)),
		pause(milliseconds) {
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
		},
		watchEdges: (fd, listener) => edges.watch(fd, listener),
		openSerial: openSerialLine,
	};
}

function fillInAddresses(libc: LibC, { bytes, pointers = [] }: KernelMemory): void {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	for (const { offset, target } of pointers) {
		fillInAddresses(libc, target);
		view.setBigUint64(offset, target.bytes.length === 0 ? 0n : libc.address(target.bytes), true);
	}
}

function unlessAbsent<Value>(look: () => Value): Value | undefined {
	try {
		return look();
	} catch (error) {
		if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
			return undefined;
		throw error;
	}
}
