import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { errno } from "./abi/errno.ts";
import { lineEventLayout } from "./abi/gpio.ts";
import { decodeRevents, encodePollfds, POLLIN } from "./abi/poll.ts";
import type { EdgeOrder, EdgeReport, EdgeWorkerData } from "./edge-message.ts";
import { loadLibC } from "./libc.ts";

/*
	The thread that waits for edges. It sleeps in poll(2), so that an edge is read at once, however busy the program is,
	and the kernel's small buffer of events does not run over.
*/

/** The thread looks up this often even without edges: Node ends a thread between two calls only. */
const pollTimeoutMs = 200;
/** As many events as the kernel keeps for one line (16, include/uapi/linux/gpio.h, event_buffer_size). */
const buffer = new Uint8Array(16 * lineEventLayout.size);

const port = parentPort;
if (port === null) throw new Error("edge-worker.ts is a worker thread; it is started by edge-watcher.ts.");
const { wakeFd, done }: EdgeWorkerData = workerData;
const ordersDone = new Int32Array(done);
const libc = loadLibC();
const watched = new Map<number, number>();

for (let running = true; running; ) {
	const lines = [...watched];
	const pollfds = encodePollfds([wakeFd, ...lines.map(([, fd]) => fd)]);
	const ready = libc.poll(pollfds, 1 + lines.length, pollTimeoutMs);
	if (ready < 0 && libc.errno() !== errno.EINTR) throw new Error(`poll failed with errno ${libc.errno()}`);
	if (ready <= 0) continue;

	if (decodeRevents(pollfds, 0) !== 0) {
		// Orders come before edges: after "forget" the descriptor is the program's again, and may soon be another file.
		libc.read(wakeFd, buffer, buffer.length);
		for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
			const order: EdgeOrder = next.message;
			if (order.kind === "watch") watched.set(order.id, order.fd);
			else if (order.kind === "forget") watched.delete(order.id);
			else running = false;
			Atomics.add(ordersDone, 0, 1);
			Atomics.notify(ordersDone, 0);
		}
		// What this poll found may be about a line that is forgotten by now.
		continue;
	}

	for (const [index, [id, fd]] of lines.entries()) {
		const found = decodeRevents(pollfds, index + 1);
		if (found === 0) continue;
		const length = (found & POLLIN) === 0 ? 0 : libc.read(fd, buffer, buffer.length);
		if (length < lineEventLayout.size) {
			throw new Error(
				`The GPIO line behind descriptor ${fd} is gone (poll answered ${found}). Was the chip unplugged?`,
			);
		}
		const report: EdgeReport = { id, events: buffer.slice(0, length) };
		port.postMessage(report);
	}
}
libc.close(wakeFd);
port.close();
