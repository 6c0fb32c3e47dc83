import type { Timer } from "@visionvend/sdk/device/io/timer";

/** Memory that a system call reads or writes, with the pointers in it. */
export interface KernelMemory {
	readonly bytes: Uint8Array;
	readonly pointers?: readonly KernelPointer[];
}

/** A 64-bit pointer at `offset` of the memory that holds it. The address is filled in as the call is made. */
export interface KernelPointer {
	readonly offset: number;
	readonly target: KernelMemory;
}

/** An open serial device. */
export interface SerialLine {
	/** `onSent` is called, never from inside `write`, once the bytes have been handed to the device. */
	write(bytes: Uint8Array, onSent: () => void): void;
	close(): void;
}

/** What a serial device tells. Nothing is called from inside `openSerial` or a method of the line. */
export interface SerialLineListener {
	onOpen(): void;
	onData(bytes: Uint8Array): void;
	/** It could not be opened, or is gone. Nothing comes after it. */
	onFailure(message: string): void;
}

/**
 * The part of Linux that the provider stands on: a real one (`koffi-linux.ts`) or a simulated one.
 *
 * Calls that can fail answer as the kernel does: 0 or more for success, `-errno` for failure.
 */
export interface LinuxSystem {
	/** Callbacks of the provider run on it. */
	readonly timer: Timer;
	/** open(2). Flags are of `abi/fcntl.ts`. */
	open(path: string, flags: number): number;
	close(fd: number): void;
	/** read(2) into `bytes`; answers how many came. */
	read(fd: number, bytes: Uint8Array): number;
	/** write(2) */
	write(fd: number, bytes: Uint8Array): number;
	/** ioctl(2) with a pointer to `memory`. What the kernel writes is in its bytes afterwards. */
	ioctl(fd: number, request: number, memory: KernelMemory): number;
	/** Names in a folder; empty where there is no such folder. */
	list(folder: string): readonly string[];
	/** The path without symbolic links, or `undefined` where nothing is there. */
	realPath(path: string): string | undefined;
	/** Blocks for so long. The provider waits for udev with it, a bounded number of times, and nowhere else. */
	pause(milliseconds: number): void;
	/**
	 * Calls `listener` with whole `struct gpio_v2_line_event`s of the line behind `fd`, never from inside a call.
	 * The function that comes back ends it: from then on nobody reads `fd`.
	 */
	watchEdges(fd: number, listener: (events: Uint8Array) => void): () => void;
	/** Opens a serial device at 8N1 without flow control. */
	openSerial(path: string, baud: number, listener: SerialLineListener): SerialLine;
}
