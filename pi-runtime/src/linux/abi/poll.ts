/*
	poll(2): include/uapi/asm-generic/poll.h.
	struct pollfd { int fd; short events; short revents; }
*/
export const POLLIN = 0x0001;
export const POLLERR = 0x0008;
export const POLLHUP = 0x0010;
export const POLLNVAL = 0x0020;

export const pollfdLayout = Object.freeze({ size: 8, fd: 0, events: 4, revents: 6 });

/** An array of `struct pollfd` that waits for `POLLIN` on each descriptor. */
export function encodePollfds(descriptors: readonly number[]): Uint8Array {
	const bytes = new Uint8Array(descriptors.length * pollfdLayout.size);
	const view = new DataView(bytes.buffer);
	for (const [index, fd] of descriptors.entries()) {
		view.setInt32(index * pollfdLayout.size + pollfdLayout.fd, fd, true);
		view.setInt16(index * pollfdLayout.size + pollfdLayout.events, POLLIN, true);
	}
	return bytes;
}

/** What poll(2) found for descriptor number `index`. */
export function decodeRevents(pollfds: Uint8Array, index: number): number {
	const view = new DataView(pollfds.buffer, pollfds.byteOffset, pollfds.byteLength);
	return view.getInt16(index * pollfdLayout.size + pollfdLayout.revents, true);
}
