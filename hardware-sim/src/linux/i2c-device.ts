import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import type { Board } from "../board/board.ts";
import { answering, type DeviceFile, follow, type UserMemory, viewOf } from "./device-file.ts";
import { errno, i2cTransfer, readI2CMessage, request } from "./kernel-abi.ts";

/** I2C_RDWR_IOCTL_MAX_MSGS, and the bytes of a message that i2cdev_ioctl_rdwr takes. */
const messagesMaximum = 42;
const messageBytesMaximum = 8_192;

/** An I2C adapter on two pins of the board. */
export function openI2CDevice(
	board: Board,
	wires: { readonly data: PinSpecifier; readonly clock: PinSpecifier; readonly hz: number },
): DeviceFile {
	return {
		ioctl: (number, memory) => (number === request.I2C_RDWR ? transact(memory) : -errno.ENOTTY),
		close: () => undefined,
	};

	function transact(memory: UserMemory): number {
		const array = follow(memory, i2cTransfer.messagesAt);
		const count = i2cTransfer.count(viewOf(memory.bytes));
		if (count > messagesMaximum) return -errno.EINVAL;
		if (array === undefined) return -errno.EFAULT;
		const view = viewOf(array.bytes);
		const messages = Array.from({ length: count }, (_, index) => readI2CMessage(view, index));
		if (messages.some(({ length }) => length > messageBytesMaximum)) return -errno.EINVAL;
		const buffers = messages.map(({ bufferAt }) => follow(array, bufferAt)?.bytes);
		return answering(() => {
			for (const [index, { address, read, length }] of messages.entries()) {
				const buffer = buffers[index];
				if (length > 0 && (buffer === undefined || buffer.length < length)) return -errno.EFAULT;
				const bytes = buffer?.subarray(0, length) ?? new Uint8Array(0);
				const isLast = index === count - 1;
				const bus = new board.io.I2C({ data: wires.data, clock: wires.clock, hz: wires.hz, address });
				try {
					if (read) bytes.set(new Uint8Array(bus.read(length, isLast)));
					else bus.write(bytes, isLast);
				} finally {
					bus.close();
				}
			}
			return count;
		});
	}
}
