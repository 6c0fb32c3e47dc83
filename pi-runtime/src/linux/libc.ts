import { createRequire } from "node:module";

/** The system calls that node:fs does not have. Each answers as in C: -1 for failure, and `errno` tells why. */
export interface LibC {
	open(path: string, flags: number): number;
	close(fd: number): number;
	read(fd: number, bytes: Uint8Array, byteLength: number): number;
	write(fd: number, bytes: Uint8Array, byteLength: number): number;
	ioctl(fd: number, request: number, argument: Uint8Array): number;
	poll(pollfds: Uint8Array, count: number, timeoutMs: number): number;
	/** Fills in the descriptors of the two ends, reading end first. */
	pipe2(descriptors: Int32Array, flags: number): number;
	/** Why the call before failed. */
	errno(): number;
	/** Where bytes lie. They stay there for as long as the array lives. */
	address(bytes: Uint8Array): bigint;
}

/**
 * The C library of this process, through koffi. Loaded when it is first asked for, since a simulation never needs it.
 * Throws one sentence where it cannot work: another system, a 32-bit one, or no koffi.
 */
export function loadLibC(): LibC {
	const { platform, arch } = process;
	if (platform !== "linux" || (arch !== "x64" && arch !== "arm64"))
		throw new Error(
			`Linux IO needs 64-bit Linux on x64 or arm64; this is ${platform} on ${arch}. Use a simulated system, or 64-bit Raspberry Pi OS.`,
		);
	let koffi: typeof import("koffi");
	try {
		koffi = createRequire(import.meta.url)("koffi");
	} catch (error) {
		throw new Error(
			`Linux IO needs the npm package koffi: run npm install in the folder of this program, and not with --omit=optional. ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
		);
	}
	const library = koffi.load(null);
	return {
		// open and ioctl take a variable number of arguments. The calling conventions of Linux on x64 and arm64 pass these
		// few in the same registers as fixed ones.
		open: library.func("int open(const char *path, int flags)"),
		ioctl: library.func("int ioctl(int fd, unsigned long request, void *argument)"),
		close: library.func("int close(int fd)"),
		read: library.func("long read(int fd, void *bytes, size_t count)"),
		write: library.func("long write(int fd, const void *bytes, size_t count)"),
		poll: library.func("int poll(void *fds, unsigned long count, int timeout)"),
		pipe2: library.func("int pipe2(void *descriptors, int flags)"),
		errno: () => koffi.errno(),
		address: (bytes) => koffi.address(bytes),
	};
}
